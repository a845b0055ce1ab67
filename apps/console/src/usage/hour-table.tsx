import { Button, Group, Stack, Text, Title } from '@mantine/core';
import type { UsageRow } from '@waybill/contracts';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { RecordTable } from '../elements/record-table.js';
import { count, plural } from '../words/figures.js';
import { dimensionName } from './dimensions.js';
import { csvOf, hourName } from './usage-rows.js';

const atFirst = 25;

const columns = [
  { header: 'Hour (UTC)', cell: (row: UsageRow) => hourName(row.hour) },
  { header: 'What', wide: true, cell: (row: UsageRow) => dimensionName(row.dimension) },
  { header: 'Counted on', wide: true, cell: ({ resource }: UsageRow) => (resource.kind === 'namespace' ? 'namespace' : <>{resource.kind} <span className="name">{resource.name ?? `${resource.id} (deleted)`}</span></>) },
  { header: 'Cause', wide: true, cell: (row: UsageRow) => row.cause },
  { header: 'Quantity', right: true, wide: true, cell: (row: UsageRow) => count(row.quantity) },
];

/** The ledger rows behind the figures, newest hour first. */
export function HourTable({ rows }: { rows: readonly UsageRow[] }) {
  const [all, setAll] = useState(false);
  if (rows.length === 0) return null;
  const sorted = [...rows].sort((a, b) => b.hour.localeCompare(a.hour) || a.dimension.localeCompare(b.dimension));
  return (
    <Stack gap="sm" component="section" aria-label="Ledger by hour">
      <Group justify="space-between">
        <Title order={2}>Ledger by hour</Title>
        <Button size="xs" variant="default" leftSection={<IconDownload size={15} />} onClick={() => download(csvOf(sorted))}>
          Download CSV
        </Button>
      </Group>
      <RecordTable label="Ledger by hour" columns={columns} rows={all ? sorted : sorted.slice(0, atFirst)} rowKey={(row) => `${row.hour} ${row.dimension} ${row.cause} ${row.resource.id}`} />
      {all || sorted.length <= atFirst ? null : (
        <Group justify="center" gap="sm">
          <Text size="sm" c="dimmed">{atFirst} of {plural(sorted.length, 'row')}</Text>
          <Button size="xs" variant="default" onClick={() => setAll(true)}>Show all rows</Button>
        </Group>
      )}
    </Stack>
  );
}

function download(csv: string): void {
  const url = URL.createObjectURL(new Blob([csv], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'waybill-usage.csv';
  link.click();
  URL.revokeObjectURL(url);
}
