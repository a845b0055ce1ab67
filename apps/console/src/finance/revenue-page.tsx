import { SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { getRevenue, getUnbilled, Reply } from '@waybill/contracts';
import { useState } from 'react';
import { planTitle } from '../billing/plan-words.js';
import { AwaitQuery } from '../elements/await-query.js';
import { PageTitle } from '../elements/page-title.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { dimensionName } from '../usage/dimensions.js';
import { count, joined } from '../words/figures.js';
import { money, month } from '../words/money.js';
import { clockTime } from '../words/time.js';
import { changeOf } from './change.js';
import { MonthSelect, useClosingMonth } from './month-select.js';
import { revenueQuery, unbilledQuery } from './queries.js';

type By = 'tenant' | 'dimension' | 'plan';
type Row = Reply<typeof getRevenue>['items'][number];
type Unbilled = Reply<typeof getUnbilled>['items'][number];

/** Of each currency by itself: $12.30 and ¥400. */
const amounts = (totals: readonly { currency: string; totalCents: string }[]): string => joined(totals.map(({ currency, totalCents }) => money(totalCents, currency)));

/** `, and $9.31 of tax`, or nothing where there is none. */
const taxed = (totals: readonly { currency: string; taxCents: string }[]): string => {
  const taxes = totals.filter(({ taxCents }) => taxCents !== '0').map(({ currency, taxCents }) => ({ currency, totalCents: taxCents }));
  return taxes.length === 0 ? '' : `, and ${amounts(taxes)} of tax`;
};

const ways: { value: By; label: string }[] = [{ value: 'tenant', label: 'By tenant' }, { value: 'dimension', label: 'By dimension' }, { value: 'plan', label: 'By plan' }];
/** A dimension, or a kind of line that counts nothing. */
const otherLines: Readonly<Record<string, string>> = { base: 'Base fees', minimum: 'Minimums', adjustment: 'Adjustments', included_credit: 'Usage that plans include' };
const revenueKind = (key: string): string => otherLines[key] ?? dimensionName(key);

const headings: Readonly<Record<By, string>> = { tenant: 'Tenant', dimension: 'What', plan: 'Plan' };

/** Invoiced revenue of a month, and what the running one has earned so far. */
export function RevenuePage() {
  const [period, setPeriod] = useClosingMonth();
  const [by, setBy] = useState<By>('tenant');
  const revenue = useQuery(revenueQuery(period, by));
  const columns: Column<Row>[] = [
    { header: headings[by], cell: ({ key, label }) => (by === 'dimension' ? revenueKind(key) : by === 'plan' ? planTitle(key) : label) },
    { header: 'Revenue', right: true, wide: true, cell: ({ amountCents, currency }) => money(amountCents, currency) },
    { header: 'Tax', right: true, wide: true, cell: ({ taxCents, currency }) => money(taxCents, currency) },
    { header: 'Month before', right: true, wide: true, cell: ({ previousCents, currency }) => money(previousCents, currency) },
    { header: 'Change', right: true, wide: true, cell: ({ amountCents, previousCents }) => changeOf(BigInt(amountCents), BigInt(previousCents)) },
    { header: 'Invoices', right: true, wide: true, cell: ({ invoices }) => count(invoices) },
  ];
  return (
    <>
      <PageTitle
        title="Revenue"
        description="From finalized invoices, without tax and before credits, against the month before."
        actions={
          <>
            <SegmentedControl aria-label="By" data={ways} value={by} onChange={setBy} />
            <MonthSelect period={period} onChange={setPeriod} />
          </>
        }
      />
      <Stack gap="xl">
        <AwaitQuery query={revenue} rows={5}>
          {({ totals, items }) => (
            <Stack gap="sm">
              {items.length === 0 ? <Text size="sm" c="dimmed">No invoice of this month is finalized.</Text> : <Text fw={600} className="figure">{amounts(totals)} in {month(period)}{taxed(totals)}</Text>}
              {items.length === 0 ? null : <RecordTable label="Revenue" columns={columns} rows={items} rowKey={({ key, currency }) => `${key} ${currency}`} />}
            </Stack>
          )}
        </AwaitQuery>
        <UnbilledSoFar />
      </Stack>
    </>
  );
}

const unbilledColumns: Column<Unbilled>[] = [
  { header: 'Tenant', cell: ({ tenant }) => tenant },
  { header: 'Plan', wide: true, cell: ({ plan }) => planTitle(plan) },
  { header: 'Counted up to', wide: true, cell: ({ asOf }) => clockTime(asOf) },
  { header: 'So far', right: true, wide: true, cell: (row) => money(row.amountCents, row.currency) },
];

function UnbilledSoFar() {
  const unbilled = useInfiniteQuery(unbilledQuery);
  return (
    <Stack gap="sm" component="section" aria-label="Unbilled so far">
      <Title order={2}>Unbilled so far</Title>
      <AwaitQuery query={unbilled} rows={3}>
        {({ pages }) => {
          const rows = pages.flatMap(({ items }) => items);
          return rows.length === 0 ? (
            <Text size="sm" c="dimmed">Nothing has been used this month.</Text>
          ) : (
            <Stack gap="sm">
              <Text size="sm" className="figure">{amounts(pages[0]?.totals ?? [])} in the running month.</Text>
              <RecordTable label="Unbilled so far" columns={unbilledColumns} rows={rows} rowKey={({ tenantId }) => tenantId} />
              <ShowMore query={unbilled} />
            </Stack>
          );
        }}
      </AwaitQuery>
    </Stack>
  );
}
