import { Stack, Title } from '@mantine/core';
import type { InvoiceView } from '@waybill/contracts';
import { RecordTable } from '../elements/record-table.js';
import { money } from '../words/money.js';
import { date } from '../words/time.js';

type Papers = Pick<InvoiceView, 'payments' | 'creditNotes' | 'refunds' | 'currency'>;

const refundStates = { pending: 'on its way', done: 'paid back', failed: 'came back, kept as credit' } as const;

/** What came after the invoice: payments, credit notes and refunds. Nothing where there are none. */
export function InvoicePapers({ invoice: { payments, creditNotes, refunds, currency } }: { invoice: Papers }) {
  return (
    <>
      {payments.length === 0 ? null : (
        <Stack gap="sm" component="section" aria-label="Payments">
          <Title order={2}>Payments</Title>
          <RecordTable
            label="Payments"
            rows={payments}
            rowKey={({ id }) => id}
            columns={[
              { header: 'Reference', cell: ({ reference }) => <span className="name">{reference}</span> },
              { header: 'By', wide: true, cell: ({ method }) => (method === 'stripe' ? 'Stripe' : 'bank transfer') },
              { header: 'Received', wide: true, cell: ({ receivedAt }) => date(receivedAt) },
              { header: 'Amount', right: true, wide: true, cell: ({ amountCents }) => money(amountCents, currency) },
            ]}
          />
        </Stack>
      )}
      {refunds.length === 0 ? null : (
        <Stack gap="sm" component="section" aria-label="Refunds">
          <Title order={2}>Refunds</Title>
          <RecordTable
            label="Refunds"
            rows={refunds}
            rowKey={({ id }) => id}
            columns={[
              { header: 'Reference', cell: ({ reference, id }) => <span className="name">{reference ?? id}</span> },
              { header: 'By', wide: true, cell: ({ method }) => (method === 'stripe' ? 'Stripe' : 'bank transfer') },
              { header: 'State', wide: true, cell: ({ state }) => refundStates[state] },
              { header: 'Made', wide: true, cell: ({ createdAt }) => date(createdAt) },
              { header: 'Amount', right: true, wide: true, cell: ({ amountCents }) => money(amountCents, currency) },
            ]}
          />
        </Stack>
      )}
      {creditNotes.length === 0 ? null : (
        <Stack gap="sm" component="section" aria-label="Credit notes">
          <Title order={2}>Credit notes</Title>
          <RecordTable
            label="Credit notes"
            rows={creditNotes}
            rowKey={({ id }) => id}
            columns={[
              { header: 'Number', cell: ({ number }) => <span className="name">{number}</span> },
              { header: 'Reason', wide: true, cell: ({ reason }) => reason },
              { header: 'Made', wide: true, cell: ({ createdAt }) => date(createdAt) },
              { header: 'Amount', right: true, wide: true, cell: ({ amountCents }) => money(amountCents, currency) },
            ]}
          />
        </Stack>
      )}
    </>
  );
}
