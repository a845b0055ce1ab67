import { Badge } from '@mantine/core';
import type { InvoiceSummary } from '@waybill/contracts';
import { serverNowMs } from '../words/server-time.js';

type Stated = Pick<InvoiceSummary, 'state' | 'dueAt' | 'disputes'>;

/** What a person wants to know of an invoice at a glance: `finalized` is due, or overdue. */
export function invoiceStateOf({ state, dueAt }: Stated, nowMs: number): { readonly label: string; readonly color: string } {
  switch (state) {
    case 'draft': return { label: 'Draft', color: 'gray' };
    case 'paid': return { label: 'Paid', color: 'petrol' };
    case 'uncollectible': return { label: 'Written off', color: 'gray' };
    case 'void': return { label: 'Void', color: 'gray' };
    case 'finalized': return dueAt !== null && Date.parse(dueAt) < nowMs ? { label: 'Overdue', color: 'red' } : { label: 'Due', color: 'yellow' };
  }
}

export function InvoiceState({ invoice }: { invoice: Stated }) {
  const { label, color } = invoiceStateOf(invoice, serverNowMs());
  return (
    <>
      <Badge component="span" color={color}>{label}</Badge>
      {invoice.disputes === 0 ? null : <Badge component="span" color="yellow" ml={6}>disputed</Badge>}
    </>
  );
}
