import { Group, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { InvoiceSummary, listFinanceInvoices, Reply } from '@waybill/contracts';
import { useState } from 'react';
import { InvoiceState } from '../billing/invoice-state.js';
import { planTitle } from '../billing/plan-words.js';
import { AwaitQuery } from '../elements/await-query.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { lastMonths, money, month } from '../words/money.js';
import { serverNowMs } from '../words/server-time.js';
import { utcDay } from '../words/time.js';
import { InvoiceTotals } from './invoice-totals.js';
import { financeInvoicesQuery, type InvoiceFilter } from './queries.js';

type Row = Reply<typeof listFinanceInvoices>['items'][number];

const states: { value: InvoiceSummary['state'] | 'all' | 'disputed'; label: string }[] = [
  { value: 'all', label: 'All states' }, { value: 'draft', label: 'Drafts' }, { value: 'finalized', label: 'Due' }, { value: 'paid', label: 'Paid' },
  { value: 'uncollectible', label: 'Written off' }, { value: 'void', label: 'Void' }, { value: 'disputed', label: 'Disputed' },
];

const columns: Column<Row>[] = [
  { header: 'Number', cell: ({ id, number }) => <TextLink className="name" fw={550} to="/finance/invoices/$invoice" params={{ invoice: id }}>{number ?? 'draft'}</TextLink> },
  { header: 'Tenant', wide: true, cell: ({ tenant }) => tenant },
  { header: 'Month', wide: true, cell: ({ period }) => month(period) },
  { header: 'Plan', wide: true, cell: ({ plan }) => planTitle(plan) },
  { header: 'State', wide: true, cell: (invoice) => <InvoiceState invoice={invoice} /> },
  { header: 'Due', wide: true, cell: ({ dueAt }) => (dueAt === null ? '–' : utcDay(dueAt)) },
  { header: 'Total', right: true, wide: true, cell: ({ totalCents, currency }) => money(totalCents, currency) },
  { header: 'Open', right: true, wide: true, cell: ({ dueCents, currency }) => money(dueCents, currency) },
];

export function FinanceInvoicesPage() {
  const [period, setPeriod] = useState('all');
  const [state, setState] = useState<(typeof states)[number]['value']>('all');
  const filter: InvoiceFilter = {
    ...(period === 'all' ? {} : { period }),
    ...(state === 'all' ? {} : state === 'disputed' ? { disputed: 'true' as const } : { state }),
  };
  const invoices = useInfiniteQuery(financeInvoicesQuery(filter));
  return (
    <>
      <PageTitle title="Invoices" description="Of all tenants." />
      <Group gap="sm" mb="md">
        <Select aria-label="Month" w={190} data={[{ value: 'all', label: 'All months' }, ...lastMonths(serverNowMs(), 25).map((value) => ({ value, label: month(value) }))]} value={period} onChange={(value) => value !== null && setPeriod(value)} />
        <Select aria-label="State" w={170} data={states} value={state} onChange={(value) => value !== null && setState(value)} />
      </Group>
      <AwaitQuery query={invoices} rows={6}>
        {({ pages }) => {
          const rows = pages.flatMap(({ items }) => items);
          const totals = pages[0]?.totals;
          if (rows.length === 0 || totals === undefined) return <Text size="sm" c="dimmed">No invoice is like that.</Text>;
          return (
            <Stack gap="md">
              <InvoiceTotals totals={totals} />
              <RecordTable label="Invoices" columns={columns} rows={rows} rowKey={({ id }) => id} />
              <ShowMore query={invoices} />
            </Stack>
          );
        }}
      </AwaitQuery>
    </>
  );
}
