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

interface HealthRow {
  subscription_id: string;
  calls: bigint;
  delivered: bigint;
  p50: number | null;
  p99: number | null;
  last_delivered: Date | null;
  last_failed: Date | null;
}

/** An attempt gets its id when it begins or when it ends, and it lasts a minute at most. */
const aroundMs = 120_000;

/** Reads attempts and alerts inside one tenant. */
export class AttemptSearchStore {
  constructor(private readonly database: Database) {}

  /** Newest first; before a place, if one is given. */
  async search({ tenantId }: Caller, namespaceId: NamespaceId, query: AttemptQuery, before?: PlaceBefore): Promise<Attempt[]> {
    const { subscriptionId, messageId, outcomes, status, fromMs, toMs, limit } = query;
    const all = [Prisma.sql`tenant_id = ${tenantId} AND namespace_id = ${namespaceId}`];
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
    const rows = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<AttemptRow[]>`
      SELECT id, subscription_id, message_id, attempt, started_at, duration_ms, outcome, status, reason, request_id, head, batch_index, batch_messages
      FROM push_attempts WHERE ${Prisma.join(all, ' AND ')} ORDER BY started_at DESC, id DESC LIMIT ${limit}`);
    return rows.map(attemptOf);
  }

  /** One attempt, made about `atMs`. */
  async find({ tenantId }: Caller, namespaceId: NamespaceId, id: string, atMs: number): Promise<Attempt | null> {
    const [from, to] = [new Date(atMs - aroundMs), new Date(atMs + aroundMs)];
    const [row] = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<AttemptRow[]>`
      SELECT id, subscription_id, message_id, attempt, started_at, duration_ms, outcome, status, reason, request_id, head, batch_index, batch_messages
      FROM push_attempts WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND started_at BETWEEN ${from} AND ${to} AND id = ${id}`);
    return row === undefined ? null : attemptOf(row);
  }

  async health({ tenantId }: Caller, namespaceId: NamespaceId, subscriptionIds: readonly SubscriptionId[], sinceMs: number): Promise<EndpointHealth[]> {
    const rows = await this.database.withTenant(tenantId, (tx) => tx.$queryRaw<HealthRow[]>`
      SELECT subscription_id, count(*) AS calls, count(*) FILTER (WHERE outcome = 'delivered') AS delivered,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50, percentile_disc(0.99) WITHIN GROUP (ORDER BY duration_ms) AS p99,
        max(started_at) FILTER (WHERE outcome = 'delivered') AS last_delivered, max(started_at) FILTER (WHERE outcome <> 'delivered') AS last_failed
      FROM push_attempts
      WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND subscription_id = ANY(${[...subscriptionIds]}::text[])
        AND started_at >= ${new Date(sinceMs)} AND batch_index = 0 AND outcome <> 'refused'
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
