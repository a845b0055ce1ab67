import type { Transaction } from '@waybill/database';
import type { SubscriptionId } from '@waybill/kernel';
import type { SettledAttempt } from './attempt.js';
import type { AttemptOwner } from './attempt.store.js';

interface JsonRow {
  readonly s: SubscriptionId;
  readonly t: number;
  readonly i: string;
  readonly m: string;
  readonly a: number;
  readonly d: number;
  readonly o: string;
  readonly c: number | null;
  readonly w: string | null;
  readonly r: string | null;
  readonly h: string;
  readonly x: number;
  readonly n: number;
  readonly z: number | null;
}

/** Stores attempts, a row each. All rows as one JSON argument: PostgreSQL takes it apart in less time than the client needs to build lists of columns. */
export async function insertRows(tx: Transaction, { namespaceId, tenantId }: AttemptOwner, attempts: readonly SettledAttempt[]): Promise<void> {
  const rows = attempts.map((attempt): JsonRow => ({
    s: attempt.subscriptionId, t: attempt.startedAtMs, i: attempt.id, m: attempt.messageId, a: attempt.attempt, d: attempt.durationMs, o: attempt.outcome,
    c: attempt.status, w: attempt.reason, r: attempt.requestId, h: Buffer.from(attempt.head).toString('base64'), x: attempt.batchIndex, n: attempt.batchMessages, z: attempt.countedAtMs,
  }));
  await tx.$executeRaw`
    INSERT INTO push_attempts (tenant_id, namespace_id, subscription_id, started_at, id, message_id, attempt, duration_ms, outcome, status, reason, request_id, head, batch_index, batch_messages, counted_at)
    SELECT ${tenantId}, ${namespaceId}, s, to_timestamp(t / 1000.0), i, m, a, d, o, c, w, r, decode(h, 'base64'), x, n, to_timestamp(z / 1000.0)
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(s text, t bigint, i text, m text, a integer, d integer, o text, c integer, w text, r text, h text, x integer, n integer, z bigint)`;
}
