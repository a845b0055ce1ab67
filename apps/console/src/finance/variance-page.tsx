import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { getVariance, Reply } from '@waybill/contracts';
import { IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { AwaitQuery } from '../elements/await-query.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { dimensionName } from '../usage/dimensions.js';
import { count, plural } from '../words/figures.js';
import { exactMoney, money } from '../words/money.js';
import { dateTime } from '../words/time.js';
import { causeWords, ownerWords } from './check-words.js';
import { MonthSelect, useClosingMonth } from './month-select.js';
import { overviewQuery, varianceQuery } from './queries.js';
import { SendAgainDialog, type TenantRef } from './send-again-dialog.js';
import { useComparison } from './use-comparison.js';

type Variance = Reply<typeof getVariance>;
type Row = Variance['items'][number];

const known = (quantity: string | null) => (quantity === null ? '–' : count(quantity));

/** A preview is of the month so far; the hour is the one that explains it. */
function whenOf(of: Row['of'], hour: string | null): string {
  const at = hour === null ? '' : dateTime(hour);
  if (of === 'preview') return at === '' ? 'preview of the month so far' : `preview of the month so far, since ${at}`;
  return at === '' ? 'whole month' : at;
}

const none = <Text span size="sm" c="dimmed">no Stripe</Text>;

function columnsOf(stripe: Variance['stripe']): Column<Row>[] {
  const there: Column<Row>[] = [
    { header: 'Pushed', right: true, wide: true, cell: ({ pushed }) => known(pushed) },
    { header: 'Stripe', right: true, wide: true, cell: ({ stripe: summed }) => known(summed) },
    { header: 'Invoice', right: true, wide: true, cell: ({ invoice }) => known(invoice) },
    { header: 'Stripe invoice', right: true, wide: true, cell: ({ stripeInvoice }) => known(stripeInvoice) },
    { header: 'Stripe preview', right: true, wide: true, cell: ({ preview, ourCents, stripeCents, currency }) => <>{known(preview)}{ourCents === null || stripeCents === null || ourCents === stripeCents ? null : <Text size="xs" c="dimmed">{money(stripeCents, currency)}, ours {money(ourCents, currency)}</Text>}</> },
  ];
  const alone: Column<Row>[] = [
    { header: 'Pushed, Stripe', right: true, wide: true, cell: () => none },
    { header: 'Invoice', right: true, wide: true, cell: ({ invoice }) => known(invoice) },
  ];
  return [
    { header: 'Tenant', cell: ({ tenant }) => tenant },
    { header: 'What', line: true, cell: ({ dimension, hour, of }) => <><span>{dimension === null ? 'The whole invoice' : dimensionName(dimension)}</span><Text size="xs" c="dimmed">{whenOf(of, hour)}</Text></> },
    { header: 'Cause', line: true, cell: ({ cause, owner, ageHours }) => <div className="cause">{causeWords[cause]}<Text size="xs" c="dimmed">{ownerWords[owner]}, {plural(ageHours, 'hour')} old</Text></div> },
    { header: 'At stake', right: true, wide: true, cell: ({ atStakeE12, currency }) => exactMoney(atStakeE12, currency) },
    { header: 'Counted again', right: true, wide: true, cell: ({ log }) => known(log) },
    { header: 'Ledger', right: true, wide: true, cell: ({ ledger, late }) => (late === '0' ? count(ledger) : `${count(ledger)} + ${count(late)} late`) },
    { header: 'Entries', right: true, wide: true, cell: ({ entries }) => count(entries) },
    ...(stripe === 'off' ? alone : there),
  ];
}

/** Where two counts of the same thing differ. Empty is the good answer. */
export function VariancePage() {
  const [period, setPeriod] = useClosingMonth();
  const variance = useQuery(varianceQuery(period));
  const mayWrite = useQuery(overviewQuery(period)).data?.mayWrite === true;
  const [sending, setSending] = useState<TenantRef | null>(null);
  const compare = useComparison(period);
  const actions = ({ tenantId, tenant, cause }: Row) => (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      {cause === 'parked' ? <Button size="compact-sm" disabled={!mayWrite} onClick={() => setSending({ tenantId, tenant })} aria-label={`Send usage of ${tenant} again`}>Send again</Button> : null}
      <Button size="compact-sm" variant="default" disabled={!mayWrite} loading={compare.isPending && compare.variables === tenantId} onClick={() => compare.mutate(tenantId)} aria-label={`Compare ${tenant} again`}>Compare</Button>
    </Group>
  );
  return (
    <>
      <PageTitle
        title="Variance"
        description="The second count, ledger, entries, pushes, Stripe, its preview and invoices count the same thing. Each row is one that differs. Counted again is what message log, attempts, lifetimes and samples come to."
        actions={<MonthSelect period={period} onChange={setPeriod} />}
      />
      <AwaitQuery query={variance} rows={4}>
        {({ checkedAt, items, failed, tenants, stripe }) => (
          <Stack gap="md">
            {compare.error === null ? null : <FailureAlert error={compare.error} />}
            {checkedAt === null ? (
              <Alert color="yellow" title="Not compared yet">The comparison runs every night.</Alert>
            ) : items.length === 0 && failed.length === 0 ? (
              <Alert color="petrol" icon={<IconCircleCheck size={18} />} title="Every count agrees">Nothing of this month differs by a single unit.</Alert>
            ) : null}
            {failed.length === 0 ? null : (
              <Alert color="yellow" title={`${plural(failed.length, 'tenant')} could not be compared`}>
                {failed.map(({ tenantId, tenant, reason }) => <Text size="sm" key={tenantId}>{tenant}: {reason}</Text>)}
              </Alert>
            )}
            {checkedAt === null ? null : (
              <Text size="sm" c="dimmed">
                {plural(tenants, 'tenant')} compared, none before {dateTime(checkedAt)}.{stripe === 'off' ? ' There is no Stripe here, so nothing is pushed or summed there.' : ''}
              </Text>
            )}
            {items.length === 0 ? null : <RecordTable label="Variance" columns={columnsOf(stripe)} rows={items} rowKey={({ tenantId, of, dimension, hour, cause }) => `${tenantId} ${of} ${dimension ?? ''} ${hour ?? ''} ${cause}`} actions={actions} />}
          </Stack>
        )}
      </AwaitQuery>
      <SendAgainDialog of={sending} onClose={() => setSending(null)} />
    </>
  );
}
