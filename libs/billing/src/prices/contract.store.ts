import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { checkSameCurrency } from '../money/currency.js';
import type { Currency } from '../money/currency.js';
import { fixCurrency } from '../tenants/tenant-currency.store.js';

export interface ContractRow {
  /** First millisecond of the period it begins with. */
  readonly startsAtMs: number;
  readonly plan: string;
  readonly priceBookId: string;
  readonly paymentTermsDays: number;
  readonly purchaseOrder: string | null;
}

export interface CurrencyChange {
  /** Whether the new plan costs money. */
  readonly isPaid: boolean;
  /** Of the prices the tenant has now, and of the new ones. */
  readonly from: Currency;
  readonly to: Currency;
}

/** Contracts of tenants, one row per change of plan. */
export class ContractStore {
  constructor(private readonly database: Database) {}

  /** The newest that began at or before a moment; null when there is none. */
  async at(caller: Caller, atMs: number): Promise<ContractRow | null> {
    const row = await this.database.withTenant(caller.tenantId, (tx) =>
      tx.billingContract.findFirst({ where: { tenantId: caller.tenantId, startsAt: { lte: new Date(atMs) } }, orderBy: { startsAt: 'desc' } }),
    );
    return row && contractOf(row);
  }

  /** The first that begins after a moment. */
  async after(caller: Caller, atMs: number): Promise<ContractRow | null> {
    const row = await this.database.withTenant(caller.tenantId, (tx) =>
      tx.billingContract.findFirst({ where: { tenantId: caller.tenantId, startsAt: { gt: new Date(atMs) } }, orderBy: { startsAt: 'asc' } }),
    );
    return row && contractOf(row);
  }

  /**
   * Sets what begins with a period. A paid plan fixes the currency of the tenant. A tenant whose currency was not fixed before may take
   * another one: then the terms hold for every month that is not closed, so that none of them comes to an amount in the old one.
   * Fails with `currency_mismatch`.
   */
  async put(caller: Caller, { startsAtMs, ...contract }: ContractRow, { isPaid, from, to }: CurrencyChange): Promise<void> {
    const { tenantId } = caller;
    const data = { ...contract, changedBy: caller.actor.id };
    await this.database.withTenant(tenantId, async (tx) => {
      if (isPaid) await fixCurrency(tx, tenantId, to);
      else checkSameCurrency(from, to);
      const startsAt = from === to ? new Date(startsAtMs) : await firstOpenMonth(tx, tenantId);
      if (from !== to) await tx.billingContract.deleteMany({ where: { tenantId, startsAt: { gt: startsAt } } });
      const key = { tenantId, startsAt };
      await tx.billingContract.upsert({ where: { tenantId_startsAt: key }, create: { ...key, ...data }, update: data });
    });
  }

  async remove(caller: Caller, startsAtMs: number): Promise<void> {
    await this.database.withTenant(caller.tenantId, (tx) => tx.billingContract.deleteMany({ where: { tenantId: caller.tenantId, startsAt: new Date(startsAtMs) } }));
  }

  /** Namespaces of the tenant with their names, in order. */
  namespaces(caller: Caller): Promise<{ id: string; name: string }[]> {
    return this.database.withTenant(caller.tenantId, (tx) =>
      tx.namespace.findMany({ where: { tenantId: caller.tenantId }, orderBy: { id: 'asc' }, select: { id: true, name: true } }),
    );
  }
}

/** The month after the last closed one, else the one the tenant began in. */
async function firstOpenMonth(tx: Transaction, tenantId: string): Promise<Date> {
  const [row] = await tx.$queryRaw<{ at: Date }[]>`
    SELECT coalesce((SELECT max(ends_at) FROM billing_periods WHERE tenant_id = ${tenantId} AND state = 'closed'), date_trunc('month', t.created_at, 'UTC')) AS at FROM tenants t WHERE t.id = ${tenantId}`;
  return row!.at;
}

function contractOf(row: { startsAt: Date; plan: string; priceBookId: string; paymentTermsDays: number; purchaseOrder: string | null }): ContractRow {
  return { startsAtMs: row.startsAt.getTime(), plan: row.plan, priceBookId: row.priceBookId, paymentTermsDays: row.paymentTermsDays, purchaseOrder: row.purchaseOrder };
}
