import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import type { UsageRow } from '@waybill/contracts';
import { RecordTable, type Column } from '../elements/record-table.js';
import { count } from '../words/figures.js';
import { dimensionName, dimensions } from './dimensions.js';
import { byResource, type ResourceUsage } from './usage-rows.js';

/** Which exchange and which queue the usage comes from. */
export function ResourceTable({ rows }: { rows: readonly UsageRow[] }) {
  const resources = byResource(rows);
  const counted = new Set(rows.map((row) => row.dimension));
  const known: readonly string[] = dimensions.map(({ id }) => id);
  const shown = [...known.filter((id) => counted.has(id)), ...[...counted].filter((id) => !known.includes(id))];
  const columns: Column<ResourceUsage>[] = [
    {
      header: 'Counted on',
      cell: ({ kind, name, id }) => (
        <Group component="span" gap={6} wrap="nowrap">
          <Badge component="span" color="gray" style={{ flexShrink: 0 }}>{kind}</Badge>
          {kind === 'namespace' ? null : <span className="name">{name ?? `${id} (deleted)`}</span>}
        </Group>
      ),
    },
    ...shown.map((dimension) => ({
      header: dimensionName(dimension),
      right: true,
      wide: true,
      cell: ({ quantities }: ResourceUsage) => {
        const quantity = quantities.get(dimension);
        return quantity === undefined ? '–' : count(quantity);
      },
    })),
  ];
  return (
    <Stack gap="sm" component="section" aria-label="Usage by exchange and queue">
      <Title order={2}>By exchange and queue</Title>
      {resources.length === 0 ? <Text size="sm" c="dimmed">Nothing was counted in this period.</Text> : <RecordTable label="Usage by exchange and queue" columns={columns} rows={resources} rowKey={(resource) => resource.id} />}
    </Stack>
  );
}
