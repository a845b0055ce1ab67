import type Stripe from 'stripe';
import type { Clock, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Finalized, Gate, InvoiceCloser } from '../../invoices/closing.js';
import { noTax } from '../../invoices/tax.js';
import type { ComposedInvoice, Invoice } from '../../invoices/invoice.js';
import type { Period } from '../../invoices/period.js';
import type { StripeAccount, StripeAccountStore } from '../accounts/stripe-account.store.js';
import type { Alerts } from '../../alerts/alerts.js';
import type { HourTotalStore } from '../meters/hour-total.store.js';
import type { MeterPushStore } from '../meters/meter-push.store.js';
import { meters } from '../../prices/meters.js';
import { failureOf } from '../outcome.js';
import { compareLines, grantedCents } from './invoice-comparison.js';
import type { InvoiceClaim } from './invoice-claim.js';
import type { StripeDraft } from './stripe-draft.js';
import type { StripeInvoiceStore } from './stripe-invoice.store.js';
import type { StripeTax } from './stripe-tax.js';
import { needsLocation } from './tax-gate.js';
import type { TaxGate } from './tax-gate.js';

export interface CloserRooms {
  readonly stripe: Stripe;
  readonly accounts: StripeAccountStore;
  readonly pushes: MeterPushStore;
  readonly totals: HourTotalStore;
  readonly invoices: StripeInvoiceStore;
  readonly claim: InvoiceClaim;
  readonly draft: StripeDraft;
  readonly tax: StripeTax;
  readonly taxGate: TaxGate;
  readonly alerts: Alerts;
}

const grey = (name: Gate['name'], reason: string): Gate => ({ name, light: 'grey', reason });
const red = (name: Gate['name'], reason: string): Gate => ({ name, light: 'red', reason });
const green = (name: Gate['name']): Gate => ({ name, light: 'green', reason: null });

/**
 * The legal invoice is Stripe's. It is finalized only when every hour of the period is confirmed and Stripe's lines equal
 * ours before tax, and its tax is computed; until then it stays a draft and finance sees why (billing.md §0.2, §6). The tax is
 * Stripe's and is taken over.
 */
export class StripeCloser implements InvoiceCloser {
  readonly mode = 'stripe';

  constructor(
    private readonly rooms: CloserRooms,
    private readonly clock: Clock,
  ) {}

  async gates(tenantId: TenantId, period: Period, draft: ComposedInvoice): Promise<readonly Gate[]> {
    const account = await this.rooms.accounts.find(tenantId);
    if (account === null || account.subscriptionId === null) {
      const reason = 'The tenant has no subscription at Stripe.';
      return [grey('confirmed', reason), draft.totalCents === 0n ? grey('compared', reason) : red('compared', `${reason} Its invoice cannot be made there.`), grey('taxed', reason)];
    }
    const confirmed = await this.#confirmed(account, period);
    const waits = grey('taxed', 'Computed when the lines agree.');
    if (confirmed.light !== 'green') return [confirmed, red('compared', 'Hours are not confirmed yet.'), waits];
    try {
      return [confirmed, ...(await this.#compared(account, period, draft))];
    } catch (error) {
      const failure = failureOf(error);
      return [confirmed, red('compared', `Stripe: ${'reason' in failure ? failure.reason : failure.kind}`), waits];
    }
  }

  async finalize(invoice: Invoice): Promise<Finalized> {
    const account = await this.rooms.accounts.find(invoice.tenantId);
    if (account === null || account.subscriptionId === null) {
      if (invoice.totalCents === 0n) return { stripeInvoiceId: null, tax: noTax };
      throw new WaybillError('invoice_differs_from_stripe', { reason: 'the tenant has no subscription at Stripe' });
    }
    const stripeInvoiceId = await this.#find(account, invoice.period);
    if (stripeInvoiceId === null) throw new WaybillError('invoice_differs_from_stripe', { reason: 'Stripe has no invoice of the period' });
    const found = await this.rooms.stripe.invoices.retrieve(stripeInvoiceId);
    if (found.status !== 'draft') return this.#finalizedBefore(invoice, found);
    const shut = (await this.#compared(account, invoice.period, invoice)).find(({ light }) => light === 'red');
    if (shut !== undefined) throw new WaybillError(shut.name === 'taxed' ? 'invoice_gate_closed' : 'invoice_differs_from_stripe', { reason: shut.reason ?? '' });
    const cents = grantedCents(invoice, { isTaxed: this.rooms.taxGate.isTaxed(found) });
    await this.#grantCredit(account, invoice, stripeInvoiceId, cents);
    await this.rooms.stripe.invoices.update(stripeInvoiceId, { metadata: { waybill_invoice: invoice.id, waybill_evidence: invoice.evidence.slice(0, 500) } });
    const finalized = await this.#finalized(invoice, stripeInvoiceId);
    await this.rooms.claim.take(finalized);
    await this.#compareCredit(invoice, finalized, cents);
    return { stripeInvoiceId, tax: await this.rooms.tax.ofInvoice(finalized) };
  }

  /** Every hour of the period that Stripe bills: pushed as the ledger has it, and confirmed. */
  async #confirmed(account: StripeAccount, period: Period): Promise<Gate> {
    const fromMs = Math.max(period.startMs, account.billedFromMs ?? period.startMs);
    const toMs = Math.min(period.endMs, account.billedToMs ?? period.endMs);
    const pushed = new Map((await this.rooms.pushes.newest(account.tenantId, fromMs, toMs)).map((push) => [`${push.meter} ${push.hourMs}`, push]));
    const totals = (await this.rooms.totals.totals(account.tenantId, fromMs, toMs)).filter(({ meter, quantity }) => meters.includes(meter) && quantity > 0n);
    const open = totals.filter(({ meter, hourMs, quantity }) => {
      const push = pushed.get(`${meter} ${hourMs}`);
      return push?.state !== 'confirmed' || push.quantity !== quantity;
    });
    const wrong = [...pushed.values()].filter((push) => push.state !== 'confirmed' && !open.some(({ meter, hourMs }) => meter === push.meter && hourMs === push.hourMs));
    const count = open.length + wrong.length;
    if (count === 0) return green('confirmed');
    const first = open[0] ?? wrong[0]!;
    return red('confirmed', `${count} hour totals are not confirmed by Stripe, the first ${first.meter} of ${new Date(first.hourMs).toISOString()}.`);
  }

  /**
   * The place may have gone since the gate was looked at: then it is shut, and no invoice without tax is made. Without a key that lasts: under
   * one, Stripe would repeat that refusal for a day, and an invoice is finalized once by itself.
   */
  async #finalized(invoice: Invoice, stripeInvoiceId: string): Promise<Stripe.Invoice> {
    try {
      return await this.rooms.stripe.invoices.finalizeInvoice(stripeInvoiceId, { auto_advance: true });
    } catch (error) {
      if (!needsLocation(error)) throw error;
      const { reason } = await this.rooms.taxGate.closed(invoice.tenantId, stripeInvoiceId, 'stripe_tax_needs_location');
      throw new WaybillError('invoice_gate_closed', { reason: reason ?? '' }, { cause: error });
    }
  }

  /** The gates `compared` and `taxed`: tax is computed only where the lines agree. */
  async #compared(account: StripeAccount, period: Period, ours: ComposedInvoice): Promise<readonly Gate[]> {
    const stripeInvoiceId = await this.#find(account, period);
    const waits = grey('taxed', 'Computed when the lines agree.');
    if (stripeInvoiceId === null) return [red('compared', 'Stripe has not made the invoice of the period yet.'), waits];
    const current = await this.rooms.stripe.invoices.retrieve(stripeInvoiceId);
    await this.rooms.claim.take(current);
    const terms = { isTaxed: this.rooms.taxGate.isTaxed(current) };
    if (current.status === 'draft') await this.rooms.draft.putExtraLines(account, stripeInvoiceId, ours, terms);
    const faults = compareLines(ours, await this.rooms.draft.lines(stripeInvoiceId), terms);
    const difference = faults.length === 0 ? null : faults.join('; ');
    await this.rooms.invoices.compared(account.tenantId, stripeInvoiceId, difference);
    if (difference === null) {
      await this.rooms.alerts.clear('stripe_invoice_differs', stripeInvoiceId);
      return [green('compared'), await this.rooms.taxGate.gate(account.tenantId, current)];
    }
    await this.rooms.alerts.raise({ code: 'stripe_invoice_differs', subject: stripeInvoiceId, tenantId: account.tenantId, detail: difference.slice(0, 1_000) });
    return [red('compared', difference), waits];
  }

  /** The draft of the period, of this subscription; asked for when no webhook told of it. */
  async #find(account: StripeAccount, period: Period): Promise<string | null> {
    const known = await this.rooms.invoices.ofPeriod(account.tenantId, period.startMs, period.endMs);
    if (known.length === 0) {
      for await (const invoice of this.rooms.stripe.invoices.list({ subscription: account.subscriptionId!, limit: 100 })) await this.rooms.claim.take(invoice);
    }
    const [found] = known.length > 0 ? known : await this.rooms.invoices.ofPeriod(account.tenantId, period.startMs, period.endMs);
    return found?.stripeInvoiceId ?? null;
  }

  /**
   * Our ledger decides which credit is burnt; a grant of exactly that much, for this invoice, makes Stripe burn the same.
   * It expires a day later, so that what Stripe did not take can never pay another invoice.
   */
  async #grantCredit(account: StripeAccount, invoice: Invoice, stripeInvoiceId: string, cents: bigint): Promise<void> {
    if (cents === 0n) return;
    await this.rooms.stripe.billing.creditGrants.create(
      {
        customer: account.customerId, category: 'promotional', name: 'Waybill credit', priority: 0, expires_at: Math.floor(this.clock.nowMs() / 1_000) + 86_400,
        amount: { type: 'monetary', monetary: { currency: invoice.currency.toLowerCase(), value: Number(cents) } }, applicability_config: { scope: { price_type: 'metered' } },
        metadata: { waybill_invoice: invoice.id },
      },
      { idempotencyKey: `waybill-credit-${stripeInvoiceId}-${cents}` },
    );
  }

  /** After finalization nothing can be taken back: a difference is for a person, at once. */
  async #compareCredit(invoice: Invoice, finalized: Stripe.Invoice, cents: bigint): Promise<void> {
    const applied = (finalized.total_pretax_credit_amounts ?? []).filter(({ type }) => type === 'credit_balance_transaction').reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    if (applied === cents) return this.rooms.alerts.clear('stripe_credit_differs', finalized.id);
    const detail = `${cents} cents of credit here, ${applied} at Stripe`;
    await this.rooms.alerts.raise({ code: 'stripe_credit_differs', subject: finalized.id, tenantId: invoice.tenantId, detail });
  }

  /** We were killed between Stripe's finalization and our note of it. Another invoice's mark means it was not us. */
  async #finalizedBefore(invoice: Invoice, found: Stripe.Invoice): Promise<Finalized> {
    if (found.metadata?.['waybill_invoice'] === invoice.id) return { stripeInvoiceId: found.id, tax: await this.rooms.tax.ofInvoice(found) };
    throw new WaybillError('invoice_differs_from_stripe', { reason: `Stripe's invoice ${found.id} is ${found.status} and was not finalized by us` });
  }
}
