import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { daySums } from '@waybill/metering';

/** Whole days, UTC: from the first up to and without the last. */
export interface DayRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface LevelQuery {
  readonly dimension: string;
  readonly days: DayRange;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/** A page of one level. `total` is the sum of the whole level, not of the page: it equals the item above exactly. */
export interface Level<T> {
  readonly total: bigint;
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Share {
  /** Of the namespace, queue or exchange. */
  readonly id: string;
  readonly quantity: bigint;
}

export interface TimeShare {
  readonly startMs: number;
  readonly quantity: bigint;
}

export interface HourShare extends TimeShare {
  readonly cause: string;
  /** How many batches went into it. */
  readonly revision: number;
  /** Null while the hour is not sealed; else how it came to be. */
  readonly sealedBy: string | null;
}

const dayMs = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

interface ShareRow {
  id: string;
  quantity: bigint;
  total: bigint;
}

/** The levels under an invoice line, from the ledger alone. Each is one statement: its total and its page are of one moment. */
export class DrillDownStore {
  constructor(private readonly database: Database) {}

  /** The line itself: what the days add up to by dimension. */
  dimensions(caller: Caller, { fromMs, toMs }: DayRange): Promise<Share[]> {
    return this.#in(caller, async (tx) =>
      tx.$queryRaw<Share[]>`
        SELECT dimension AS id, sum(quantity)::bigint AS quantity FROM usage_namespace_days
        WHERE tenant_id = ${caller.tenantId} AND day >= ${dayOf(fromMs)}::date AND day < ${dayOf(toMs)}::date GROUP BY dimension ORDER BY dimension`,
    );
  }

  namespaces(caller: Caller, { dimension, days, limit, after = '' }: LevelQuery): Promise<Level<Share>> {
    return this.#in(caller, async (tx) =>
      levelOf(limit, await tx.$queryRaw<ShareRow[]>`
        WITH shares AS (
          SELECT namespace_id AS id, sum(quantity)::bigint AS quantity FROM usage_namespace_days
          WHERE tenant_id = ${caller.tenantId} AND dimension = ${dimension} AND day >= ${dayOf(days.fromMs)}::date AND day < ${dayOf(days.toMs)}::date GROUP BY namespace_id)
        SELECT t.total, s.id, s.quantity FROM (SELECT coalesce(sum(quantity), 0)::bigint AS total FROM shares) t
        LEFT JOIN LATERAL (SELECT * FROM shares WHERE id > ${after} ORDER BY id LIMIT ${limit + 1}) s ON true`),
    );
  }

  /** Queues, exchanges and what else is counted on, of one namespace. */
  resources(caller: Caller, namespaceId: string, { dimension, days, limit, after = '' }: LevelQuery): Promise<Level<Share>> {
    const { table, inRange } = daySums(days);
    return this.#in(caller, async (tx) =>
      levelOf(limit, await tx.$queryRaw<ShareRow[]>`
        WITH shares AS (
          SELECT resource_id AS id, sum(quantity)::bigint AS quantity FROM ${table}
          WHERE tenant_id = ${caller.tenantId} AND dimension = ${dimension} AND namespace_id = ${namespaceId} AND ${inRange} GROUP BY resource_id)
        SELECT t.total, s.id, s.quantity FROM (SELECT coalesce(sum(quantity), 0)::bigint AS total FROM shares) t
        LEFT JOIN LATERAL (SELECT * FROM shares WHERE id > ${after} ORDER BY id LIMIT ${limit + 1}) s ON true`),
    );
  }

  /** Days of one resource; at most as many as the range has, so there are no pages. */
  days(caller: Caller, namespaceId: string, resourceId: string, dimension: string, { fromMs, toMs }: DayRange): Promise<Level<TimeShare>> {
    return this.#in(caller, async (tx) => {
      const rows = await tx.$queryRaw<{ day: Date; quantity: bigint }[]>`
        SELECT day, sum(quantity)::bigint AS quantity FROM usage_days
        WHERE tenant_id = ${caller.tenantId} AND dimension = ${dimension} AND namespace_id = ${namespaceId} AND resource_id = ${resourceId}
          AND day >= ${dayOf(fromMs)}::date AND day < ${dayOf(toMs)}::date GROUP BY day ORDER BY day`;
      return wholeLevel(rows.map(({ day, quantity }) => ({ startMs: day.getTime(), quantity })));
    });
  }

  /** Hours of one day, a row for each cause. */
  hours(caller: Caller, namespaceId: string, resourceId: string, dimension: string, startOfDayMs: number): Promise<Level<HourShare>> {
    const [from, to] = [new Date(startOfDayMs), new Date(startOfDayMs + dayMs)];
    return this.#in(caller, async (tx) => {
      const rows = await tx.$queryRaw<{ hour: Date; cause: string; quantity: bigint; revision: number; sealed_by: string | null }[]>`
        SELECT r.hour, r.cause, r.quantity, r.revision, h.sealed_by FROM usage_records r
        LEFT JOIN usage_hours h ON h.tenant_id = r.tenant_id AND h.namespace_id = r.namespace_id AND h.hour = r.hour
        WHERE r.tenant_id = ${caller.tenantId} AND r.namespace_id = ${namespaceId} AND r.hour >= ${from} AND r.hour < ${to} AND r.dimension = ${dimension} AND r.resource_id = ${resourceId}
        ORDER BY r.hour, r.cause`;
      return wholeLevel(rows.map(({ hour, cause, quantity, revision, sealed_by: sealedBy }) => ({ startMs: hour.getTime(), cause, quantity, revision, sealedBy })));
    });
  }

  #in<T>(caller: Caller, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.withTenant(caller.tenantId, work);
  }
}

function levelOf(limit: number, rows: readonly ShareRow[]): Level<Share> {
  // A level without items is one row that has only the total.
  const items = rows.filter(({ id }) => id !== null).map(({ id, quantity }) => ({ id, quantity }));
  const page = items.slice(0, limit);
  return { total: rows[0]?.total ?? 0n, items: page, next: items.length > limit ? (page.at(-1)?.id ?? null) : null };
}

function wholeLevel<T extends TimeShare>(items: readonly T[]): Level<T> {
  return { total: items.reduce((sum, { quantity }) => sum + quantity, 0n), items, next: null };
}
