import { Alert, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { getVariance, Reply } from '@waybill/contracts';
import { IconCircleCheck } from '@tabler/icons-react';
import { AwaitQuery } from '../elements/await-query.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { dimensionName } from '../usage/dimensions.js';
import { count, plural } from '../words/figures.js';
import { exactMoney } from '../words/money.js';
import { dateTime } from '../words/time.js';
import { MonthSelect, useClosingMonth } from './month-select.js';
import { varianceQuery } from './queries.js';

type Row = Reply<typeof getVariance>['items'][number];

const known = (quantity: string | null) => (quantity === null ? '–' : count(quantity));

const columns: Column<Row>[] = [
  { header: 'Tenant', cell: ({ tenant }) => tenant },
  { header: 'What', wide: true, cell: ({ dimension }) => dimensionName(dimension) },
  { header: 'Hour', wide: true, cell: ({ hour }) => (hour === null ? 'whole month' : dateTime(hour)) },
  { header: 'Message log', right: true, wide: true, cell: ({ log }) => known(log) },
  { header: 'Ledger', right: true, wide: true, cell: ({ ledger }) => count(ledger) },
  { header: 'Entries', right: true, wide: true, cell: ({ entries }) => count(entries) },
  { header: 'Pushed', right: true, wide: true, cell: ({ pushed }) => known(pushed) },
  { header: 'Stripe', right: true, wide: true, cell: ({ stripe }) => known(stripe) },
  { header: 'Invoice', right: true, wide: true, cell: ({ invoice }) => known(invoice) },
  { header: 'Cause', wide: true, cell: ({ cause }) => cause },
  { header: 'Age', wide: true, cell: ({ ageHours }) => plural(ageHours, 'hour') },
  { header: 'At stake', right: true, wide: true, cell: ({ atStakeE12 }) => exactMoney(atStakeE12, 'USD') },
];

/** Where two counts of the same thing differ. Empty is the good answer. */
export function VariancePage() {
  const [period, setPeriod] = useClosingMonth();
  const variance = useQuery(varianceQuery(period));
  return (
    <>
      <PageTitle
        title="Variance"
        description="Message log, ledger, entries, pushes, Stripe and invoice count the same thing. Each row is one that differs."
        actions={<MonthSelect period={period} onChange={setPeriod} />}
      />
      <AwaitQuery query={variance} rows={4}>
        {({ checkedAt, items }) => (
          <Stack gap="md">
            {items.length > 0 ? null : checkedAt === null ? (
              <Alert color="yellow" title="Not compared yet">The comparison of this month has not run.</Alert>
            ) : (
              <Alert color="petrol" icon={<IconCircleCheck size={18} />} title="Every count agrees">Nothing of this month differs by a single unit.</Alert>
            )}
            {checkedAt === null ? null : <Text size="sm" c="dimmed">Compared {dateTime(checkedAt)}.</Text>}
            {items.length === 0 ? null : <RecordTable label="Variance" columns={columns} rows={items} rowKey={({ tenantId, dimension, hour }) => `${tenantId} ${dimension} ${hour ?? ''}`} />}
          </Stack>
        )}
      </AwaitQuery>
    </>
  );
}
