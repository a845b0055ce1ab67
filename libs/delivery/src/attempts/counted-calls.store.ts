import { PushAttemptStream } from '@waybill/broker';
import { Prisma } from '@waybill/database';
import type { Database, Transaction } from '@waybill/database';
import type { NamespaceId, TenantId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { beforeAllEntries } from './attempt.store.js';

/** One call that was counted. */
export interface CountedCall {
  /** Of its first attempt, which stands for it. */
  readonly id: string;
  readonly messageId: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  /** By which moment it was counted: that of the script that settled it. */
  readonly countedAtMs: number;
  readonly durationMs: number;
  readonly outcome: string;
  readonly status: number | null;
  readonly reason: string | null;
  /** How many messages it carried. */
  readonly messages: number;
  /** Kind and host of the subscription as it is now; null when it is gone. */
  readonly destination: string | null;
}

/** One hour of one namespace. */
export interface CallHour {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  /** First millisecond. */
  readonly hourMs: number;
}

interface Row {
  id: string;
  message_id: string;
  attempt: number;
  started_at: Date;
  counted_at: Date;
  duration_ms: number;
  outcome: string;
  status: number | null;
  reason: string | null;
  batch_messages: number;
}

interface SegmentPlace {
  id: string;
  to_at: Date;
  counted_from: Date;
}

export interface CallPage {
  readonly limit: number;
  /** The last call of the page before. */
  readonly after?: Pick<CountedCall, 'countedAtMs' | 'id'> | undefined;
}

const hourMs = 3_600_000;
/** A call began before it was counted; longer before than this only if its worker could not reach Redis all that time. Bounds the partitions that are read. */
const longestWayMs = 7 * 24 * hourMs;
/** Clocks of workers against that of Redis. */
const skewMs = hourMs;
/** Segments that are taken apart in one step. */
const segmentsAtOnce = 2;

/** The calls behind what was counted as push attempts (D6), of one tenant at a time. */
export class CountedCalls {
  readonly #waiting: PushAttemptStream;

  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
  ) {
    this.#waiting = new PushAttemptStream(redis);
  }

  /** How many calls were counted in an hour, by subscription. */
  async perSubscription(hour: CallHour): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.database.withTenant(hour.tenantId, (tx) => tx.$queryRaw<{ subscription_id: string; calls: bigint }[]>`
      SELECT subscription_id, sum(calls)::bigint AS calls FROM (
        SELECT subscription_id, count(*) AS calls FROM push_attempts WHERE ${rowsOf(hour)} GROUP BY 1
        UNION ALL SELECT subscription_id, sum(cardinality(array_remove(counted_ms, NULL))) FROM push_attempt_segments WHERE ${segmentsOf(hour)} GROUP BY 1
      ) stored GROUP BY 1`);
    return new Map(rows.map((row) => [row.subscription_id, row.calls]));
  }

  /** Calls of one subscription in the order they were counted. Reads as much as the page needs, however many the hour has. */
  async list(hour: CallHour, subscriptionId: string, page: CallPage): Promise<CountedCall[]> {
    const { tenantId } = hour;
    return this.database.withTenant(tenantId, async (tx) => {
      const subscription = await tx.subscription.findFirst({ where: { tenantId, id: subscriptionId }, select: { kind: true, settings: true } });
      const destination = subscription && destinationOf(subscription.kind, subscription.settings);
      const rows = await inOrder(tx, hour, subscriptionId, page);
      return rows.map(({ id, message_id: messageId, attempt, started_at, counted_at, duration_ms: durationMs, outcome, status, reason, batch_messages: messages }) => ({
        id, messageId, attempt, startedAtMs: started_at.getTime(), countedAtMs: counted_at.getTime(), durationMs, outcome, status, reason, messages, destination,
      }));
    });
  }

  /** Calls that were counted before this moment are all in the database. */
  async storedUntilMs({ namespaceId }: CallHour): Promise<number> {
    const [seconds, micros] = await this.redis.time();
    const [oldest] = await this.#waiting.read(namespaceId, beforeAllEntries, 1);
    return oldest === undefined ? Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000) : oldest.countedAtMs - 1;
  }
}

async function inOrder(tx: Transaction, hour: CallHour, subscriptionId: string, { limit, after }: CallPage): Promise<Row[]> {
  const own = Prisma.sql`subscription_id = ${subscriptionId}`;
  const further = after === undefined ? Prisma.sql`true` : Prisma.sql`(counted_at, id) > (${new Date(after.countedAtMs)}, ${after.id})`;
  let found = await tx.$queryRaw<Row[]>`
    SELECT id, message_id, attempt, started_at, counted_at, duration_ms, outcome, status, reason, batch_messages FROM push_attempts
    WHERE ${rowsOf(hour)} AND ${own} AND ${further} ORDER BY counted_at, id LIMIT ${limit}`;
  // Segments of an hour follow each other: of those that begin before the place all but the last are over by then, but for one moment.
  const [start] = after === undefined ? [] : await tx.$queryRaw<SegmentPlace[]>`
    SELECT id, to_at, counted_from FROM push_attempt_segments WHERE ${segmentsOf(hour)} AND ${own} AND counted_from < ${new Date(after.countedAtMs)} ORDER BY counted_from DESC, id DESC LIMIT 1`;
  const begins = start === undefined ? Prisma.sql`true` : Prisma.sql`(counted_from, id) >= (${start.counted_from}, ${start.id})`;
  for (let last: SegmentPlace | undefined; ; ) {
    const beyond = last === undefined ? begins : Prisma.sql`(counted_from, id) > (${last.counted_from}, ${last.id})`;
    const segments = await tx.$queryRaw<SegmentPlace[]>`
      SELECT id, to_at, counted_from FROM push_attempt_segments WHERE ${segmentsOf(hour)} AND ${own} AND ${beyond} ORDER BY counted_from, id LIMIT ${segmentsAtOnce}`;
    last = segments.at(-1);
    if (last === undefined) return found;
    found = [...found, ...(await callsIn(tx, hour, segments, further, limit))].sort(byMoment).slice(0, limit);
    // What follows was counted no earlier than the last of these segments begins.
    if (segments.length < segmentsAtOnce || (found.length === limit && found.at(-1)!.counted_at < last.counted_from)) return found;
  }
}

function callsIn(tx: Transaction, { tenantId, namespaceId }: CallHour, segments: readonly SegmentPlace[], further: Prisma.Sql, limit: number): Promise<Row[]> {
  return tx.$queryRaw<Row[]>`
    SELECT * FROM (
      SELECT a.id, a.message_id, 1 AS attempt, to_timestamp(a.started_ms / 1000.0) AS started_at, to_timestamp(a.counted_ms / 1000.0) AS counted_at, a.duration_ms, 'delivered' AS outcome, a.status,
        NULL::text AS reason, a.batch_messages
      FROM push_attempt_segments s, unnest(s.ids, s.message_ids, s.started_ms, s.counted_ms, s.durations_ms, s.statuses, s.batch_messages)
        AS a(id, message_id, started_ms, counted_ms, duration_ms, status, batch_messages)
      WHERE s.tenant_id = ${tenantId} AND s.namespace_id = ${namespaceId} AND (s.to_at, s.id) IN (${Prisma.join(segments.map(({ to_at, id }) => Prisma.sql`(${to_at}, ${id})`))}) AND a.counted_ms IS NOT NULL
    ) calls WHERE ${further} ORDER BY counted_at, id LIMIT ${limit}`;
}

const byMoment = (a: Row, b: Row): number => a.counted_at.getTime() - b.counted_at.getTime() || (a.id < b.id ? -1 : 1);

const rowsOf = ({ tenantId, namespaceId, hourMs: fromMs }: CallHour): Prisma.Sql => Prisma.sql`
  tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND counted_at >= ${new Date(fromMs)} AND counted_at < ${new Date(fromMs + hourMs)}
  AND started_at >= ${new Date(fromMs - longestWayMs)} AND started_at < ${new Date(fromMs + hourMs + skewMs)}`;

const segmentsOf = ({ tenantId, namespaceId, hourMs: fromMs }: CallHour): Prisma.Sql => Prisma.sql`
  tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND counted_hour = ${new Date(fromMs)}
  AND to_at >= ${new Date(fromMs - longestWayMs)} AND to_at < ${new Date(fromMs + hourMs + skewMs)}`;

/** Paths and queries of addresses may hold what is nobody else's business. */
function destinationOf(kind: string, settings: unknown): string {
  const { url } = (settings ?? {}) as { readonly url?: unknown };
  return typeof url === 'string' && URL.canParse(url) ? `${kind} ${new URL(url).host}` : kind;
}
