import type Stripe from 'stripe';
import type { TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { StripeAccount, StripeAccountStore } from './stripe-account.store.js';

export interface CustomerFacts {
  readonly tenantId: TenantId;
  readonly name: string;
  readonly email: string | null;
}

/** One Stripe customer for a tenant, whatever is killed on the way: the tenant's id is the idempotency key. */
export class StripeCustomers {
  constructor(
    private readonly stripe: Stripe,
    private readonly accounts: StripeAccountStore,
  ) {}

  /** Fails with `stripe_customer_deleted`: a person decides what becomes of its open usage before there is another one. */
  async ensure({ tenantId, name, email }: CustomerFacts): Promise<StripeAccount> {
    const known = await this.accounts.find(tenantId);
    if (known?.status === 'deleted') throw new WaybillError('stripe_customer_deleted');
    if (known) return known;
    const customer = await this.stripe.customers.create(
      { name, ...(email === null ? {} : { email }), metadata: { waybill_tenant: tenantId } },
      { idempotencyKey: `waybill-customer-${tenantId}` },
    );
    return this.accounts.addCustomer(tenantId, customer.id);
  }
}
