import { positionOf } from '@waybill/broker';
import type { Transaction } from '@waybill/database';
import type { SettledAttempt } from './attempt.js';
import type { AttemptOwner } from './attempt.store.js';

/** Fewer are not worth a segment. */
export const leastSegment = 16;

/**
 * Attempts by how they are stored: those of one subscription that delivered their messages at once together, the others alone.
 * What failed, and what came of it later, is looked for by its message, and must not be one of thousands.
 */
export function segmented(attempts: readonly SettledAttempt[]): { segments: SettledAttempt[][]; alone: SettledAttempt[] } {
  const bySubscription = Map.groupBy(attempts.filter(isPlain), ({ subscriptionId }) => subscriptionId);
  const segments = [...bySubscription.values()].filter(({ length }) => length >= leastSegment);
  const together = new Set(segments.flat());
  return { segments, alone: attempts.filter((attempt) => !together.has(attempt)) };
}

const isPlain = ({ attempt, outcome, reason, status, messageId }: SettledAttempt): boolean =>
  attempt === 1 && outcome === 'delivered' && reason === null && status !== null && positionOf(messageId) !== undefined;

/** Stores attempts of one subscription as one row of lists. */
export async function insertSegment(tx: Transaction, { namespaceId, tenantId }: AttemptOwner, attempts: readonly SettledAttempt[]): Promise<void> {
  const [first] = attempts as [SettledAttempt];
  const began = range(attempts.map(({ startedAtMs }) => startedAtMs));
  const positions = range(attempts.map(({ messageId }) => positionOf(messageId) as number));
  const statuses = range(attempts.map(({ status }) => status as number));
  await tx.$executeRaw`
    INSERT INTO push_attempt_segments (tenant_id, namespace_id, subscription_id, to_at, id, from_at, first_position, last_position, least_status, most_status, attempts,
      ids, message_ids, started_ms, counted_ms, durations_ms, statuses, request_ids, heads, batch_indexes, batch_messages)
    VALUES (${tenantId}, ${namespaceId}, ${first.subscriptionId}, ${new Date(began.most)}, ${first.id}, ${new Date(began.least)}, ${BigInt(positions.least)}, ${BigInt(positions.most)},
      ${statuses.least}, ${statuses.most}, ${attempts.length},
      ${listOf(attempts, ({ id }) => id)}::text[], ${listOf(attempts, ({ messageId }) => messageId)}::text[], ${listOf(attempts, ({ startedAtMs }) => startedAtMs)}::bigint[],
      ${listOf(attempts, ({ countedAtMs }) => countedAtMs)}::bigint[], ${listOf(attempts, ({ durationMs }) => durationMs)}::integer[], ${listOf(attempts, ({ status }) => status)}::integer[],
      ${listOf(attempts, ({ requestId }) => quoted(requestId))}::text[], ${listOf(attempts, ({ head }) => hexOf(head))}::bytea[],
      ${listOf(attempts, ({ batchIndex }) => batchIndex)}::integer[], ${listOf(attempts, ({ batchMessages }) => batchMessages)}::integer[])`;
}

function range(values: readonly number[]): { least: number; most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}

/** An array as PostgreSQL reads it from text, which costs less than a list of parameters. */
function listOf(attempts: readonly SettledAttempt[], valueOf: (attempt: SettledAttempt) => string | number | null): string {
  return `{${attempts.map((attempt) => valueOf(attempt) ?? 'NULL').join(',')}}`;
}

const quoted = (text: string | null): string | null => (text === null ? null : `"${text.replace(/[\\"]/g, '\\$&')}"`);

/** Heads of one destination are mostly the same. */
let lastHead = { bytes: Buffer.alloc(0), text: hex(Buffer.alloc(0)) };

function hexOf(head: Uint8Array): string {
  if (!lastHead.bytes.equals(head)) lastHead = { bytes: Buffer.from(head), text: hex(head) };
  return lastHead.text;
}

function hex(bytes: Uint8Array): string {
  return `"\\\\x${Buffer.from(bytes).toString('hex')}"`;
}
