import type { Database } from '@waybill/database';
import type { Caller } from '@waybill/kernel';

export interface ContractRow {
  /** First millisecond of the period it begins with. */
  readonly startsAtMs: number;
  readonly plan: string;
  readonly priceBookId: string;
  readonly paymentTermsDays: number;
  readonly purchaseOrder: string | null;
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

  /** Sets what begins with a period. */
  async put(caller: Caller, { startsAtMs, ...contract }: ContractRow): Promise<void> {
    const key = { tenantId: caller.tenantId, startsAt: new Date(startsAtMs) };
    const data = { ...contract, changedBy: caller.actor.id };
    await this.database.withTenant(caller.tenantId, (tx) =>
      tx.billingContract.upsert({ where: { tenantId_startsAt: key }, create: { ...key, ...data }, update: data }),
    );
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

function contractOf(row: { startsAt: Date; plan: string; priceBookId: string; paymentTermsDays: number; purchaseOrder: string | null }): ContractRow {
  return { startsAtMs: row.startsAt.getTime(), plan: row.plan, priceBookId: row.priceBookId, paymentTermsDays: row.paymentTermsDays, purchaseOrder: row.purchaseOrder };
}
