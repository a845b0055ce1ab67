import type { Database } from '@waybill/database';
import { Prisma } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';
import type { CountDifference, CountDifferenceCause } from './report.js';

export interface ReportState {
  /** Tenants that were compared at least once. */
  readonly tenants: number;
  /** The oldest comparison that counts; null before the first. */
  readonly checkedAtMs: number | null;
  /** Tenants that could not be compared the last time. */
  readonly failed: readonly { readonly tenantId: string; readonly failure: string }[];
}

/** The last report of each tenant's month. */
export class ReconciliationStore {
  constructor(private readonly database: Database) {}

  /** Replaces what was found before. */
  async put(tenantId: TenantId, { startMs }: Period, rows: readonly CountDifference[], nowMs: number): Promise<void> {
    const [periodStart, checkedAt] = [new Date(startMs), new Date(nowMs)];
    await this.database.withTenant(tenantId, async (tx) => {
      await tx.reconciliationCheck.upsert({ where: { tenantId_periodStart: { tenantId, periodStart } }, create: { tenantId, periodStart, checkedAt }, update: { checkedAt, failure: null } });
      await tx.reconciliationRow.deleteMany({ where: { tenantId, periodStart } });
      await tx.reconciliationRow.createMany({ data: rows.map(({ atMs, atStakeE12, cents, ...row }) => ({ ...row, periodStart, hour: new Date(atMs), atStakeE12: new Prisma.Decimal(String(atStakeE12)), ourCents: cents?.ours ?? null, theirCents: cents?.theirs ?? null })) });
    });
  }

  /** It could not be done; what was found before stays. */
  async fail(tenantId: TenantId, { startMs }: Period, failure: string, nowMs: number): Promise<void> {
    const [periodStart, checkedAt] = [new Date(startMs), new Date(nowMs)];
    await this.database.withTenant(tenantId, (tx) =>
      tx.reconciliationCheck.upsert({ where: { tenantId_periodStart: { tenantId, periodStart } }, create: { tenantId, periodStart, checkedAt, failure }, update: { failure } }),
    );
  }

  /** Of all tenants, oldest first; the most that can be at stake first within an hour. */
  async rows({ startMs }: Period, limit: number): Promise<CountDifference[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.reconciliationRow.findMany({ where: { periodStart: new Date(startMs) }, orderBy: [{ hour: 'asc' }, { atStakeE12: 'desc' }, { tenantId: 'asc' }, { meter: 'asc' }], take: limit }),
    );
    return rows.map(({ tenantId, meter, scope, hour, log, ledger, entries, late, pushed, summary, invoice, stripeLine, preview, cause, atStakeE12, ourCents, theirCents }) => ({
      tenantId: tenantId as TenantId, meter, scope: scope as CountDifference['scope'], atMs: hour.getTime(), log, ledger, entries, late, pushed, summary, invoice, stripeLine, preview,
      cause: cause as CountDifferenceCause, atStakeE12: BigInt(atStakeE12.toFixed(0)), cents: ourCents === null || theirCents === null ? null : { ours: ourCents, theirs: theirCents },
    }));
  }

  async state({ startMs }: Period): Promise<ReportState> {
    return this.database.asSystem(async (tx) => {
      const where = { periodStart: new Date(startMs) };
      const { _min, _count } = await tx.reconciliationCheck.aggregate({ where, _min: { checkedAt: true }, _count: true });
      const failed = await tx.reconciliationCheck.findMany({ where: { ...where, failure: { not: null } }, orderBy: { tenantId: 'asc' }, take: 100 });
      return { tenants: _count, checkedAtMs: _min.checkedAt?.getTime() ?? null, failed: failed.map(({ tenantId, failure }) => ({ tenantId, failure: failure ?? '' })) };
    });
  }
}
