import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';

/** Legs A, B and C of an hour, and what came late for it. */
export interface HourCounts {
  readonly meter: string;
  /** First millisecond. */
  readonly hourMs: number;
  readonly log: bigint | null;
  readonly ledger: bigint;
  readonly entries: bigint;
  readonly late: bigint;
}

/** Our own line of the period's invoice. */
export interface InvoiceCount {
  readonly meter: string;
  readonly quantity: bigint;
  readonly amountCents: bigint;
}

interface Row { meter: string; hour: Date; ledger: string; entries: string; late: string; log: string | null; unproved: boolean }

/** What the ledger, its entries, the evidence of the message log and our invoice say, added up by PostgreSQL. */
export class CountsStore {
  constructor(private readonly database: Database) {}

  /**
   * A row for each meter and hour that anything was counted in. The log is what the hour was counted again to when it was sealed; null for an hour in
   * which that was not done of some namespace that has the meter, and for hours of before the meter was whole (usage_recounts).
   */
  async hours(tenantId: TenantId, { startMs, endMs }: Period): Promise<HourCounts[]> {
    const [from, to] = [new Date(startMs), new Date(endMs)];
    const rows = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<Row[]>`
      WITH records AS (SELECT dimension AS meter, hour, sum(quantity) AS units FROM usage_records WHERE tenant_id = ${tenantId} AND hour >= ${from} AND hour < ${to} GROUP BY 1, 2),
        entries AS (SELECT dimension AS meter, hour, sum(delta) AS units FROM usage_entries WHERE tenant_id = ${tenantId} AND hour >= ${from} AND hour < ${to} GROUP BY 1, 2),
        late AS (SELECT dimension AS meter, hour, sum(delta) AS units FROM usage_adjustments WHERE tenant_id = ${tenantId} AND hour >= ${from} AND hour < ${to} AND kind = 'late' GROUP BY 1, 2),
        proofs AS (SELECT u.key AS meter, e.hour, sum(u.value::numeric) AS units FROM usage_evidence e, jsonb_each_text(e.units) u WHERE e.tenant_id = ${tenantId} AND e.hour >= ${from} AND e.hour < ${to} GROUP BY 1, 2),
        unproved AS (SELECT DISTINCT r.dimension AS meter, r.hour FROM usage_records r LEFT JOIN usage_evidence e ON e.tenant_id = r.tenant_id AND e.namespace_id = r.namespace_id AND e.hour = r.hour
          WHERE r.tenant_id = ${tenantId} AND r.hour >= ${from} AND r.hour < ${to} AND (e.units -> r.dimension) IS NULL)
      SELECT meter, hour, coalesce(records.units, 0)::text AS ledger, coalesce(entries.units, 0)::text AS entries, coalesce(late.units, 0)::text AS late, proofs.units::text AS log,
        unproved.hour IS NOT NULL OR k.since IS NULL OR hour < k.since AS unproved
      FROM records FULL JOIN entries USING (meter, hour) FULL JOIN late USING (meter, hour) FULL JOIN proofs USING (meter, hour) LEFT JOIN unproved USING (meter, hour) LEFT JOIN usage_recounts k ON k.dimension = meter
      WHERE records.units IS NOT NULL OR entries.units IS NOT NULL OR late.units IS NOT NULL OR proofs.units > 0 ORDER BY 1, 2`);
    return rows.map(({ meter, hour, ledger, entries, late, log, unproved }) => ({
      meter, hourMs: hour.getTime(), ledger: BigInt(ledger), entries: BigInt(entries), late: BigInt(late), log: unproved ? null : BigInt(log ?? 0),
    }));
  }

  /** Usage lines of the period's invoice; null while there is none, or only a draft of a month that is not sealed. */
  async invoice(tenantId: TenantId, { startMs, endMs }: Period, sealedThroughMs: number): Promise<InvoiceCount[] | null> {
    const isSealed = sealedThroughMs >= endMs;
    return this.database.withTenant(tenantId, async (tx) => {
      const found = await tx.invoice.findFirst({ where: { tenantId, periodStart: new Date(startMs), state: { not: 'void' } }, select: { id: true, state: true } });
      if (found === null || (found.state === 'draft' && !isSealed)) return null;
      const rows = await tx.$queryRaw<{ meter: string; quantity: string; amount: string }[]>`
        SELECT dimension AS meter, sum(quantity)::text AS quantity, sum(amount_cents)::text AS amount FROM invoice_lines WHERE tenant_id = ${tenantId} AND invoice_id = ${found.id} AND kind = 'usage' GROUP BY 1`;
      return rows.map(({ meter, quantity, amount }) => ({ meter, quantity: BigInt(quantity), amountCents: BigInt(amount) }));
    });
  }
}
