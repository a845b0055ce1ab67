import type Stripe from 'stripe';
import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { PriceBook } from '../../prices/price-book.js';
import { orUnavailable } from '../outcome.js';
import type { CustomerFacts, StripeCustomers } from './customers.js';
import type { PortalConfiguration } from './portal-configuration.js';
import { idOf } from './subscriptions.js';
import type { StripeSubscriptions } from './subscriptions.js';
import type { StripeAccountStore } from './stripe-account.store.js';
import { systemCaller } from '../../tenants/system-caller.js';

/** Who a tenant is, and which prices its running period has. */
export interface TenantTerms {
  facts(caller: Caller): Promise<CustomerFacts>;
  book(caller: Caller): Promise<PriceBook>;
}

export interface CheckoutRooms {
  readonly stripe: Stripe;
  readonly accounts: StripeAccountStore;
  readonly customers: StripeCustomers;
  readonly subscriptions: StripeSubscriptions;
  readonly terms: TenantTerms;
  readonly portal: PortalConfiguration;
}

/**
 * Pages of Stripe where a person gives a card, and looks after it. Checkout takes the card only (mode `setup`); the
 * subscription is made here when it is done, because only so can it begin with the period (docs/adr/0022-stripe-behind-the-ledger.md).
 */
export class StripeCheckout {
  constructor(
    private readonly rooms: CheckoutRooms,
    /** Where people come back to. */
    private readonly publicUrl: string,
    /** Tax needs to know where and who the tenant is. */
    private readonly isTaxed: boolean,
  ) {}

  /** Address of the page. Fails with `stripe_subscription_exists`, `stripe_customer_deleted`, `stripe_unavailable`. */
  async begin(caller: Caller): Promise<{ readonly url: string }> {
    const { stripe, customers, terms } = this.rooms;
    return orUnavailable(async () => {
      const account = await customers.ensure(await terms.facts(caller));
      if (account.subscriptionId !== null && account.status !== 'canceled') throw new WaybillError('stripe_subscription_exists');
      const { currency } = await terms.book(caller);
      const session = await stripe.checkout.sessions.create({
        mode: 'setup', customer: account.customerId, currency: currency.toLowerCase(), client_reference_id: caller.tenantId,
        success_url: `${this.publicUrl}/billing?checkout=done`, cancel_url: `${this.publicUrl}/billing?checkout=cancelled`,
        // No automatic_tax: a session that only takes a card refuses it (laravel/cashier-stripe#1581), and the subscription carries it.
        ...(this.isTaxed ? { billing_address_collection: 'required', customer_update: { address: 'auto', name: 'auto' }, tax_id_collection: { enabled: true } } : {}),
      });
      return { url: session.url ?? '' };
    });
  }

  /** Address of the portal: payment method, tax id, past invoices. Fails with `stripe_customer_deleted`, `stripe_unavailable`. */
  async portal(caller: Caller): Promise<{ readonly url: string }> {
    const { stripe, customers, terms, portal } = this.rooms;
    return orUnavailable(async () => {
      const account = await customers.ensure(await terms.facts(caller));
      const session = await stripe.billingPortal.sessions.create({ customer: account.customerId, return_url: `${this.publicUrl}/billing`, ...(this.isTaxed ? { configuration: await portal.id() } : {}) });
      return { url: session.url };
    });
  }

  /**
   * After the page: the card becomes the one that is charged, its address the customer's (a session that only takes a card may leave
   * it on the card), and the subscription begins. Repeating it is harmless.
   */
  async complete(sessionId: string): Promise<void> {
    const { stripe, accounts, subscriptions, terms } = this.rooms;
    const session = await stripe.checkout.sessions.retrieve(sessionId);
    const account = await accounts.byCustomer(idOf(session.customer) ?? '');
    const setup = idOf(session.setup_intent);
    if (account === null || session.status !== 'complete' || setup === null) return;
    const { payment_method: method } = await stripe.setupIntents.retrieve(setup, { expand: ['payment_method'] });
    const card = idOf(method);
    if (card === null) return;
    const address = this.isTaxed && typeof method === 'object' ? addressOf(method?.billing_details.address) : null;
    await stripe.customers.update(account.customerId, { invoice_settings: { default_payment_method: card }, ...(address === null ? {} : { address }) });
    const caller = systemCaller(account.tenantId, 'stripe');
    await subscriptions.begin(account, await terms.book(caller), { daysUntilDue: null });
  }
}

function addressOf(address: Stripe.Address | null | undefined): Stripe.AddressParam | null {
  if (address?.country === null || address?.country === undefined) return null;
  const { line1, line2, city, state, postal_code: postalCode, country } = address;
  return { line1: line1 ?? '', line2: line2 ?? '', city: city ?? '', state: state ?? '', postal_code: postalCode ?? '', country };
}
