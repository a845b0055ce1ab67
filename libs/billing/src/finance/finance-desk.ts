import type { Caller, Clock, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { isDimension } from '@waybill/metering';
import type { AdjustmentStore } from '@waybill/metering';
import type { Credits } from '../credits/credits.js';
import type { CreditSource } from '../credits/credit.store.js';
import type { CreditNote, InvoicePapersStore } from '../invoices/invoice-papers.store.js';
import type { Invoice } from '../invoices/invoice.js';
import type { InvoiceStore } from '../invoices/invoice.store.js';
import type { PeriodClose } from '../invoices/period-close.js';
import { periodAt } from '../invoices/period.js';
import type { Contracts } from '../prices/contracts.js';
import type { Approval, ApprovalStore } from './approval.store.js';
import { hasTax, untaxed } from './credit-quotes.js';
import type { CreditQuote, CreditQuotes } from './credit-quotes.js';
import type { FinanceEventStore } from './finance-event.store.js';
import type { RefundStore } from './refund.store.js';
import type { Doer, SettlementStore } from './settlement.store.js';
import type { BatchChoice, UsageBatches } from './usage-batches.js';
import { systemCaller } from '../tenants/system-caller.js';

/** Corrections of closed hours, as libs/metering keeps them. */
export interface Adjusting {
  propose(caller: Caller, correction: { namespaceId: string; hourMs: number; dimension: string; cause: string; resourceId: string; delta: bigint; reason: string }): Promise<{ readonly id: string }>;
  decide(caller: Caller, id: string, decision: { readonly approve: true; readonly bookedPeriodMs: number } | { readonly approve: false }): Promise<unknown>;
}

export interface DeskParts {
  readonly settlement: SettlementStore;
  readonly refunds: RefundStore;
  readonly approvals: ApprovalStore;
  readonly events: FinanceEventStore;
  readonly invoices: InvoiceStore;
  readonly close: PeriodClose;
  readonly credits: Credits;
  readonly contracts: Contracts;
  readonly adjusting: Adjusting;
  readonly papers: InvoicePapersStore;
  /** Where tax is computed; null without Stripe. */
  readonly quotes: CreditQuotes | null;
  /** Null where the counters are out of reach. */
  readonly usageBatches: UsageBatches | null;
}

/** What finance can ask for; amounts and times as text, because an approval keeps them. */
export type FinanceAction =
  | { readonly action: 'finalize'; readonly invoiceId: string }
  | { readonly action: 'credit_note'; readonly invoiceId: string; readonly lineId: string; readonly amountCents: string; readonly reason: string }
  | { readonly action: 'payment'; readonly invoiceId: string; readonly amountCents: string; readonly reference: string; readonly receivedAt: string }
  | { readonly action: 'refund'; readonly invoiceId: string; readonly amountCents: string; readonly reference: string | null; readonly reason: string }
  | { readonly action: 'uncollectible' | 'void'; readonly invoiceId: string; readonly reason: string }
  | { readonly action: 'grant'; readonly tenantId: string; readonly amountCents: string; readonly currency: string; readonly source: CreditSource; readonly priority: number; readonly expiresAt: string | null; readonly reason: string }
  | { readonly action: 'adjustment'; readonly tenantId: string; readonly adjustmentId: string; readonly delta: string; readonly reason: string }
  | ({ readonly action: 'usage_batch' } & BatchChoice);

/** What changes what was counted needs a second person whatever it is worth. */
const alwaysTwo: ReadonlySet<FinanceAction['action']> = new Set(['adjustment', 'usage_batch']);

export type Outcome = { readonly outcome: 'done'; readonly approval: null } | { readonly outcome: 'approval_needed'; readonly approval: Approval };

/** Everything finance does that moves money: done at once up to a limit, by two persons above it. */
export class FinanceDesk {
  constructor(
    private readonly parts: DeskParts,
    private readonly clock: Clock,
    /** Up to this amount one person is enough. */
    readonly twoPersonLimitCents: bigint,
  ) {}

  /** Does it, or asks for a second person. Fails with the codes of what is done. */
  async ask(caller: Caller, action: FinanceAction): Promise<Outcome> {
    const { tenantId, subject, amountCents } = await this.#weigh(action);
    if (!alwaysTwo.has(action.action) && amountCents <= this.twoPersonLimitCents) {
      await this.#carryOut(caller, action, null);
      return { outcome: 'done', approval: null };
    }
    const nowMs = this.clock.nowMs();
    const approval = await this.parts.approvals.request({ tenantId, action: action.action, subject, payload: action, amountCents, requestedBy: caller.actor.id }, nowMs);
    await this.parts.events.record({ tenantId, actor: caller.actor.id, action: 'approval.requested', subject, after: { approvalId: approval.id, ...action } }, nowMs);
    return { outcome: 'approval_needed', approval };
  }

  /**
   * Approves and does, or rejects. Fails with `approval_not_found`, `approval_same_person`, `approval_decided`; with the
   * code of what could not be done, and then it waits again.
   */
  async decide(caller: Caller, approvalId: string, decision: 'approve' | 'reject'): Promise<Approval> {
    const { approvals, events } = this.parts;
    const asked = await approvals.open(approvalId);
    if (asked.requestedBy === caller.actor.id) throw new WaybillError('approval_same_person');
    const state = decision === 'approve' ? 'approved' : 'rejected';
    if (!(await approvals.decide(approvalId, state, caller.actor.id, this.clock.nowMs()))) throw new WaybillError('approval_decided', { state: (await approvals.open(approvalId)).state });
    const action = asked.payload as unknown as FinanceAction;
    try {
      if (decision === 'approve') await this.#carryOut({ ...caller, actor: { ...caller.actor, id: asked.requestedBy } }, action, caller);
      else if (action.action === 'adjustment') await this.parts.adjusting.decide(actingFor(caller, action.tenantId), action.adjustmentId, { approve: false });
    } catch (error) {
      await approvals.reopen(approvalId);
      throw error;
    }
    await events.record({ tenantId: asked.tenantId, actor: caller.actor.id, action: `approval.${state}`, subject: asked.subject, after: { approvalId, requestedBy: asked.requestedBy } }, this.clock.nowMs());
    return approvals.open(approvalId);
  }

  async #weigh(action: FinanceAction): Promise<{ tenantId: string; subject: string; amountCents: bigint }> {
    if (action.action === 'grant') return { tenantId: action.tenantId, subject: action.tenantId, amountCents: BigInt(action.amountCents) };
    if (action.action === 'adjustment') return { tenantId: action.tenantId, subject: action.adjustmentId, amountCents: 0n };
    if (action.action === 'usage_batch') return { tenantId: (await this.#batches().weigh(action)).tenantId ?? '', subject: action.batchId, amountCents: 0n };
    const invoice = await this.parts.invoices.openAny(action.invoiceId);
    return { tenantId: invoice.tenantId, subject: invoice.id, amountCents: 'amountCents' in action ? BigInt(action.amountCents) : invoice.totalCents };
  }

  /** With its tax, asked for before anything is written. */
  async #creditOf({ invoiceId, lineId, amountCents }: { readonly invoiceId: string; readonly lineId: string; readonly amountCents: string }): Promise<CreditQuote & { notesBefore: number }> {
    const { invoice, noted } = await this.#taxed(invoiceId);
    const quote = hasTax(invoice) ? await this.#quotes().ofLine(invoice, lineId, BigInt(amountCents), noted) : untaxed(lineId, BigInt(amountCents));
    return { ...quote, notesBefore: noted.length };
  }

  async #partsOf({ invoiceId, amountCents }: { readonly invoiceId: string; readonly amountCents: string }): Promise<{ quotes: CreditQuote[]; notesBefore: number } | null> {
    const { invoice, noted } = await this.#taxed(invoiceId);
    if (!hasTax(invoice) || invoice.state !== 'paid') return null;
    return { quotes: await this.#quotes().worth(invoice, BigInt(amountCents), noted), notesBefore: noted.length };
  }

  async #taxed(invoiceId: string): Promise<{ invoice: Invoice; noted: readonly CreditNote[] }> {
    const invoice = await this.parts.invoices.openAny(invoiceId);
    const { creditNotes } = await this.parts.papers.read(systemCaller(invoice.tenantId, 'finance'), invoiceId);
    return { invoice, noted: creditNotes };
  }

  /** Fails with `stripe_off` where the invoice has Stripe's tax and there is no Stripe any more. */
  #quotes(): CreditQuotes {
    if (this.parts.quotes === null) throw new WaybillError('stripe_off');
    return this.parts.quotes;
  }

  /** Fails with `usage_batch_not_found` where nothing of Redis is known. */
  #batches(): UsageBatches {
    if (this.parts.usageBatches === null) throw new WaybillError('usage_batch_not_found');
    return this.parts.usageBatches;
  }

  async #carryOut(requester: Caller, action: FinanceAction, approver: Caller | null): Promise<void> {
    const { settlement, refunds, close, credits, contracts, adjusting, events } = this.parts;
    const doer: Doer = { actor: requester.actor.id, approvedBy: approver?.actor.id ?? null, nowMs: this.clock.nowMs() };
    switch (action.action) {
      case 'finalize':
        await close.finalize(requester, action.invoiceId, doer.approvedBy);
        return;
      case 'credit_note':
        return settlement.credit(action.invoiceId, { ...(await this.#creditOf(action)), reason: action.reason }, doer);
      case 'payment':
        return settlement.pay(action.invoiceId, { amountCents: BigInt(action.amountCents), method: 'bank_transfer', reference: action.reference, receivedAtMs: Date.parse(action.receivedAt) }, doer);
      case 'refund':
        return refunds.make(action.invoiceId, { amountCents: BigInt(action.amountCents), reference: action.reference, reason: action.reason, parts: await this.#partsOf(action) }, doer);
      case 'uncollectible':
      case 'void':
        return settlement.writeOff(action.invoiceId, action.action, action.reason, doer);
      case 'grant': {
        const owner = actingFor(requester, action.tenantId);
        const { book } = await contracts.of(owner, periodAt(doer.nowMs));
        const { amountCents, currency, source, priority, reason, expiresAt } = action;
        const id = await credits.grant(owner, book.currency, { amountCents: BigInt(amountCents), currency, source, priority, reason, expiresAtMs: expiresAt === null ? null : Date.parse(expiresAt) });
        return events.record({ tenantId: action.tenantId, actor: doer.actor, approvedBy: doer.approvedBy, action: 'credit.granted', subject: id, after: { amountCents, currency, source, reason } }, doer.nowMs);
      }
      case 'usage_batch':
        return this.#batches().carryOut(action, doer);
      case 'adjustment':
        await adjusting.decide(actingFor(approver ?? requester, action.tenantId), action.adjustmentId, { approve: true, bookedPeriodMs: periodAt(doer.nowMs).startMs });
        return events.record({ tenantId: action.tenantId, actor: doer.actor, approvedBy: doer.approvedBy, action: 'adjustment.booked', subject: action.adjustmentId, after: { delta: action.delta, reason: action.reason } }, doer.nowMs);
    }
  }
}

/** Fails with `adjustment_invalid` for a dimension that nothing counts. */
export function adjustingWith(store: AdjustmentStore): Adjusting {
  return {
    propose: async (caller, { dimension, ...correction }) => {
      if (!isDimension(dimension)) throw new WaybillError('adjustment_invalid', { reason: `${dimension} is no dimension` });
      return store.propose(caller, { ...correction, dimension });
    },
    decide: (caller, id, decision) => store.decide(caller, id, decision),
  };
}

/** The same person, at work for a tenant. */
export function actingFor(caller: Caller, tenantId: string): Caller {
  return systemCaller(tenantId as TenantId, caller.actor.id);
}
