import type Stripe from 'stripe';
import type { TenantId } from '@waybill/kernel';
import type { CatalogueSync } from '../accounts/catalogue-sync.js';
import type { StripeAccountStore } from '../accounts/stripe-account.store.js';

/** What Stripe has for the hours of a meter. */
export class SummaryReader {
  constructor(
    private readonly stripe: Stripe,
    private readonly accounts: StripeAccountStore,
    private readonly catalogue: CatalogueSync,
  ) {}

  /** By first millisecond of the hour; hours of 0 are left out. Bounds are whole hours. */
  async read(tenantId: TenantId, meter: string, fromMs: number, toMs: number): Promise<ReadonlyMap<number, bigint>> {
    const account = await this.accounts.find(tenantId);
    const meterId = (await this.catalogue.meters()).get(meter);
    if (account === null || meterId === undefined) return new Map();
    const found = new Map<number, bigint>();
    const pages = this.stripe.billing.meters.listEventSummaries(meterId, {
      customer: account.customerId, start_time: fromMs / 1_000, end_time: toMs / 1_000, value_grouping_window: 'hour', limit: 100,
    });
    for await (const { start_time: at, aggregated_value: value } of pages) found.set(at * 1_000, BigInt(value));
    return found;
  }
}
