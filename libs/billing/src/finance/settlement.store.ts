import { Prisma } from '@waybill/database';
import type { Database, Transaction } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { lockGrants } from '../credits/credit.store.js';
import { nextNumber } from '../invoices/finalization.store.js';
import type { Invoice, InvoiceState } from '../invoices/invoice.js';
import { rowOfQuote } from '../invoices/invoice-papers.store.js';
import { lockPeriod, openInvoice } from '../invoices/invoice.store.js';
import { recordEvent } from './finance-event.store.js';
import type { EventValue } from './finance-event.store.js';
import { grossOf } from './credit-quotes.js';
import type { CreditQuote } from './credit-quotes.js';

/** Who does it, who approved it, and when. */
export interface Doer {
  readonly actor: string;
  readonly approvedBy: string | null;
  readonly nowMs: number;
}

export interface NewPayment {
  readonly amountCents: bigint;
  readonly method: 'bank_transfer' | 'stripe';
  /** Of the bank or Stripe; the same one is recorded once. */
  readonly reference: string;
  readonly receivedAtMs: number;
}

export interface NewCreditNote extends CreditQuote {
  readonly reason: string;
  /** How many notes the invoice had when the tax was asked for. */
  readonly notesBefore: number;
}

/** What happens to an invoice after it was sent. Each step and its line of history are one transaction. */
export class SettlementStore {
  constructor(
    private readonly database: Database,
    /** Called after each step on an invoice of a tenant that was in dunning: it may have come out. Never fails. */
    private readonly relieved: (tenantId: TenantId) => Promise<void> = () => Promise.resolve(),
  ) {}

  /**
   * Fails with `invoice_not_found`, `invoice_state_conflict`, `payment_mismatch` unless it is what the invoice is open for,
   * `payment_duplicated`.
   */
  async pay(invoiceId: string, payment: NewPayment, doer: Doer): Promise<void> {
    await this.#on(invoiceId, doer, async (tx, invoice) => {
      requireState(invoice, ['finalized', 'uncollectible'], 'finalized');
      const dueCents = invoice.totalCents - invoice.settledCents;
      if (payment.amountCents !== dueCents) throw new WaybillError('payment_mismatch', { due: String(dueCents), paid: String(payment.amountCents) });
      const { amountCents, method, reference, receivedAtMs } = payment;
      const made = await tx.payment.createMany({
        data: [{ tenantId: invoice.tenantId, id: newId('payment', doer.nowMs), invoiceId, amountCents, method, reference, receivedAt: new Date(receivedAtMs), recordedBy: doer.actor, approvedBy: doer.approvedBy }],
        skipDuplicates: true,
      });
      if (made.count === 0) throw new WaybillError('payment_duplicated');
      await settle(tx, invoice, amountCents, doer.nowMs);
      return { action: 'payment.recorded', after: { amountCents: String(amountCents), method, reference } };
    });
  }

  /**
   * What is credited, with its tax, reduces what is open; on a paid invoice without tax it becomes a grant. With tax it does not: a grant is
   * taken off before tax, so the tax would be given back twice. Fails with `invoice_not_found`, `invoice_line_not_found`,
   * `invoice_state_conflict`, `invoice_dispute_open`, `credit_note_too_large`, `credit_note_needs_refund`, `credit_note_outrun`.
   */
  async credit(invoiceId: string, note: NewCreditNote, doer: Doer): Promise<void> {
    await this.#on(invoiceId, doer, async (tx, invoice) => {
      requireState(invoice, ['finalized', 'paid', 'uncollectible'], 'finalized');
      const { tenantId } = invoice;
      const line = invoice.lines.find(({ id }) => id === note.lineId);
      if (line === undefined) throw new WaybillError('invoice_line_not_found');
      if ((await tx.invoiceDispute.count({ where: { tenantId, invoiceId, lineId: line.id, state: 'open' } })) > 0) throw new WaybillError('invoice_dispute_open');
      await requireNotes(tx, invoice, note.notesBefore);
      const before = await tx.creditNote.aggregate({ where: { tenantId, invoiceId, lineId: line.id }, _sum: { amountCents: true } });
      const leftCents = line.amountCents - (before._sum.amountCents ?? 0n);
      if (note.amountCents > leftCents) throw new WaybillError('credit_note_too_large', { limit: String(leftCents > 0n ? leftCents : 0n) });
      const grossCents = grossOf(note);
      const dueCents = invoice.state === 'paid' ? 0n : invoice.totalCents - invoice.settledCents;
      if (grossCents > dueCents && note.taxCents + note.includedTaxCents !== 0n) throw new WaybillError('credit_note_needs_refund', { due: String(dueCents) });
      const number = await nextNumber(tx, 'CN', doer.nowMs);
      const id = newId('creditNote', doer.nowMs);
      await tx.creditNote.create({ data: { ...rowOfQuote(note), tenantId, id, number, invoiceId, reason: note.reason, requestedBy: doer.actor, approvedBy: doer.approvedBy, createdAt: new Date(doer.nowMs) } });
      const againstCents = grossCents < dueCents ? grossCents : dueCents;
      if (againstCents > 0n) await settle(tx, invoice, againstCents, doer.nowMs);
      if (grossCents > againstCents) {
        await tx.creditGrant.create({
          data: {
            tenantId, id: `cg_${id.slice(3)}`, currency: invoice.currency, amountCents: grossCents - againstCents, priority: 0, source: 'goodwill', reason: `Credit note ${number}`, createdBy: doer.actor, createdAt: new Date(doer.nowMs),
          },
        });
      }
      return { action: 'credit_note.made', after: { number, lineId: line.id, amountCents: String(note.amountCents), taxCents: String(note.taxCents), reason: note.reason } };
    });
  }

  /** Uncollectible: the claim stays. Void: it never was, and burnt credit goes back. Fails with `invoice_state_conflict`. */
  async writeOff(invoiceId: string, as: 'uncollectible' | 'void', reason: string, doer: Doer): Promise<void> {
    await this.#on(invoiceId, doer, async (tx, invoice) => {
      requireState(invoice, as === 'void' ? ['finalized', 'uncollectible'] : ['finalized'], 'finalized and not paid');
      await tx.invoice.update({ where: keyOf(invoice), data: { state: as } });
      if (as === 'void') await giveBack(tx, invoice, doer.nowMs);
      return { action: `invoice.${as}`, before: { state: invoice.state }, after: { reason } };
    });
  }

  /** Holds an invoice with a reason, or releases it with null. */
  async hold(invoiceId: string, reason: string | null, doer: Doer): Promise<void> {
    await this.#on(invoiceId, doer, async (tx, invoice) => {
      await tx.invoice.update({ where: keyOf(invoice), data: { holdReason: reason } });
      return { action: reason === null ? 'invoice.released' : 'invoice.held', before: { reason: invoice.holdReason }, after: { reason } };
    });
  }

  async note(invoiceId: string, text: string, doer: Doer): Promise<void> {
    await this.#on(invoiceId, doer, () => Promise.resolve({ action: 'invoice.noted', after: { text } }));
  }

  /** By the customer: freezes the line. Fails with `invoice_state_conflict`, `invoice_line_not_found`, `invoice_dispute_open`. */
  async dispute(invoiceId: string, lineId: string, reason: string, doer: Doer): Promise<void> {
    await this.#on(invoiceId, doer, async (tx, invoice) => {
      requireState(invoice, ['finalized', 'paid', 'uncollectible'], 'finalized');
      if (!invoice.lines.some(({ id }) => id === lineId)) throw new WaybillError('invoice_line_not_found');
      const key = { tenantId: invoice.tenantId, invoiceId, lineId };
      const found = await tx.invoiceDispute.findUnique({ where: { tenantId_invoiceId_lineId: key } });
      if (found?.state === 'open') throw new WaybillError('invoice_dispute_open');
      const data = { state: 'open', reason, openedBy: doer.actor, openedAt: new Date(doer.nowMs), decision: null, decidedBy: null, decidedAt: null };
      await tx.invoiceDispute.upsert({ where: { tenantId_invoiceId_lineId: key }, create: { ...key, ...data }, update: data });
      return { action: 'dispute.opened', after: { lineId, reason } };
    });
  }

  /** Fails with `dispute_not_found` unless one is open. */
  async decide(invoiceId: string, lineId: string, outcome: 'upheld' | 'rejected', reason: string, doer: Doer): Promise<void> {
    await this.#on(invoiceId, doer, async (tx, invoice) => {
      const decided = await tx.invoiceDispute.updateMany({
        where: { tenantId: invoice.tenantId, invoiceId, lineId, state: 'open' }, data: { state: outcome, decision: reason, decidedBy: doer.actor, decidedAt: new Date(doer.nowMs) },
      });
      if (decided.count === 0) throw new WaybillError('dispute_not_found');
      return { action: `dispute.${outcome}`, after: { lineId, reason } };
    });
  }

  async #on(invoiceId: string, doer: Doer, work: OnInvoice): Promise<void> {
    const dunned: TenantId[] = [];
    await onInvoice(this.database, invoiceId, doer, async (tx, invoice) => {
      const before = await tx.billingProfile.findUnique({ where: { tenantId: invoice.tenantId }, select: { dunningDay: true } });
      if ((before?.dunningDay ?? null) !== null) dunned.push(invoice.tenantId);
      return work(tx, invoice);
    });
    for (const tenantId of dunned) await this.relieved(tenantId);
  }
}

/** A step on an invoice, and what the history says of it. */
type OnInvoice = (tx: Transaction, invoice: Invoice) => Promise<{ action: string; before?: EventValue; after?: EventValue }>;

/** Takes the step and writes its line of history, alone with the invoice. Fails with `invoice_not_found`. */
export async function onInvoice(database: Database, invoiceId: string, doer: Doer, work: OnInvoice): Promise<void> {
  await database.asSystem(async (tx) => {
    const { tenantId, period } = await openInvoice(tx, { id: invoiceId });
    await lockPeriod(tx, tenantId, period);
    const done = await work(tx, await openInvoice(tx, { id: invoiceId }));
    await recordEvent(tx, { tenantId, actor: doer.actor, approvedBy: doer.approvedBy, subject: invoiceId, ...done }, doer.nowMs);
  });
}

const keyOf = ({ tenantId, id }: Invoice) => ({ tenantId_id: { tenantId, id } });

/** Fails with `invoice_state_conflict`. */
export function requireState(invoice: Invoice, states: readonly InvoiceState[], needed: string): void {
  if (!states.includes(invoice.state)) throw new WaybillError('invoice_state_conflict', { state: invoice.state, needed });
}

/** Fails with `credit_note_outrun` where something was credited since its tax was asked for. */
export async function requireNotes(tx: Transaction, { tenantId, id: invoiceId }: Invoice, notes: number): Promise<void> {
  if ((await tx.creditNote.count({ where: { tenantId, invoiceId } })) !== notes) throw new WaybillError('credit_note_outrun');
}

/** Counts against what is open; nothing open makes it paid. */
async function settle(tx: Transaction, invoice: Invoice, amountCents: bigint, nowMs: number): Promise<void> {
  const settledCents = invoice.settledCents + amountCents;
  await tx.invoice.update({ where: keyOf(invoice), data: { settledCents, ...(settledCents >= invoice.totalCents ? { state: 'paid', settledAt: new Date(nowMs) } : {}) } });
}

async function giveBack(tx: Transaction, { tenantId, id }: Invoice, nowMs: number): Promise<void> {
  await lockGrants(tx, tenantId);
  const burnt = await tx.creditEntry.findMany({ where: { tenantId, kind: 'burn', reference: id } });
  const data: Prisma.CreditEntryCreateManyInput[] = burnt.map(({ grantId, amountCents }) => ({ tenantId, grantId, kind: 'refund', reference: id, amountCents: -amountCents, createdAt: new Date(nowMs) }));
  await tx.creditEntry.createMany({ data, skipDuplicates: true });
}
