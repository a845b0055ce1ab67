import { positionOf, timeOfMs } from '@waybill/broker';
import { Prisma } from '@waybill/database';
import type { Database } from '@waybill/database';
import type { AttemptId, Caller, NamespaceId, SubscriptionId } from '@waybill/kernel';
import type { Outcome } from '../destination.js';
import type { Attempt } from './attempt.js';
import type { AttemptQuery, EndpointHealth, PushAlert } from './attempt-reader.js';

export interface PlaceBefore {
  readonly startedAtMs: number;
  readonly id: string;
}

interface AttemptRow {
  id: string;
  subscription_id: string;
  message_id: string;
  attempt: number;
  started_at: Date;
  duration_ms: number;
  outcome: string;
  status: number | null;
  reason: string | null;
  request_id: string | null;
  head: Uint8Array;
  batch_index: number;
  batch_messages: number;
}

interface SegmentHead {
  to_at: Date;
  id: string;
}

interface HealthRow {
  subscription_id: string;
  calls: bigint;
  delivered: bigint;
  p50: number | null;
  p99: number | null;
  last_delivered: Date | null;
  last_failed: Date | null;
}

/** Clocks of workers against that of Redis. */
const skewMs = 3_600_000;
/** Segments that are looked through in one step. */
const segmentsAtOnce = 16;
const columns = Prisma.raw('id, subscription_id, message_id, attempt, started_at, duration_ms, outcome, status, reason, request_id, head, batch_index, batch_messages');
/** An attempt gets its id when it begins or when it ends, and it lasts a minute at most. */
const aroundMs = 120_000;

/** Reads attempts and alerts inside one tenant. */
export class AttemptSearchStore {
  constructor(private readonly database: Database) {}

  /** Newest first; before a place, if one is given. */
  async search({ tenantId }: Caller, namespaceId: NamespaceId, query: AttemptQuery, before?: PlaceBefore): Promise<Attempt[]> {
    return this.database.withTenant(tenantId, async (tx) => {
      const own = Prisma.sql`tenant_id = ${tenantId} AND namespace_id = ${namespaceId}`;
      const wanted = Prisma.sql`${own} AND ${conditionsOf(query, before)}`;
      const newest = (where: Prisma.Sql) => tx.$queryRaw<AttemptRow[]>`SELECT ${columns} FROM push_attempts_all WHERE ${wanted} AND ${where} ORDER BY started_at DESC, id DESC LIMIT ${query.limit}`;
      let found = await tx.$queryRaw<AttemptRow[]>`SELECT ${columns} FROM push_attempts WHERE ${wanted} ORDER BY started_at DESC, id DESC LIMIT ${query.limit}`;
      const perhaps = segmentConditionsOf(query, before);
      if (perhaps === undefined) return found.map(attemptOf);
      for (let after: SegmentHead | undefined; ; ) {
        const further = after === undefined ? Prisma.empty : Prisma.sql`AND to_at <= ${after.to_at} AND (to_at < ${after.to_at} OR id < ${after.id})`;
        const heads = await tx.$queryRaw<SegmentHead[]>`SELECT to_at, id FROM push_attempt_segments WHERE ${own} AND ${perhaps} ${further} ORDER BY to_at DESC, id DESC LIMIT ${segmentsAtOnce}`;
        after = heads.at(-1);
        if (after === undefined) return found.map(attemptOf);
        found = [...found, ...(await newest(Prisma.sql`(stretch_to, segment_id) IN (${Prisma.join(heads.map(({ to_at, id }) => Prisma.sql`(${to_at}, ${id})`))})`))].sort(newestFirst).slice(0, query.limit);
        // What follows began earlier than the last of these segments did.
        if (heads.length < segmentsAtOnce || (found.length === query.limit && found.at(-1)!.started_at > after.to_at)) return found.map(attemptOf);
      }
    });
  }

  /** One attempt, made about `atMs`. */
  async find({ tenantId }: Caller, namespaceId: NamespaceId, id: string, atMs: number): Promise<Attempt | null> {
    const [from, to] = [new Date(atMs - aroundMs), new Date(atMs + aroundMs)];
    const [row] = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<AttemptRow[]>`
      SELECT ${columns} FROM push_attempts_all
      WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND stretch_to >= ${from} AND stretch_from <= ${to} AND started_at BETWEEN ${from} AND ${to} AND id = ${id}`);
    return row === undefined ? null : attemptOf(row);
  }

  async health({ tenantId }: Caller, namespaceId: NamespaceId, subscriptionIds: readonly SubscriptionId[], sinceMs: number): Promise<EndpointHealth[]> {
    const rows = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<HealthRow[]>`
      SELECT subscription_id, count(*) AS calls, count(*) FILTER (WHERE outcome = 'delivered') AS delivered,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50, percentile_disc(0.99) WITHIN GROUP (ORDER BY duration_ms) AS p99,
        max(started_at) FILTER (WHERE outcome = 'delivered') AS last_delivered, max(started_at) FILTER (WHERE outcome <> 'delivered') AS last_failed
      FROM push_attempts_all
      WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND subscription_id = ANY(${[...subscriptionIds]}::text[])
        AND stretch_to >= ${new Date(sinceMs)} AND started_at >= ${new Date(sinceMs)} AND batch_index = 0 AND outcome <> 'refused'
      GROUP BY subscription_id`);
    return rows.map((row) => ({
      subscriptionId: row.subscription_id as SubscriptionId, calls: Number(row.calls), delivered: Number(row.delivered), p50DurationMs: row.p50, p99DurationMs: row.p99,
      lastDeliveredAtMs: row.last_delivered?.getTime() ?? null, lastFailedAtMs: row.last_failed?.getTime() ?? null,
    }));
  }

  async alerts({ tenantId }: Caller, namespaceId: NamespaceId, subscriptionId: SubscriptionId, limit: number): Promise<PushAlert[]> {
    const rows = await this.database.withTenant(tenantId, (tx) =>
      tx.pushAlert.findMany({ where: { tenantId, namespaceId, subscriptionId }, orderBy: [{ raisedAt: 'desc' }, { percent: 'desc' }], take: limit }),
    );
    return rows.map(({ reason, percent, failingSince, raisedAt, lastAnswer }) => ({
      subscriptionId, reason: reason as PushAlert['reason'], percent, failingSinceMs: failingSince.getTime(), raisedAtMs: raisedAt.getTime(), lastAnswer,
    }));
  }
}

const attemptOf = (row: AttemptRow): Attempt => ({
  id: row.id as AttemptId, subscriptionId: row.subscription_id as SubscriptionId, messageId: row.message_id, attempt: row.attempt,
  startedAtMs: row.started_at.getTime(), durationMs: row.duration_ms, outcome: row.outcome as Outcome, status: row.status, reason: row.reason,
  requestId: row.request_id, head: row.head, batchIndex: row.batch_index, batchMessages: row.batch_messages,
});

const newestFirst = (a: AttemptRow, b: AttemptRow): number => b.started_at.getTime() - a.started_at.getTime() || (a.id < b.id ? 1 : -1);

function conditionsOf({ subscriptionId, messageId, outcomes, status, fromMs, toMs }: AttemptQuery, before: PlaceBefore | undefined): Prisma.Sql {
  const all = [Prisma.sql`true`];
  if (subscriptionId !== undefined) all.push(Prisma.sql`subscription_id = ${subscriptionId}`);
  if (messageId !== undefined) all.push(Prisma.sql`message_id = ${messageId}`);
  if (outcomes !== undefined) all.push(Prisma.sql`outcome = ANY(${[...outcomes]}::text[])`);
  if (status !== undefined) all.push(Prisma.sql`status = ${status}`);
  if (fromMs !== undefined) all.push(Prisma.sql`started_at >= ${new Date(fromMs)}`);
  if (toMs !== undefined) all.push(Prisma.sql`started_at < ${new Date(toMs)}`);
  if (before !== undefined) {
    const at = new Date(before.startedAtMs);
    all.push(Prisma.sql`started_at <= ${at} AND (started_at < ${at} OR id < ${before.id})`);
  }
  return Prisma.join(all, ' AND ');
}

/** Of segments that may hold what is asked for; undefined when none can. */
function segmentConditionsOf({ subscriptionId, messageId, outcomes, status, fromMs, toMs }: AttemptQuery, before: PlaceBefore | undefined): Prisma.Sql | undefined {
  const all = [Prisma.sql`true`];
  if (outcomes !== undefined && !outcomes.includes('delivered')) return undefined;
  if (subscriptionId !== undefined) all.push(Prisma.sql`subscription_id = ${subscriptionId}`);
  if (messageId !== undefined) {
    const position = positionOf(messageId);
    if (position === undefined) return undefined;
    // It was published before it was pushed.
    all.push(Prisma.sql`last_position >= ${BigInt(position)} AND first_position <= ${BigInt(position)} AND to_at >= ${new Date(timeOfMs(position) - skewMs)}`);
  }
  if (status !== undefined) all.push(Prisma.sql`least_status <= ${status} AND most_status >= ${status}`);
  if (fromMs !== undefined) all.push(Prisma.sql`to_at >= ${new Date(fromMs)}`);
  if (toMs !== undefined) all.push(Prisma.sql`from_at < ${new Date(toMs)}`);
  if (before !== undefined) all.push(Prisma.sql`from_at <= ${new Date(before.startedAtMs)}`);
  return Prisma.join(all, ' AND ');
}
