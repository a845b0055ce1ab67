import type { Database, Transaction } from '@waybill/database';

export interface WatermarkedNamespace {
  readonly tenantId: string;
  readonly namespaceId: string;
  /** Hours before these are done with, ms. */
  readonly sealedThroughMs: number;
  readonly minutesThroughMs: number;
  readonly archiveThroughMs: number;
}

export type SealedBy = 'watermark' | 'deadline';

/** How far each namespace's ledger has come. */
export class SealStore {
  constructor(private readonly database: Database) {}

  /**
   * Namespaces of all tenants that have hours to book or to seal: not sealed, or their archive not booked, through these
   * hours. By id; `after` is the last id of the part before, '' at first.
   */
  behind({ sealedMs, archiveMs }: { readonly sealedMs: number; readonly archiveMs: number }, after: string, limit: number): Promise<WatermarkedNamespace[]> {
    return this.database.asSystem(async (tx) => {
      if (after === '') await markNew(tx);
      const rows = await tx.usageWatermark.findMany({
        where: { namespaceId: { gt: after }, OR: [{ sealedThrough: { lt: new Date(sealedMs) } }, { archiveThrough: { lt: new Date(archiveMs) } }] }, orderBy: { namespaceId: 'asc' }, take: limit,
      });
      return rows.map(({ tenantId, namespaceId, sealedThrough, minutesThrough, archiveThrough }) => ({
        tenantId, namespaceId, sealedThroughMs: sealedThrough.getTime(), minutesThroughMs: minutesThrough.getTime(), archiveThroughMs: archiveThrough.getTime(),
      }));
    });
  }

  /** Up to which hour, and without it, minutes and archive are booked; null for another tenant's namespace, and for one that no hour was ever booked of. */
  async bookedThrough({ tenantId, namespaceId }: Pick<WatermarkedNamespace, 'tenantId' | 'namespaceId'>): Promise<Pick<WatermarkedNamespace, 'minutesThroughMs' | 'archiveThroughMs'> | null> {
    const mark = await this.database.withTenant(tenantId, (tx) => tx.usageWatermark.findUnique({ where: { tenantId_namespaceId: { tenantId, namespaceId } } }));
    return mark && { minutesThroughMs: mark.minutesThrough.getTime(), archiveThroughMs: mark.archiveThrough.getTime() };
  }

  async moveOn(of: Pick<WatermarkedNamespace, 'tenantId' | 'namespaceId'>, mark: 'minutes' | 'archive', throughMs: number): Promise<void> {
    const at = new Date(throughMs);
    await this.database.asSystem((tx) =>
      mark === 'minutes'
        ? tx.$executeRaw`UPDATE usage_watermarks SET minutes_through = ${at} WHERE tenant_id = ${of.tenantId} AND namespace_id = ${of.namespaceId} AND minutes_through < ${at}`
        : tx.$executeRaw`UPDATE usage_watermarks SET archive_through = ${at} WHERE tenant_id = ${of.tenantId} AND namespace_id = ${of.namespaceId} AND archive_through < ${at}`,
    );
  }

  /**
   * Seals a namespace's hours before `throughMs`: notes the digest of each hour that has records, then refuses changes of
   * them. A booking under way ends first. Returns the number of hours with records.
   */
  seal(of: Pick<WatermarkedNamespace, 'tenantId' | 'namespaceId'>, throughMs: number, by: SealedBy): Promise<number> {
    const through = new Date(throughMs);
    return this.database.asSystem(async (tx) => {
      const [mark] = await tx.$queryRaw<{ sealed_through: Date }[]>`
        SELECT sealed_through FROM usage_watermarks WHERE tenant_id = ${of.tenantId} AND namespace_id = ${of.namespaceId} FOR UPDATE`;
      if (mark === undefined || mark.sealed_through.getTime() >= throughMs) return 0;
      const hours = await noteHours(tx, of, mark.sealed_through, through, by);
      await tx.$executeRaw`UPDATE usage_watermarks SET sealed_through = ${through} WHERE tenant_id = ${of.tenantId} AND namespace_id = ${of.namespaceId}`;
      return hours;
    });
  }
}

/** A namespace begins with the hour it was made in. */
export function markNew(tx: Transaction): Promise<number> {
  return tx.$executeRaw`
    INSERT INTO usage_watermarks (tenant_id, namespace_id, sealed_through, minutes_through, archive_through)
    SELECT tenant_id, id, TIMESTAMPTZ 'epoch', date_trunc('hour', created_at, 'UTC'), date_trunc('hour', created_at, 'UTC')
    FROM namespaces n WHERE NOT EXISTS (SELECT FROM usage_watermarks m WHERE m.tenant_id = n.tenant_id AND m.namespace_id = n.id)
    ON CONFLICT DO NOTHING`;
}

/** The digest: SHA-256 of the lines `dimension|cause|resource=quantity` of the hour, sorted by bytes. */
function noteHours(tx: Transaction, of: Pick<WatermarkedNamespace, 'tenantId' | 'namespaceId'>, from: Date, through: Date, by: SealedBy): Promise<number> {
  return tx.$executeRaw`
    INSERT INTO usage_hours (tenant_id, namespace_id, hour, sealed_at, sealed_by, records, sha256)
    SELECT tenant_id, namespace_id, hour, now(), ${by}, count(*), sha256(convert_to(string_agg(line, E'\n' ORDER BY line COLLATE "C"), 'UTF8'))
    FROM (SELECT *, concat(dimension, '|', cause, '|', resource_id, '=', quantity) AS line FROM usage_records) records
    WHERE tenant_id = ${of.tenantId} AND namespace_id = ${of.namespaceId} AND hour >= ${from} AND hour < ${through}
    GROUP BY tenant_id, namespace_id, hour`;
}
