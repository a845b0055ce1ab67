import type Stripe from 'stripe';
import type { InvoiceId, TenantId } from '@waybill/kernel';
import type { StripeAccountStore } from '../accounts/stripe-account.store.js';
import { idOf } from '../accounts/subscriptions.js';

/** What became of a finalized invoice, told to those who keep ours. Repeating any of it is harmless. */
export interface InvoiceOutcomes {
  paid(tenantId: TenantId, invoiceId: InvoiceId, payment: { readonly amountCents: bigint; readonly reference: string; readonly atMs: number }): Promise<void>;
  /** A payment failed; dunning counts from `sinceMs`. */
  overdue(tenantId: TenantId, invoiceId: InvoiceId, sinceMs: number): Promise<void>;
  ended(tenantId: TenantId, invoiceId: InvoiceId, as: 'void' | 'uncollectible'): Promise<void>;
}

/** Brings what Stripe collected, or could not collect, to our invoices: from the invoice as it is now, never from the event. */
export class SettledInvoices {
  constructor(
    private readonly accounts: StripeAccountStore,
    private readonly outcomes: InvoiceOutcomes,
  ) {}

  async take(invoice: Stripe.Invoice): Promise<void> {
    const ours = invoice.metadata?.['waybill_invoice'] as InvoiceId | undefined;
    const account = ours === undefined ? null : await this.accounts.byCustomer(idOf(invoice.customer) ?? '');
    if (account === null || ours === undefined) return;
    const { paid_at: paidAt, finalized_at: finalizedAt } = invoice.status_transitions;
    if (invoice.status === 'paid') {
      await this.outcomes.paid(account.tenantId, ours, { amountCents: BigInt(invoice.amount_paid), reference: invoice.id, atMs: (paidAt ?? finalizedAt ?? invoice.created) * 1_000 });
    } else if (invoice.status === 'open' && invoice.attempt_count > 0) {
      await this.outcomes.overdue(account.tenantId, ours, (finalizedAt ?? invoice.created) * 1_000);
    } else {
      const ended = (['void', 'uncollectible'] as const).find((status) => status === invoice.status);
      if (ended !== undefined) await this.outcomes.ended(account.tenantId, ours, ended);
    }
  }
}
