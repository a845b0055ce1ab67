import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';

export interface StripeInvoiceFacts {
  readonly tenantId: TenantId;
  readonly stripeInvoiceId: string;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** Stripe's word: draft, open, paid, uncollectible, void. */
  readonly status: string;
}

/** Cycle invoices of our subscriptions, as Stripe last told them. */
export class StripeInvoiceStore {
  constructor(private readonly database: Database) {}

  async put({ tenantId, stripeInvoiceId, periodStartMs, periodEndMs, status }: StripeInvoiceFacts): Promise<void> {
    const period = { periodStart: new Date(periodStartMs), periodEnd: new Date(periodEndMs) };
    await this.database.withTenant(tenantId, (tx) =>
      tx.stripeInvoice.upsert({
        where: { tenantId_stripeInvoiceId: { tenantId, stripeInvoiceId } }, create: { tenantId, stripeInvoiceId, status, ...period }, update: { status },
      }),
    );
  }

  async claimed(tenantId: TenantId, stripeInvoiceId: string, nowMs: number): Promise<void> {
    await this.database.withTenant(tenantId, (tx) => tx.stripeInvoice.updateMany({ where: { tenantId, stripeInvoiceId, claimedAt: null }, data: { claimedAt: new Date(nowMs) } }));
  }

  async compared(tenantId: TenantId, stripeInvoiceId: string, difference: string | null): Promise<void> {
    await this.database.withTenant(tenantId, (tx) => tx.stripeInvoice.updateMany({ where: { tenantId, stripeInvoiceId }, data: { difference } }));
  }

  /** Invoices whose span ends where the period ends, or inside it (a subscription that was ended at once). */
  async ofPeriod(tenantId: TenantId, startMs: number, endMs: number): Promise<StripeInvoiceFacts[]> {
    const rows = await this.database.withTenant(tenantId, (tx) =>
      tx.stripeInvoice.findMany({ where: { tenantId, periodEnd: { gt: new Date(startMs), lte: new Date(endMs) } }, orderBy: { periodStart: 'asc' } }),
    );
    return rows.map((row) => ({ tenantId, stripeInvoiceId: row.stripeInvoiceId, periodStartMs: row.periodStart.getTime(), periodEndMs: row.periodEnd.getTime(), status: row.status }));
  }
}
