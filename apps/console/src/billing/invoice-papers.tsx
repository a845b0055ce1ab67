import { Stack, Title } from '@mantine/core';
import type { InvoiceView } from '@waybill/contracts';
import { RecordTable, type Column } from '../elements/record-table.js';
import { money } from '../words/money.js';
import { utcDay } from '../words/time.js';

type Papers = Pick<InvoiceView, 'payments' | 'creditNotes' | 'refunds' | 'currency'>;

const refundStates = { pending: 'on its way', done: 'paid back', failed: 'came back, kept as credit' } as const;
const methods = { stripe: 'Stripe', bank_transfer: 'bank transfer' } as const;

/** What came after the invoice: payments, credit notes and refunds. Nothing where there are none. */
export function InvoicePapers({ invoice: { payments, creditNotes, refunds, currency } }: { invoice: Papers }) {
  const name = (text: string) => <span className="name">{text}</span>;
  const amount = { header: 'Amount', right: true, wide: true, cell: ({ amountCents }: { amountCents: string }) => money(amountCents, currency) };
  return (
    <>
      <PaperTable
        title="Payments"
        rows={payments}
        columns={[
          { header: 'Reference', cell: ({ reference }) => name(reference) },
          { header: 'By', wide: true, cell: ({ method }) => methods[method] },
          { header: 'Received', wide: true, cell: ({ receivedAt }) => utcDay(receivedAt) },
          amount,
        ]}
      />
      <PaperTable
        title="Refunds"
        rows={refunds}
        columns={[
          { header: 'Reference', cell: ({ reference, id }) => name(reference ?? id) },
          { header: 'By', wide: true, cell: ({ method }) => methods[method] },
          { header: 'State', wide: true, cell: ({ state }) => refundStates[state] },
          { header: 'Made', wide: true, cell: ({ createdAt }) => utcDay(createdAt) },
          amount,
        ]}
      />
      <PaperTable
        title="Credit notes"
        rows={creditNotes}
        columns={[
          { header: 'Number', cell: ({ number }) => name(number) },
          { header: 'Reason', wide: true, cell: ({ reason }) => reason },
          { header: 'Made', wide: true, cell: ({ createdAt }) => utcDay(createdAt) },
          amount,
          ...(creditNotes.some(({ taxCents }) => taxCents !== '0') ? [{ header: 'Tax on top', right: true, wide: true, cell: ({ taxCents }: { taxCents: string }) => money(taxCents, currency) }] : []),
        ]}
      />
    </>
  );
}

interface PaperTableProps<Row> {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
}

function PaperTable<Row extends { readonly id: string }>({ title, rows, columns }: PaperTableProps<Row>) {
  if (rows.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Title order={2}>{title}</Title>
      <RecordTable label={title} rows={rows} rowKey={({ id }) => id} columns={columns} />
    </Stack>
  );
}
