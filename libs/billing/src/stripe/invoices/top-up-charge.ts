import Stripe from 'stripe';
import type { Caller, Clock, TenantId } from '@waybill/kernel';
import type { Alerts } from '../../alerts/alerts.js';
import type { Charge, Charged } from '../../credits/top-up.js';
import type { StripeAccountStore } from '../accounts/stripe-account.store.js';
import { TaxGate } from './tax-gate.js';

const referenceKey = 'waybill_top_up';
const monthSeconds = 31 * 86_400;
/** A card that was declined is asked again after a day. */
const restSeconds = 86_400;

type Step = 'invoice' | 'item' | 'finalize' | 'pay';
interface Bought { readonly tenantId: TenantId; readonly customer: string; readonly amountCents: bigint; readonly currency: string }

const asked: Charged = { state: 'asked' };
const paidWith = ({ total_taxes: taxes }: Stripe.Invoice): Charged => ({ state: 'paid', taxCents: (taxes ?? []).reduce((sum, { amount }) => sum + BigInt(amount), 0n) });

interface ChargeRooms {
  readonly stripe: Stripe;
  readonly accounts: Pick<StripeAccountStore, 'find'>;
  readonly alerts: Alerts;
}

/** Charges a card for credit, by an invoice of its own for each reference; tax comes on top of the credit. */
export class StripeTopUpCharge {
  constructor(
    private readonly rooms: ChargeRooms,
    private readonly clock: Clock,
    private readonly isTaxed: boolean,
  ) {}

  /**
   * `asked` without a card that is charged, on the day after one was declined, and where tax cannot be computed, with an alert. A charge under
   * way when a worker was killed is gone on with: the invoice with the reference is looked for first, and every step carries its own key.
   * Fails as the card or Stripe does; then the invoice is void, so that nothing is taken later without the credit.
   */
  readonly charge: Charge = async ({ tenantId }: Caller, amountCents, currency, reference) => {
    const account = await this.rooms.accounts.find(tenantId);
    if (account === null || account.status !== 'active') return asked;
    const { found, declined } = await this.#earlier(account.customerId, reference);
    if (found?.status === 'paid') return paidWith(found);
    if (declined.some(({ created }) => created > this.#nowSeconds - restSeconds)) return asked;
    const key = (step: Step) => ({ idempotencyKey: `waybill-top-up-${reference}-${declined.length}-${step}${this.isTaxed ? '-taxed' : ''}` });
    const invoice = found ?? (await this.#draft(account.customerId, currency, reference, key('invoice')));
    if (invoice.status === 'draft' && !(await this.#finalized(invoice, { tenantId, customer: account.customerId, amountCents, currency }, key))) return asked;
    return paidWith(await this.#pay(invoice.id, key('pay')));
  };

  #draft(customer: string, currency: string, reference: string, key: Stripe.RequestOptions): Promise<Stripe.Invoice> {
    return this.rooms.stripe.invoices.create(
      {
        customer, currency: currency.toLowerCase(), auto_advance: false, pending_invoice_items_behavior: 'exclude', description: 'Credit, bought because it ran low', metadata: { [referenceKey]: reference },
        ...(this.isTaxed ? { automatic_tax: { enabled: true } } : {}),
      },
      key,
    );
  }

  /** False where Stripe cannot compute the tax: the draft waits, and is gone on with once it can. */
  async #finalized(draft: Stripe.Invoice, { tenantId, customer, amountCents, currency }: Bought, key: (step: Step) => Stripe.RequestOptions): Promise<boolean> {
    const { stripe, alerts } = this.rooms;
    if (draft.lines.data.length === 0) {
      const behavior = this.isTaxed ? ({ tax_behavior: 'exclusive' } as const) : {};
      await stripe.invoiceItems.create({ customer, invoice: draft.id, amount: Number(amountCents), currency: currency.toLowerCase(), description: 'Credit', ...behavior }, key('item'));
    }
    const gate = await new TaxGate(stripe, alerts, this.isTaxed).gate(tenantId, draft);
    if (gate.light === 'red') return false;
    await stripe.invoices.finalizeInvoice(draft.id, { auto_advance: false }, key('finalize'));
    return true;
  }

  get #nowSeconds(): number {
    return Math.floor(this.clock.nowMs() / 1_000);
  }

  /** The one that is under way or paid, and those that were given up because the card was declined. */
  async #earlier(customer: string, reference: string): Promise<{ found: Stripe.Invoice | undefined; declined: Stripe.Invoice[] }> {
    const own: Stripe.Invoice[] = [];
    const gte = this.#nowSeconds - monthSeconds;
    for await (const invoice of this.rooms.stripe.invoices.list({ customer, created: { gte }, limit: 100 })) {
      if (invoice.metadata?.[referenceKey] === reference) own.push(invoice);
    }
    return { found: own.find(({ status }) => status !== 'void'), declined: own.filter(({ status }) => status === 'void') };
  }

  async #pay(invoiceId: string, key: Stripe.RequestOptions): Promise<Stripe.Invoice> {
    const { invoices } = this.rooms.stripe;
    try {
      return await invoices.pay(invoiceId, {}, key);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) await invoices.voidInvoice(invoiceId);
      throw error;
    }
  }
}
