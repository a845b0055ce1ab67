import type { Database, Transaction } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { nextNumber } from '../invoices/finalization.store.js';
import { rowOfQuote } from '../invoices/invoice-papers.store.js';
import type { Invoice } from '../invoices/invoice.js';
import { recordEvent } from './finance-event.store.js';
import { grossOf, untaxed } from './credit-quotes.js';
import type { CreditQuote } from './credit-quotes.js';
import { onInvoice, requireNotes, requireState } from './settlement.store.js';
import type { Doer } from './settlement.store.js';

export interface NewRefund {
  readonly amountCents: bigint;
  /** Of the transfer back, as it stands on the bank statement; null sends the money back through Stripe. */
  readonly reference: string | null;
  readonly reason: string;
  /** What it gives back of an invoice with tax; null where there is none, so that the lines tell. */
  readonly parts: { readonly quotes: readonly CreditQuote[]; readonly notesBefore: number } | null;
}

/** Money that is to go back through Stripe. */
export interface PendingRefund {
  readonly tenantId: TenantId;
  readonly id: string;
  readonly stripeInvoiceId: string;
  readonly amountCents: bigint;
}

/**
 * Money of a paid invoice that goes back. What is refunded is credited on the invoice's lines by the same step, so that
 * revenue and money stay together: a refund without a credit note does not exist.
 */
export class RefundStore {
  constructor(private readonly database: Database) {}

  /**
   * By bank transfer it is done at once; through Stripe it waits until Stripe took it. Fails with `invoice_not_found`,
   * `invoice_state_conflict` unless it is paid, `invoice_dispute_open`, `refund_too_large`, `refund_needs_reference` where no money came
   * through Stripe, `payment_duplicated`, `credit_note_outrun`.
   */
  async make(invoiceId: string, { amountCents, reference, reason, parts }: NewRefund, doer: Doer): Promise<void> {
    await onInvoice(this.database, invoiceId, doer, async (tx, invoice) => {
      requireState(invoice, ['paid'], 'paid');
      const { tenantId } = invoice;
      const payments = await tx.payment.findMany({ where: { tenantId, invoiceId } });
      if (reference === null && (invoice.stripeInvoiceId === null || !payments.some(({ method }) => method === 'stripe'))) throw new WaybillError('refund_needs_reference');
      const back = await tx.refund.aggregate({ where: { tenantId, invoiceId, state: { not: 'failed' } }, _sum: { amountCents: true } });
      const keptCents = payments.reduce((sum, payment) => sum + payment.amountCents, 0n) - (back._sum.amountCents ?? 0n);
      if (parts !== null) await requireNotes(tx, invoice, parts.notesBefore);
      const quotes = await creditable(tx, invoice, parts?.quotes ?? null, amountCents);
      const limitCents = least(keptCents, quotes.reduce((sum, quote) => sum + grossOf(quote), 0n));
      if (amountCents > limitCents) throw new WaybillError('refund_too_large', { limit: String(limitCents) });
      const id = newId('refund', doer.nowMs);
      const made = await tx.refund.createMany({
        data: [{
          tenantId, id, invoiceId, amountCents, reason, reference, method: reference === null ? 'stripe' : 'bank_transfer', state: reference === null ? 'pending' : 'done',
          requestedBy: doer.actor, approvedBy: doer.approvedBy, createdAt: new Date(doer.nowMs), settledAt: reference === null ? null : new Date(doer.nowMs),
        }],
        skipDuplicates: true,
      });
      if (made.count === 0) throw new WaybillError('payment_duplicated');
      const notes: string[] = [];
      for (const quote of quotes) {
        const number = await nextNumber(tx, 'CN', doer.nowMs);
        await tx.creditNote.create({ data: { ...rowOfQuote(quote), tenantId, id: newId('creditNote', doer.nowMs), number, invoiceId, reason, requestedBy: doer.actor, approvedBy: doer.approvedBy, refundId: id, createdAt: new Date(doer.nowMs) } });
        notes.push(number);
      }
      return { action: 'refund.made', after: { refundId: id, amountCents: String(amountCents), reference, reason, creditNotes: notes } };
    });
  }

  /** Through Stripe, not taken by it yet; oldest first. */
  async pending(limit: number): Promise<PendingRefund[]> {
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<{ tenant_id: string; id: string; stripe_invoice_id: string; amount_cents: bigint }[]>`
      SELECT r.tenant_id, r.id, i.stripe_invoice_id, r.amount_cents FROM refunds r JOIN invoices i ON i.tenant_id = r.tenant_id AND i.id = r.invoice_id
      WHERE r.state = 'pending' AND i.stripe_invoice_id IS NOT NULL ORDER BY r.id LIMIT ${limit}`);
    return rows.map((row) => ({ tenantId: row.tenant_id as TenantId, id: row.id, stripeInvoiceId: row.stripe_invoice_id, amountCents: row.amount_cents }));
  }

  /** Stripe took it. Repeating it is harmless. */
  async done({ tenantId, id }: Pick<PendingRefund, 'tenantId' | 'id'>, stripeRefundId: string, nowMs: number): Promise<void> {
    await this.database.asSystem(async (tx) => {
      const { count } = await tx.refund.updateMany({ where: { tenantId, id, state: 'pending' }, data: { state: 'done', reference: stripeRefundId, settledAt: new Date(nowMs) } });
      if (count > 0) await recordEvent(tx, { tenantId, actor: 'stripe', action: 'refund.paid', subject: await invoiceOf(tx, tenantId, id), after: { refundId: id, reference: stripeRefundId } }, nowMs);
    });
  }

  /**
   * It did not reach the customer: what was credited becomes credit, so that nobody has lost it; before tax, because tax is computed on what credit
   * leaves. Repeating it is harmless.
   */
  async fail({ tenantId, id }: Pick<PendingRefund, 'tenantId' | 'id'>, failure: string, nowMs: number): Promise<boolean> {
    return this.database.asSystem(async (tx) => {
      const { count } = await tx.refund.updateMany({ where: { tenantId, id, state: { in: ['pending', 'done'] }, method: 'stripe' }, data: { state: 'failed', failure, failedAt: new Date(nowMs) } });
      if (count === 0) return false;
      const invoiceId = await invoiceOf(tx, tenantId, id);
      const { currency } = await tx.invoice.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id: invoiceId } }, select: { currency: true } });
      for (const note of await tx.creditNote.findMany({ where: { tenantId, refundId: id } })) {
        await tx.creditGrant.create({
          data: { tenantId, id: `cg_${note.id.slice(3)}`, currency, amountCents: note.amountCents, priority: 0, source: 'goodwill', reason: `Credit note ${note.number}`, createdBy: 'stripe', createdAt: new Date(nowMs) },
        });
      }
      await recordEvent(tx, { tenantId, actor: 'stripe', action: 'refund.failed', subject: invoiceId, after: { refundId: id, failure } }, nowMs);
      return true;
    });
  }
}

async function invoiceOf(tx: Transaction, tenantId: string, id: string): Promise<string> {
  return (await tx.refund.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id } }, select: { invoiceId: true } })).invoiceId;
}

/**
 * Parts of the lines, in the order of the invoice, up to an amount: those that were asked for with their tax, or what is left of each
 * line. Fails with `invoice_dispute_open`: what is disputed is decided first.
 */
async function creditable(tx: Transaction, { tenantId, id: invoiceId, lines }: Invoice, quotes: readonly CreditQuote[] | null, mostCents: bigint): Promise<readonly CreditQuote[]> {
  if ((await tx.invoiceDispute.count({ where: { tenantId, invoiceId, state: 'open' } })) > 0) throw new WaybillError('invoice_dispute_open');
  if (quotes !== null) return quotes;
  const notes = await tx.creditNote.groupBy({ by: ['lineId'], where: { tenantId, invoiceId }, _sum: { amountCents: true } });
  const credited = new Map(notes.map(({ lineId, _sum }) => [lineId, _sum.amountCents ?? 0n]));
  let openCents = mostCents;
  return lines.flatMap(({ id, amountCents }) => {
    const partCents = least(openCents, amountCents - (credited.get(id) ?? 0n));
    if (partCents <= 0n) return [];
    openCents -= partCents;
    return [untaxed(id, partCents)];
  });
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
