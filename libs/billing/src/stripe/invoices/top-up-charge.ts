import Stripe from 'stripe';
import type { Caller, Clock } from '@waybill/kernel';
import type { Charge } from '../../credits/top-up.js';
import type { StripeAccountStore } from '../accounts/stripe-account.store.js';

const referenceKey = 'waybill_top_up';
const monthSeconds = 31 * 86_400;
/** A card that was declined is asked again after a day. */
const restSeconds = 86_400;

type Step = 'invoice' | 'item' | 'finalize' | 'pay';

/** Charges a card for credit, by an invoice of its own for each reference. */
export class StripeTopUpCharge {
  constructor(
    private readonly stripe: Stripe,
    private readonly accounts: Pick<StripeAccountStore, 'find'>,
    private readonly clock: Clock,
  ) {}

  /**
   * `asked` without a card that is charged, and on the day after one was declined. A charge under way when a worker was killed is
   * gone on with: the invoice with the reference is looked for first, and every step carries its own key. Fails as the card or Stripe does;
   * then the invoice is void, so that nothing is taken later without the credit.
   */
  readonly charge: Charge = async ({ tenantId }: Caller, amountCents, currency, reference) => {
    const account = await this.accounts.find(tenantId);
    if (account === null || account.status !== 'active') return 'asked';
    const { found, declined } = await this.#earlier(account.customerId, reference);
    if (found?.status === 'paid') return 'paid';
    if (declined.some(({ created }) => created > this.#nowSeconds - restSeconds)) return 'asked';
    const key = (step: Step) => ({ idempotencyKey: `waybill-top-up-${reference}-${declined.length}-${step}` });
    const invoice = found ?? (await this.stripe.invoices.create(
      { customer: account.customerId, currency: currency.toLowerCase(), auto_advance: false, pending_invoice_items_behavior: 'exclude', description: 'Credit, bought because it ran low', metadata: { [referenceKey]: reference } },
      key('invoice'),
    ));
    if (invoice.status === 'draft') {
      if (invoice.lines.data.length === 0) {
        await this.stripe.invoiceItems.create({ customer: account.customerId, invoice: invoice.id, amount: Number(amountCents), currency: currency.toLowerCase(), description: 'Credit' }, key('item'));
      }
      await this.stripe.invoices.finalizeInvoice(invoice.id, { auto_advance: false }, key('finalize'));
    }
    await this.#pay(invoice.id, key('pay'));
    return 'paid';
  };

  get #nowSeconds(): number {
    return Math.floor(this.clock.nowMs() / 1_000);
  }

  /** The one that is under way or paid, and those that were given up because the card was declined. */
  async #earlier(customer: string, reference: string): Promise<{ found: Stripe.Invoice | undefined; declined: Stripe.Invoice[] }> {
    const own: Stripe.Invoice[] = [];
    const gte = this.#nowSeconds - monthSeconds;
    for await (const invoice of this.stripe.invoices.list({ customer, created: { gte }, limit: 100 })) {
      if (invoice.metadata?.[referenceKey] === reference) own.push(invoice);
    }
    return { found: own.find(({ status }) => status !== 'void'), declined: own.filter(({ status }) => status === 'void') };
  }

  async #pay(invoiceId: string, key: Stripe.RequestOptions): Promise<void> {
    try {
      await this.stripe.invoices.pay(invoiceId, {}, key);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) await this.stripe.invoices.voidInvoice(invoiceId);
      throw error;
    }
  }
}
