import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';

export interface HourTotal {
  readonly meter: string;
  /** First millisecond. */
  readonly hourMs: number;
  readonly quantity: bigint;
}

/** What the ledger says a tenant used in each hour, over all its namespaces, causes and resources. */
export class HourTotalStore {
  constructor(private readonly database: Database) {}

  async totals(tenantId: TenantId, fromMs: number, toMs: number): Promise<HourTotal[]> {
    if (toMs <= fromMs) return [];
    const rows = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<{ dimension: string; hour: Date; quantity: bigint }[]>`
      SELECT dimension, hour, sum(quantity)::bigint AS quantity FROM usage_records
      WHERE tenant_id = ${tenantId} AND hour >= ${new Date(fromMs)} AND hour < ${new Date(toMs)} GROUP BY 1, 2 ORDER BY 1, 2`);
    return rows.map(({ dimension, hour, quantity }) => ({ meter: dimension, hourMs: hour.getTime(), quantity }));
  }
}
