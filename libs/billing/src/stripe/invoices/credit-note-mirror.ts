import type Stripe from 'stripe';
import type { Alerts } from '../../alerts/alerts.js';
import { failureOf } from '../outcome.js';
import { creditLineOf } from './stripe-credit-quotes.js';
import type { CreditNoteMirrorStore, UnmirroredNote } from './credit-note-mirror.store.js';

const perRun = 200;

/**
 * Makes at Stripe the credit notes that finance made here, each once. On an open invoice it lowers what is to be paid, as it
 * does here. On a paid one our ledger keeps the credit as a grant, so Stripe is told that the money is settled outside of
 * it: its own customer balance would pay the next invoice a second time. One of a refund names the refund.
 */
export class CreditNoteMirror {
  constructor(
    private readonly stripe: Stripe,
    private readonly notes: CreditNoteMirrorStore,
    private readonly alerts: Alerts,
  ) {}

  /** One that Stripe refuses raises an alert and holds up no other. */
  async run(): Promise<{ mirrored: number; failed: number }> {
    const report = { mirrored: 0, failed: 0 };
    for (const note of await this.notes.open(perRun)) {
      try {
        await this.#mirror(note);
        report.mirrored += 1;
      } catch (error) {
        report.failed += 1;
        const failure = failureOf(error);
        if (failure.kind === 'refused') await this.alerts.raise({ code: 'stripe_credit_note_parked', subject: note.id, tenantId: note.tenantId, detail: `${note.number}: ${failure.reason}` });
      }
    }
    return report;
  }

  async #mirror(note: UnmirroredNote): Promise<void> {
    const amount = Number(note.grossCents);
    const { status } = await this.stripe.invoices.retrieve(note.stripeInvoiceId);
    const made = await this.stripe.creditNotes.create(
      {
        invoice: note.stripeInvoiceId, memo: `${note.number}: ${note.reason}`.slice(0, 500), metadata: { waybill_credit_note: note.id },
        // An invoice with automatic tax takes parts of its own lines only, and computes their tax.
        lines: note.stripeLines.length > 0 ? note.stripeLines.map(creditLineOf) : [{ type: 'custom_line_item', description: `Credit note ${note.number}`, quantity: 1, unit_amount: amount }],
        ...(note.stripeRefundId !== null ? { refunds: [{ refund: note.stripeRefundId, amount_refunded: amount }] } : status === 'paid' ? { out_of_band_amount: amount } : {}),
      },
      { idempotencyKey: `waybill-credit-note-${note.id}` },
    );
    await this.notes.done(note, made.id);
    if (made.total !== amount) await this.alerts.raise({ code: 'stripe_tax_differs', subject: note.id, tenantId: note.tenantId, detail: `${note.number}: ${amount} cents with tax here, ${made.total} at Stripe` });
    await this.alerts.clear('stripe_credit_note_parked', note.id);
  }
}
