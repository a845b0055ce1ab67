import { Prisma } from '@waybill/database';
import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import type { HourRange } from '../ledger.store.js';
import { daySums } from './day-sums.store.js';

/** A record of the ledger, or a sum of records. */
export interface LedgerTotal {
  readonly namespaceId: string;
  readonly dimension: string;
  readonly cause: string;
  readonly resourceId: string;
  readonly quantity: bigint;
}

export interface LedgerRow extends LedgerTotal {
  /** First millisecond of the hour, UTC. */
  readonly hourMs: number;
  readonly revision: number;
}

/** Usage that is billed in another month than it was made in, or that two persons corrected. Never part of a record. */
export interface LedgerAdjustment extends LedgerTotal {
  readonly id: string;
  readonly kind: 'late' | 'correction';
  readonly hourMs: number;
  readonly reason: string;
  readonly actor: string;
  /** Null: the system's own late usage, proved by its batch. */
  readonly approver: string | null;
}

export interface LedgerFilter {
  readonly namespaceId?: string | undefined;
  readonly dimension?: string | undefined;
  readonly resourceId?: string | undefined;
}

const rowsPerPage = 5_000;

interface TotalRow {
  namespace_id: string;
  dimension: string;
  cause: string;
  resource_id: string;
  quantity: bigint;
}

/** Reads a tenant's ledger in pages, whatever its size. Other tenants' rows do not exist here. */
export class HourLedgerStore {
  constructor(private readonly database: Database) {}

  /** Records of the hours, by namespace, hour, dimension, cause, resource; in pages of up to 5,000. */
  async *rows(caller: Caller, { fromMs, toMs }: HourRange, filter: LedgerFilter = {}): AsyncGenerator<LedgerRow[]> {
    let after: LedgerRow | undefined;
    do {
      const last = after;
      const page = await this.#in(caller, async (tx) => {
        const rows = await tx.$queryRaw<(TotalRow & { hour: Date; revision: number })[]>`
          SELECT namespace_id, hour, dimension, cause, resource_id, quantity, revision FROM usage_records
          WHERE tenant_id = ${caller.tenantId} AND hour >= ${new Date(fromMs)} AND hour < ${new Date(toMs)} AND ${conditions(filter)}
            ${last ? Prisma.sql`AND (namespace_id, hour, dimension, cause, resource_id) > (${last.namespaceId}, ${new Date(last.hourMs)}, ${last.dimension}, ${last.cause}, ${last.resourceId})` : Prisma.empty}
          ORDER BY namespace_id, hour, dimension, cause, resource_id LIMIT ${rowsPerPage}`;
        return rows.map((row) => ({ ...totalOf(row), hourMs: row.hour.getTime(), revision: row.revision }));
      });
      if (page.length > 0) yield page;
      after = page.length === rowsPerPage ? page.at(-1) : undefined;
    } while (after);
  }

  /** What the days from `fromMs` up to and without `toMs` (whole days, UTC) add up to, by dimension, namespace, resource, cause; in pages. */
  async *totals(caller: Caller, { fromMs, toMs }: HourRange, filter: LedgerFilter = {}): AsyncGenerator<LedgerTotal[]> {
    const { table, inRange } = daySums({ fromMs, toMs });
    let after: LedgerTotal | undefined;
    do {
      const last = after;
      const page = await this.#in(caller, async (tx) => {
        const rows = await tx.$queryRaw<TotalRow[]>`
          SELECT dimension, namespace_id, resource_id, cause, sum(quantity)::bigint AS quantity FROM ${table}
          WHERE tenant_id = ${caller.tenantId} AND ${inRange} AND ${conditions(filter)}
            ${last ? Prisma.sql`AND (dimension, namespace_id, resource_id, cause) > (${last.dimension}, ${last.namespaceId}, ${last.resourceId}, ${last.cause})` : Prisma.empty}
          GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT ${rowsPerPage}`;
        return rows.map(totalOf);
      });
      if (page.length > 0) yield page;
      after = page.length === rowsPerPage ? page.at(-1) : undefined;
    } while (after);
  }

  /** Adjustments in force that are billed in a month, given by any moment of it. */
  adjustments(caller: Caller, periodMs: number): Promise<LedgerAdjustment[]> {
    const at = new Date(periodMs);
    const month = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1));
    return this.#in(caller, async (tx) => {
      const rows = await tx.usageAdjustment.findMany({ where: { tenantId: caller.tenantId, state: 'approved', bookedPeriod: month }, orderBy: { id: 'asc' } });
      return rows.map(({ kind, hour, delta, id, namespaceId, dimension, cause, resourceId, reason, actor, approver }) => ({
        id, namespaceId, dimension, cause, resourceId, reason, actor, approver, kind: kind as LedgerAdjustment['kind'], hourMs: hour.getTime(), quantity: delta,
      }));
    });
  }

  /** By namespace: hours before this moment are sealed. A namespace that never came to be sealed has 0. */
  async sealedThrough(caller: Caller): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#in(caller, (tx) => tx.$queryRaw<{ id: string; sealed_through: Date | null }[]>`
      SELECT n.id, m.sealed_through FROM namespaces n LEFT JOIN usage_watermarks m ON m.tenant_id = n.tenant_id AND m.namespace_id = n.id
      WHERE n.tenant_id = ${caller.tenantId}`);
    return new Map(rows.map(({ id, sealed_through: at }) => [id, at?.getTime() ?? 0]));
  }

  /** Digest of the records of each sealed hour that has any, newest last. */
  async sealedHours(caller: Caller, namespaceId: string, { fromMs, toMs }: HourRange): Promise<{ hourMs: number; records: number; sealedBy: string; sha256: string }[]> {
    const rows = await this.#in(caller, (tx) =>
      tx.usageHour.findMany({ where: { tenantId: caller.tenantId, namespaceId, hour: { gte: new Date(fromMs), lt: new Date(toMs) } }, orderBy: { hour: 'asc' } }),
    );
    return rows.map(({ hour, records, sealedBy, sha256 }) => ({ hourMs: hour.getTime(), records, sealedBy, sha256: Buffer.from(sha256).toString('hex') }));
  }

  /** Tenants with usage in the days of a range, by id; `after` is the last id of the page before, '' at first. */
  tenants({ fromMs, toMs }: HourRange, after: string, limit: number): Promise<string[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string }[]>`
        SELECT id AS tenant_id FROM tenants t WHERE id > ${after}
          AND (EXISTS (SELECT FROM usage_days d WHERE d.tenant_id = t.id AND day >= ${dayOf(fromMs)}::date AND day < ${dayOf(toMs)}::date)
            OR EXISTS (SELECT FROM usage_adjustments a WHERE a.tenant_id = t.id AND booked_period >= ${dayOf(fromMs)}::date AND booked_period < ${dayOf(toMs)}::date))
        ORDER BY id LIMIT ${limit}`;
      return rows.map((row) => row.tenant_id);
    });
  }

  #in<T>(caller: Caller, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.withTenant(caller.tenantId, work);
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function conditions({ namespaceId, dimension, resourceId }: LedgerFilter): Prisma.Sql {
  const all = [Prisma.sql`true`];
  if (namespaceId !== undefined) all.push(Prisma.sql`namespace_id = ${namespaceId}`);
  if (dimension !== undefined) all.push(Prisma.sql`dimension = ${dimension}`);
  if (resourceId !== undefined) all.push(Prisma.sql`resource_id = ${resourceId}`);
  return Prisma.join(all, ' AND ');
}

function totalOf({ namespace_id: namespaceId, dimension, cause, resource_id: resourceId, quantity }: TotalRow): LedgerTotal {
  return { namespaceId, dimension, cause, resourceId, quantity };
}
