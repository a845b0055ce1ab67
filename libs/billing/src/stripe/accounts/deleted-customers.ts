import type Stripe from 'stripe';
import type { Alerts } from '../../alerts/alerts.js';
import type { StripeAccountStore } from './stripe-account.store.js';

/** Customers that somebody deleted at Stripe: nothing more is sent for one until a person has decided. */
export class DeletedCustomers {
  constructor(
    private readonly stripe: Stripe,
    private readonly accounts: Pick<StripeAccountStore, 'byCustomer' | 'setStatus'>,
    private readonly alerts: Pick<Alerts, 'raise'>,
  ) {}

  /** Whether it is deleted; asked again, because who told of it may be late or wrong. */
  async take(customerId: string): Promise<boolean> {
    const account = await this.accounts.byCustomer(customerId);
    if (account === null) return false;
    const customer = await this.stripe.customers.retrieve(customerId);
    if (!('deleted' in customer) || customer.deleted !== true) return false;
    await this.accounts.setStatus(account.tenantId, 'deleted', null);
    const detail = `the Stripe customer ${customerId} was deleted; the usage of the tenant is counted and waits here`;
    await this.alerts.raise({ code: 'stripe_customer_deleted', subject: account.tenantId, tenantId: account.tenantId, detail });
    return true;
  }
}
