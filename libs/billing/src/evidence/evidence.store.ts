import type { Database } from '@waybill/database';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { loggedDimensions } from './recount.js';

export interface HourSum {
  readonly dimension: string;
  readonly cause: string;
  readonly resourceId: string;
  readonly record: bigint;
  readonly entries: bigint;
  readonly late: bigint;
}

export interface HourSums {
  readonly sealed: boolean;
  readonly rows: readonly HourSum[];
}

/** messages: over the ids of the log. partial: the log has not all of them. records: there was no log; the digest is that of the ledger's hour. */
export type KeptEvidence = 'messages' | 'partial' | 'records';

export interface Evidence {
  readonly hourMs: number;
  readonly kept: KeptEvidence;
  readonly messages: bigint;
  readonly bytes: bigint;
  /** Hex. */
  readonly sha256: string;
  /** What the hour was counted again to when it was sealed, by dimension; what is missing could not be. */
  readonly units: ReadonlyMap<string, bigint>;
}

export interface EvidenceCounts {
  /** By `<dimension>|<cause>|<resource id>`. */
  readonly counts: ReadonlyMap<string, bigint>;
  /** Those that could be counted again, also where nothing was found. */
  readonly dimensions: readonly string[];
}

export interface UnprovedHour {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  readonly hourMs: number;
  /** Messages the ledger has, late ones included. */
  readonly messages: bigint;
  /** Whether the ledger has anything that a message log would tell of. */
  readonly hasLogged: boolean;
  /** Hex: digest of the ledger's hour. */
  readonly recordsSha256: string;
}

/** Evidence of sealed hours, and the sums it is compared with. */
export class EvidenceStore {
  constructor(private readonly database: Database) {}

  /** B and C of one hour, and what came late for it. */
  async sums(caller: Caller, namespaceId: NamespaceId, startMs: number): Promise<HourSums> {
    const hour = new Date(startMs);
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const rows = await tx.$queryRaw<(Omit<HourSum, 'resourceId'> & { resource_id: string })[]>`
        SELECT dimension, cause, resource_id, sum(record)::bigint AS record, sum(entries)::bigint AS entries, sum(late)::bigint AS late FROM (
          SELECT dimension, cause, resource_id, quantity AS record, 0 AS entries, 0 AS late FROM usage_records
            WHERE tenant_id = ${caller.tenantId} AND namespace_id = ${namespaceId} AND hour = ${hour}
          UNION ALL SELECT dimension, cause, resource_id, 0, delta, 0 FROM usage_entries
            WHERE tenant_id = ${caller.tenantId} AND namespace_id = ${namespaceId} AND hour = ${hour}
          UNION ALL SELECT dimension, cause, resource_id, 0, 0, delta FROM usage_adjustments
            WHERE tenant_id = ${caller.tenantId} AND namespace_id = ${namespaceId} AND hour = ${hour} AND kind = 'late'
        ) sums GROUP BY 1, 2, 3`;
      const sealed = (await tx.usageWatermark.count({ where: { tenantId: caller.tenantId, namespaceId, sealedThrough: { gt: hour } } })) > 0;
      return { sealed, rows: rows.map(({ resource_id: resourceId, ...row }) => ({ ...row, resourceId })) };
    });
  }

  /** Null before it is kept. */
  async read(caller: Caller, namespaceId: string, startMs: number): Promise<Evidence | null> {
    const found = await this.database.withTenant(caller.tenantId, (tx) => tx.usageEvidence.findFirst({ where: { tenantId: caller.tenantId, namespaceId, hour: new Date(startMs) } }));
    if (found === null) return null;
    return { hourMs: startMs, kept: found.kept as KeptEvidence, messages: found.messages, bytes: found.bytes, sha256: Buffer.from(found.sha256).toString('hex'), units: amountsOf(found.units) };
  }

  /** By dimension: the hour from which on it is counted whole and can be counted again; written by migrations alone. */
  async since(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.asSystem((tx) => tx.usageRecount.findMany());
    return new Map(rows.map(({ dimension, since }) => [dimension, since.getTime()]));
  }

  /** Sealed hours of all tenants without evidence, oldest first; `after` is the last one of the page before, null at first. */
  async unproved(limit: number, after: Pick<UnprovedHour, 'hourMs' | 'namespaceId'> | null): Promise<UnprovedHour[]> {
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<{ tenant_id: string; namespace_id: string; hour: Date; sha256: Uint8Array; messages: bigint; logged: boolean }[]>`
      SELECT h.tenant_id, h.namespace_id, h.hour, h.sha256,
        (coalesce((SELECT sum(quantity) FROM usage_records r WHERE r.tenant_id = h.tenant_id AND r.namespace_id = h.namespace_id AND r.hour = h.hour AND r.dimension = 'mq_messages'), 0)
          + coalesce((SELECT sum(delta) FROM usage_adjustments a WHERE a.tenant_id = h.tenant_id AND a.namespace_id = h.namespace_id AND a.hour = h.hour
              AND a.dimension = 'mq_messages' AND a.kind = 'late'), 0))::bigint AS messages,
        EXISTS (SELECT FROM usage_records r WHERE r.tenant_id = h.tenant_id AND r.namespace_id = h.namespace_id AND r.hour = h.hour AND r.dimension = ANY(${[...loggedDimensions]})) AS logged
      FROM usage_hours h WHERE NOT EXISTS (SELECT FROM usage_evidence e WHERE e.tenant_id = h.tenant_id AND e.namespace_id = h.namespace_id AND e.hour = h.hour)
        AND (h.hour, h.namespace_id) > (${new Date(after?.hourMs ?? 0)}, ${after?.namespaceId ?? ''})
      ORDER BY h.hour, h.namespace_id LIMIT ${limit}`);
    return rows.map((row) => ({
      tenantId: row.tenant_id as TenantId, namespaceId: row.namespace_id as NamespaceId, hourMs: row.hour.getTime(), messages: row.messages, hasLogged: row.logged, recordsSha256: Buffer.from(row.sha256).toString('hex'),
    }));
  }

  /** What an hour was counted again to; null where only sums were kept, or nothing. */
  async counts(caller: Caller, namespaceId: string, startMs: number): Promise<EvidenceCounts | null> {
    const found = await this.database.withTenant(caller.tenantId, (tx) => tx.usageEvidence.findFirst({ where: { tenantId: caller.tenantId, namespaceId, hour: new Date(startMs) }, select: { counts: true, units: true } }));
    return found === null || found.counts === null ? null : { counts: amountsOf(found.counts), dimensions: [...amountsOf(found.units).keys()] };
  }

  /** Evidence is kept once and never changed. `counts`: as in {@link EvidenceCounts}. */
  async keep({ tenantId, namespaceId, hourMs }: UnprovedHour, { kept, messages, bytes, sha256, units }: Omit<Evidence, 'hourMs'>, counts: ReadonlyMap<string, bigint>): Promise<void> {
    await this.database.asSystem((tx) => tx.$executeRaw`
      INSERT INTO usage_evidence (tenant_id, namespace_id, hour, kept, messages, bytes, sha256, units, counts)
      VALUES (${tenantId}, ${namespaceId}, ${new Date(hourMs)}, ${kept}, ${messages}, ${bytes}, ${Buffer.from(sha256, 'hex')}, ${textOf(units)}::jsonb, ${textOf(counts)}::jsonb) ON CONFLICT DO NOTHING`);
  }
}

const textOf = (amounts: ReadonlyMap<string, bigint>): string => JSON.stringify(Object.fromEntries([...amounts].map(([name, amount]) => [name, String(amount)])));
export const amountsOf = (json: unknown): ReadonlyMap<string, bigint> => new Map(Object.entries((json ?? {}) as Record<string, string>).map(([name, amount]) => [name, BigInt(amount)]));
