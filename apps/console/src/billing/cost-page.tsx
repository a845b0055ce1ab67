import { Badge, Group, Paper, Skeleton, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { getCost, Reply } from '@waybill/contracts';
import { lazy, Suspense } from 'react';
import { AwaitQuery } from '../elements/await-query.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { FigureTile } from '../elements/figure-tile.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { count, inUnits } from '../words/figures.js';
import { exactMoney, money, month, nearMoney } from '../words/money.js';
import { serverNowMs } from '../words/server-time.js';
import { ago, clockTime } from '../words/time.js';
import { BillingFrame } from './billing-frame.js';
import { CostPreview } from './cost-preview.js';
import { dayBars } from './day-bars.js';
import { costQuery } from './queries.js';

type Cost = Reply<typeof getCost>;
const UsageChart = lazy(async () => ({ default: (await import('../usage/usage-chart.js')).UsageChart }));

export function CostPage() {
  const cost = useQuery(costQuery);
  return (
    <BillingFrame title="Billing" description="What this month costs your organisation, counted as it happens. Months, days and hours are UTC; amounts are before tax.">
      <AwaitQuery query={cost} rows={6}>
        {(data) => (
          <Stack gap="lg">
            {cost.error === null ? null : <FailureAlert error={cost.error} title="The cost could not be brought up to date" onRetry={() => void cost.refetch()} tone="warning" />}
            <CostSoFar cost={data} />
          </Stack>
        )}
      </AwaitQuery>
    </BillingFrame>
  );
}

function CostSoFar({ cost }: { cost: Cost }) {
  const { currency, capCents } = cost;
  const bars = dayBars(cost.days, cost.period, currency);
  const spent = capCents === null || BigInt(capCents) === 0n ? null : Number((BigInt(cost.soFarCents) * 100n) / BigInt(capCents));
  return (
    <>
      <Text size="sm" c="dimmed">
        {month(cost.period)}, counted up to {clockTime(cost.asOf)} ({ago(cost.asOf, serverNowMs())}).
      </Text>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: 'xs', sm: 'md' }}>
        <FigureTile label="So far" value={money(cost.soFarCents, currency)} note={month(cost.period)} />
        <FigureTile label="Forecast" value={money(cost.forecastCents, currency)} note="at the end of the month" help="At the pace of the last seven days." />
        <FigureTile
          label="Spend cap"
          value={capCents === null ? 'none' : money(capCents, currency)}
          note={spent === null ? 'publishing is never stopped' : `${spent} % used`}
          tone={spent !== null && spent >= 80 ? 'alarm' : 'plain'}
          help="At the cap publishing is refused; receiving goes on."
        />
        <FigureTile label="Credit" value={money(cost.creditCents, currency)} note="pays invoices first" />
      </SimpleGrid>
      <Paper p="md" component="section" aria-label="Cost by day">
        <Title order={2} mb="md">By day</Title>
        <Suspense fallback={<Skeleton h={220} />}>
          <UsageChart name="Cost" bars={bars.bars} words={bars.words} axisWords={bars.axisWords} />
        </Suspense>
      </Paper>
      <Stack gap="sm" component="section" aria-label="Cost by dimension">
        <Title order={2}>What it is for</Title>
        <RecordTable label="Cost by dimension" columns={dimensionColumns(currency)} rows={cost.dimensions} rowKey={({ dimension }) => dimension} />
      </Stack>
      <Stack gap="sm" component="section" aria-label="Cost by exchange and queue">
        <Title order={2}>Where it comes from</Title>
        {cost.resources.length === 0 ? (
          <Text size="sm" c="dimmed">Nothing has cost anything this month.</Text>
        ) : (
          <>
            <Text size="sm" c="dimmed">The exchanges and queues that cost most. Free units are shared out by use.</Text>
            <RecordTable label="Cost by exchange and queue" columns={resourceColumns(currency)} rows={cost.resources} rowKey={({ namespaceId, id }) => `${namespaceId} ${id}`} />
          </>
        )}
      </Stack>
      <CostPreview />
    </>
  );
}

const dimensionColumns = (currency: string): Column<Cost['dimensions'][number]>[] => [
  { header: 'What', cell: ({ description }) => description },
  { header: 'Quantity', right: true, wide: true, cell: ({ quantity, unit }) => inUnits(quantity, unit) },
  { header: 'Free units left', right: true, wide: true, cell: ({ freeLeft }) => (freeLeft === '0' ? '–' : count(freeLeft)) },
  { header: 'Cost', right: true, wide: true, cell: ({ amountCents }) => money(amountCents, currency) },
];

const resourceColumns = (currency: string): Column<Cost['resources'][number]>[] => [
  {
    header: 'Counted on',
    cell: ({ kind, name, id }) => (
      <Group component="span" gap={6} wrap="nowrap">
        <Badge component="span" color="gray" style={{ flexShrink: 0 }}>{kind}</Badge>
        {kind === 'namespace' ? null : <span className="name">{name ?? `${id} (deleted)`}</span>}
      </Group>
    ),
  },
  { header: 'Namespace', wide: true, cell: ({ namespace, namespaceId }) => <span className="name">{namespace ?? `${namespaceId} (deleted)`}</span> },
  { header: 'Cost', right: true, wide: true, cell: ({ amountE12 }) => <span title={exactMoney(amountE12, currency)}>{nearMoney(amountE12, currency)}</span> },
];
