import type { Caller, Clock, Logger } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Alerts } from '../alerts/alerts.js';
import type { Contracts } from '../prices/contracts.js';
import type { Gate, InvoiceCloser } from './closing.js';
import type { Composer } from './composer.js';
import type { FinalizationStore } from './finalization.store.js';
import type { Invoice } from './invoice.js';
import type { InvoiceStore } from './invoice.store.js';
import type { Period } from './period.js';
import type { TenantStore } from './tenant.store.js';
import { eachTenant } from '../tenants/each-tenant.js';
import { systemCaller } from '../tenants/system-caller.js';

export interface CloseRules {
  /** Drafts up to this total are finalized without a person. */
  readonly reviewAboveCents: bigint;
  /** Tenants read at a time; 200 when left out. */
  readonly tenantsPerPage?: number | undefined;
}

export interface CloseReport {
  readonly tenants: number;
  readonly finalized: number;
  readonly empty: number;
  /** Stay drafts: a gate is not green. */
  readonly waiting: number;
  readonly failed: number;
}

export interface CloseParts {
  readonly composer: Composer;
  readonly invoices: InvoiceStore;
  readonly finalization: FinalizationStore;
  readonly contracts: Contracts;
  readonly tenants: TenantStore;
  readonly closer: InvoiceCloser;
  readonly alerts: Pick<Alerts, 'raise' | 'clear'>;
}

const dayMs = 86_400_000;
const usualTenantsPerPage = 200;

/** Closes months: draft, gates, invoice, for every tenant to the last page. May run twice at once and be killed anywhere. */
export class PeriodClose {
  constructor(
    private readonly parts: CloseParts,
    private readonly rules: CloseRules,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Every tenant whose month is over and not closed; one that fails is an alert with its code, has no invoice, and holds up no other. */
  async run(period: Period): Promise<CloseReport> {
    const report = { tenants: 0, finalized: 0, empty: 0, waiting: 0, failed: 0 };
    if (period.endMs > this.clock.nowMs()) return report;
    const { tenants, failed } = await eachTenant(
      {
        perPage: this.rules.tenantsPerPage ?? usualTenantsPerPage,
        read: (after, limit) => this.parts.tenants.unclosed(period, after, limit),
        failed: async (tenantId, error) => {
          this.logger.error('invoice.close_failed', { tenantId, period: period.name, error });
          const detail = `${error instanceof WaybillError ? `${error.code}: ` : ''}${error.message}`.slice(0, 500);
          await this.parts.alerts.raise({ code: 'invoice_close_failed', subject: `${tenantId} ${period.name}`, tenantId, detail });
        },
      },
      async (tenantId) => {
        report[await this.#close(systemCaller(tenantId, 'period-close'), period)] += 1;
        await this.parts.alerts.clear('invoice_close_failed', `${tenantId} ${period.name}`);
      },
    );
    return { ...report, tenants, failed };
  }

  async #close(caller: Caller, period: Period): Promise<'finalized' | 'empty' | 'waiting'> {
    // Asked before it is computed: what was booked and sealed meanwhile is not in it.
    const sealedMs = await this.parts.composer.sealedThroughMs(caller);
    const invoice = await this.draft(caller, period, sealedMs);
    if (invoice === null) return 'empty';
    const gates = await this.gates(caller, invoice, sealedMs);
    if (gates.some(({ light }) => light === 'red')) return 'waiting';
    await this.#finalize(caller, invoice, null);
    return 'finalized';
  }

  /**
   * The draft, computed now; null when the month needs none and is closed: no fee, nothing used, all of it sealed. An invoice that
   * was finalized is returned as it is.
   * @param sealedMs up to where hours were sealed before
   */
  async draft(caller: Caller, period: Period, sealedMs: number): Promise<Invoice | null> {
    const { composer, invoices, finalization } = this.parts;
    const composed = await composer.compose(caller, period);
    const isEmpty = composed.lines.every(({ amountCents, quantity }) => amountCents === 0n && quantity === 0n);
    if (isEmpty && sealedMs >= period.endMs) {
      await finalization.closeEmpty(caller, period, this.clock.nowMs());
      return null;
    }
    await invoices.saveDraft(caller, composed, this.clock.nowMs());
    return invoices.ofPeriod(caller, period);
  }

  /** What lets the invoice through, or stops it; `knownSealedMs` is up to where hours were sealed before it was computed, if that is known. */
  async gates(caller: Caller, invoice: Invoice, knownSealedMs?: number): Promise<Gate[]> {
    const sealedMs = knownSealedMs ?? (await this.parts.composer.sealedThroughMs(caller));
    const isSealed = sealedMs >= invoice.period.endMs && invoice.computedAtMs >= invoice.period.endMs;
    const needsReview = invoice.totalCents > this.rules.reviewAboveCents;
    return [
      { name: 'sealed', light: isSealed ? 'green' : 'red', reason: isSealed ? null : `Hours are sealed up to ${new Date(Number.isFinite(sealedMs) ? sealedMs : 0).toISOString()}.` },
      ...(await this.parts.closer.gates(caller.tenantId, invoice.period, invoice)),
      reviewGate(invoice, needsReview),
    ];
  }

  /**
   * Finalizes a draft after a person decided to. Fails with `invoice_gate_closed` while a gate other than the review is
   * red, `invoice_state_conflict`, `invoice_on_hold`.
   */
  async finalize(caller: Caller, invoiceId: string, approvedBy: string | null): Promise<Invoice> {
    const stored = await this.parts.invoices.openAny(invoiceId);
    if (stored.state !== 'draft') throw new WaybillError('invoice_state_conflict', { state: stored.state, needed: 'a draft' });
    if (stored.holdReason !== null) throw new WaybillError('invoice_on_hold', { reason: stored.holdReason });
    const owner = systemCaller(stored.tenantId, caller.actor.id);
    const sealedMs = await this.parts.composer.sealedThroughMs(owner);
    const invoice = await this.draft(owner, stored.period, sealedMs);
    if (invoice === null) throw new WaybillError('invoice_state_conflict', { state: 'empty', needed: 'a draft with lines' });
    // What was approved is what is sent: another total needs another look.
    if (invoice.totalCents !== stored.totalCents) throw new WaybillError('invoice_gate_closed', { reason: 'its total has changed since it was looked at' });
    const red = (await this.gates(owner, invoice, sealedMs)).find(({ name, light }) => light === 'red' && name !== 'reviewed');
    if (red !== undefined) throw new WaybillError('invoice_gate_closed', { reason: red.reason ?? red.name });
    return this.#finalize(caller, invoice, approvedBy);
  }

  async #finalize(caller: Caller, invoice: Invoice, approvedBy: string | null): Promise<Invoice> {
    const owner = systemCaller(invoice.tenantId, caller.actor.id);
    const { paymentTermsDays } = await this.parts.contracts.of(owner, invoice.period);
    const { stripeInvoiceId, tax } = await this.parts.closer.finalize(invoice);
    const nowMs = this.clock.nowMs();
    const finalized = await this.parts.finalization.finalize(caller, invoice, { approvedBy, stripeInvoiceId, tax, nowMs, dueAtMs: nowMs + paymentTermsDays * dayMs });
    this.logger.info('invoice.finalized', { tenantId: invoice.tenantId, invoiceId: invoice.id, number: finalized.number, totalCents: String(finalized.totalCents), currency: finalized.currency });
    return finalized;
  }
}

function reviewGate({ holdReason }: Invoice, needsReview: boolean): Gate {
  if (holdReason !== null) return { name: 'reviewed', light: 'red', reason: `On hold: ${holdReason}` };
  return { name: 'reviewed', light: needsReview ? 'red' : 'green', reason: needsReview ? 'The total is above the limit up to which nobody looks.' : null };
}

