import Stripe from 'stripe';
import type { Caller, Clock, TenantId } from '@waybill/kernel';
import type { Alerts } from '../../alerts/alerts.js';
import type { Charge, Charged, Purchase } from '../../credits/top-up.js';
import type { StripeAccountStore } from '../accounts/stripe-account.store.js';
import { TaxGate } from './tax-gate.js';

const referenceKey = 'waybill_top_up';
const monthSeconds = 31 * 86_400;
/** A card that was declined is asked again after a day. */
const restSeconds = 86_400;

interface Bought { readonly tenantId: TenantId; readonly customer: string; readonly amountCents: bigint; readonly currency: string }

const asked: Charged = { state: 'asked' };

function purchaseOf({ metadata, currency, total, total_excluding_tax: net, total_taxes: taxes }: Stripe.Invoice): Purchase {
  return { reference: metadata?.[referenceKey] ?? '', currency: currency.toUpperCase(), amountCents: BigInt(net ?? total), taxCents: (taxes ?? []).reduce((sum, { amount }) => sum + BigInt(amount), 0n) };
}

interface ChargeRooms {
  readonly stripe: Stripe;
  readonly accounts: Pick<StripeAccountStore, 'find'>;
  readonly alerts: Alerts;
}

/** Charges a card for credit, by an invoice of its own for each reference; tax comes on top of the credit. */
export class StripeTopUpCharge implements Charge {
  constructor(
    private readonly rooms: ChargeRooms,
    private readonly clock: Clock,
    private readonly isTaxed: boolean,
  ) {}

  /**
   * `asked` without a card that is charged, on the day after one was declined, and where tax cannot be computed, with an alert. A charge under
   * way when a worker was killed is gone on with: the invoice with the reference is looked for first; a draft gets the amount of now, what is
   * finalized keeps its own. Fails as the card or Stripe does; then the invoice is void, so that nothing is taken later without the credit.
   */
  async charge({ tenantId }: Caller, amountCents: bigint, currency: string, reference: string): Promise<Charged> {
    const account = await this.rooms.accounts.find(tenantId);
    if (account === null || account.status !== 'active') return asked;
    const own = (await this.#earlier(account.customerId)).filter(({ metadata }) => metadata?.[referenceKey] === reference);
    const [found, declined] = [own.find(({ status }) => status !== 'void'), own.filter(({ status }) => status === 'void')];
    if (found?.status === 'paid') return { state: 'paid', ...purchaseOf(found) };
    if (declined.some(({ created }) => created > this.#nowSeconds - restSeconds)) return asked;
    // Stripe answers a key as it did at first for a day, with an error too: a try of another hour has another one.
    const tryKey = `waybill-top-up-${reference}-${declined.length}-${Math.floor(this.#nowSeconds / 3_600)}${this.isTaxed ? '-taxed' : ''}`;
    const invoice = found ?? (await this.#draft(account.customerId, currency, reference, { idempotencyKey: `${tryKey}-invoice` }));
    if (invoice.status === 'draft' && !(await this.#finalized(invoice, { tenantId, customer: account.customerId, amountCents, currency }, tryKey))) return asked;
    return { state: 'paid', ...purchaseOf(await this.#pay(invoice.id)) };
  }

  async paid({ tenantId }: Caller): Promise<readonly Purchase[]> {
    const account = await this.rooms.accounts.find(tenantId);
    return account === null ? [] : (await this.#earlier(account.customerId)).filter(({ status }) => status === 'paid').map((invoice) => purchaseOf(invoice));
  }

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
  async #finalized(draft: Stripe.Invoice, { tenantId, customer, amountCents, currency }: Bought, tryKey: string): Promise<boolean> {
    const { stripe, alerts } = this.rooms;
    const { data: items } = await stripe.invoiceItems.list({ invoice: draft.id, limit: 100 });
    const right = items.find(({ amount }) => BigInt(amount) === amountCents);
    for (const item of items) if (item !== right) await stripe.invoiceItems.del(item.id);
    if (right === undefined) {
      const behavior = this.isTaxed ? ({ tax_behavior: 'exclusive' } as const) : {};
      const key = { idempotencyKey: `${tryKey}-item-${amountCents}-${items[0]?.id ?? 'first'}` };
      await stripe.invoiceItems.create({ customer, invoice: draft.id, amount: Number(amountCents), currency: currency.toLowerCase(), description: 'Credit', ...behavior }, key);
    }
    const gate = await new TaxGate(stripe, alerts, this.isTaxed).gate(tenantId, draft);
    if (gate.light === 'red') return false;
    // An invoice is finalized and paid once by itself, so these need no key that lasts, which would repeat a refusal that is over.
    await stripe.invoices.finalizeInvoice(draft.id, { auto_advance: false });
    return true;
  }

  get #nowSeconds(): number {
    return Math.floor(this.clock.nowMs() / 1_000);
  }

  /** Invoices for credit of the last weeks, of every reference and state. */
  async #earlier(customer: string): Promise<Stripe.Invoice[]> {
    const own: Stripe.Invoice[] = [];
    const gte = this.#nowSeconds - monthSeconds;
    for await (const invoice of this.rooms.stripe.invoices.list({ customer, created: { gte }, limit: 100 })) if (invoice.metadata?.[referenceKey] !== undefined) own.push(invoice);
    return own;
  }

  async #pay(invoiceId: string): Promise<Stripe.Invoice> {
    const { invoices } = this.rooms.stripe;
    try {
      return await invoices.pay(invoiceId);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) await invoices.voidInvoice(invoiceId);
      throw error;
    }
  }
}
