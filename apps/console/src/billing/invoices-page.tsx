import { EmptyState, Paper, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { InvoiceSummary } from '@waybill/contracts';
import { IconFileInvoice } from '@tabler/icons-react';
import { useNamespaceId } from '../account/account.js';
import { AwaitQuery } from '../elements/await-query.js';
import { TextLink } from '../elements/links.js';
import { RecordTable, type Column } from '../elements/record-table.js';
import { ShowMore } from '../elements/show-more.js';
import { money, month } from '../words/money.js';
import { utcDay } from '../words/time.js';
import { BillingFrame } from './billing-frame.js';
import { InvoiceState } from './invoice-state.js';
import { invoicesQuery } from './queries.js';

export function InvoicesPage() {
  const namespace = useNamespaceId();
  const invoices = useInfiniteQuery(invoicesQuery);
  const columns: Column<InvoiceSummary>[] = [
    {
      header: 'Number',
      cell: ({ id, number }) => <TextLink className="name" fw={550} to="/namespaces/$namespace/billing/invoices/$invoice" params={{ namespace, invoice: id }}>{number ?? 'draft'}</TextLink>,
    },
    { header: 'Month', wide: true, cell: ({ period }) => month(period) },
    { header: 'State', wide: true, cell: (invoice) => <InvoiceState invoice={invoice} /> },
    { header: 'Due', wide: true, cell: ({ dueAt }) => (dueAt === null ? '–' : utcDay(dueAt)) },
    { header: 'Total', right: true, wide: true, cell: ({ totalCents, currency }) => money(totalCents, currency) },
    { header: 'Open', right: true, wide: true, cell: ({ dueCents, currency }) => money(dueCents, currency) },
  ];
  return (
    <BillingFrame title="Invoices" description="Every invoice opens to its lines, and every line to the queues, hours and messages behind it.">
      <AwaitQuery query={invoices}>
        {(items) =>
          items.length === 0 ? (
            <Paper p="xl">
              <EmptyState icon={<IconFileInvoice size={30} />} title="No invoices yet" description="The first one comes after the end of the month. What this month costs so far is under Cost." />
            </Paper>
          ) : (
            <Stack gap="md">
              <RecordTable label="Invoices" columns={columns} rows={items} rowKey={({ id }) => id} />
              <ShowMore query={invoices} />
            </Stack>
          )
        }
      </AwaitQuery>
    </BillingFrame>
  );
}
