import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import { fixCurrency } from '../../tenants/tenant-currency.store.js';

/** none: no subscription yet. deleted: the customer is gone at Stripe, and nothing is sent for it. */
export type AccountStatus = 'none' | 'active' | 'past_due' | 'canceled' | 'deleted';

export interface StripeAccount {
  readonly tenantId: TenantId;
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly priceBookId: string | null;
  /** What the contract says for the next period, as last told to Stripe. */
  readonly nextPriceBookId: string | null;
  readonly status: AccountStatus;
  /** First hour that Stripe bills, ms; null without a subscription. */
  readonly billedFromMs: number | null;
  /** Hours from here on are not billed, ms; null while the subscription lasts. */
  readonly billedToMs: number | null;
  /** Whether Stripe computes tax on what the subscription bills, as far as we know. */
  readonly automaticTax: boolean;
}

interface Row {
  tenantId: string;
  customerId: string;
  subscriptionId: string | null;
  priceBookId: string | null;
  nextPriceBookId: string | null;
  status: string;
  billedFrom: Date | null;
  billedTo: Date | null;
  automaticTax: boolean;
}

function accountOf(row: Row): StripeAccount {
  return {
    tenantId: row.tenantId as TenantId, customerId: row.customerId, subscriptionId: row.subscriptionId, priceBookId: row.priceBookId, nextPriceBookId: row.nextPriceBookId, status: row.status as AccountStatus,
    billedFromMs: row.billedFrom?.getTime() ?? null, billedToMs: row.billedTo?.getTime() ?? null, automaticTax: row.automaticTax,
  };
}

export interface SubscriptionFacts {
  readonly subscriptionId: string;
  readonly priceBookId: string | null;
  readonly status: AccountStatus;
  readonly billedFromMs: number;
}

/** Which Stripe customer and subscription a tenant has: one of each at most. */
export class StripeAccountStore {
  constructor(private readonly database: Database) {}

  async find(tenantId: TenantId): Promise<StripeAccount | null> {
    const row = await this.database.withTenant(tenantId, (tx) => tx.stripeAccount.findUnique({ where: { tenantId } }));
    return row && accountOf(row);
  }

  async byCustomer(customerId: string): Promise<StripeAccount | null> {
    const row = await this.database.asSystem((tx) => tx.stripeAccount.findUnique({ where: { customerId } }));
    return row && accountOf(row);
  }

  /** With a subscription, by tenant, a page at a time; `after` is '' at first. Ended ones too: their last hours are still sent. */
  async page(after: string, limit: number): Promise<StripeAccount[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.stripeAccount.findMany({ where: { tenantId: { gt: after }, subscriptionId: { not: null } }, orderBy: { tenantId: 'asc' }, take: limit }),
    );
    return rows.map(accountOf);
  }

  /** The first customer stays: the caller takes what is answered. */
  async addCustomer(tenantId: TenantId, customerId: string): Promise<StripeAccount> {
    return this.database.withTenant(tenantId, async (tx) => {
      await tx.stripeAccount.createMany({ data: { tenantId, customerId }, skipDuplicates: true });
      return accountOf(await tx.stripeAccount.findUniqueOrThrow({ where: { tenantId } }));
    });
  }

  /** Fixes the tenant's currency. Fails with `currency_mismatch`. */
  async setSubscription(tenantId: TenantId, { subscriptionId, priceBookId, status, billedFromMs }: SubscriptionFacts): Promise<void> {
    await this.database.withTenant(tenantId, async (tx) => {
      const book = priceBookId === null ? null : await tx.priceBook.findUnique({ where: { id: priceBookId }, select: { currency: true } });
      if (book !== null) await fixCurrency(tx, tenantId, book.currency);
      await tx.stripeAccount.update({
        where: { tenantId },
        data: { subscriptionId, status, billedFrom: new Date(billedFromMs), billedTo: null, deletedAt: null, ...(priceBookId === null ? {} : { priceBookId }) },
      });
    });
  }

  async setStatus(tenantId: TenantId, status: AccountStatus, billedToMs: number | null): Promise<void> {
    await this.database.withTenant(tenantId, (tx) =>
      tx.stripeAccount.update({ where: { tenantId }, data: { status, billedTo: billedToMs === null ? null : new Date(billedToMs), ...(status === 'deleted' ? { deletedAt: new Date() } : {}) } }),
    );
  }

  async setNextPriceBook(tenantId: TenantId, nextPriceBookId: string): Promise<void> {
    await this.database.withTenant(tenantId, (tx) => tx.stripeAccount.update({ where: { tenantId }, data: { nextPriceBookId } }));
  }

  async setAutomaticTax(tenantId: TenantId, automaticTax: boolean): Promise<void> {
    await this.database.withTenant(tenantId, (tx) => tx.stripeAccount.updateMany({ where: { tenantId, automaticTax: !automaticTax }, data: { automaticTax } }));
  }

  async setPriceBook(tenantId: TenantId, priceBookId: string): Promise<void> {
    await this.database.withTenant(tenantId, (tx) => tx.stripeAccount.update({ where: { tenantId }, data: { priceBookId } }));
  }
}
