import { messageIdOf } from '@waybill/broker';
import type { Transaction } from '@waybill/database';
import type { SubscriptionId } from '@waybill/kernel';
import type { SettledAttempt, SettledEntry } from './attempt.js';
import { isCounted } from './attempt.js';
import type { Column, Delivered } from './attempt-entry.js';
import { at, attemptsOf, idOf } from './attempt-entry.js';
import type { AttemptOwner } from './attempt.store.js';

/** Fewer are not worth a segment. */
const leastSegment = 16;

/** Attempts of one subscription that delivered their messages at once. */
export interface Segment {
  readonly subscriptionId: SubscriptionId;
  readonly blocks: readonly Block[];
}

interface Block {
  readonly delivered: Delivered;
  readonly countedAtMs: number;
}

/**
 * Attempts by how they are stored: those of one subscription that delivered their messages at once and were counted in one hour
 * together, the others alone. What failed, and what came of it later, is looked for by its message, and must not be one of
 * thousands; what was counted, by its hour.
 */
export function segmented(entries: readonly SettledEntry[]): { segments: Segment[]; alone: SettledAttempt[] } {
  const segments: Segment[] = [];
  const alone: SettledAttempt[] = [];
  const settled = (attempts: SettledEntry['others'], countedAtMs: number): void => {
    for (const attempt of attempts) alone.push({ ...attempt, countedAtMs: isCounted(attempt) ? countedAtMs : null });
  };
  for (const its of Map.groupBy(entries, (entry) => `${entry.subscriptionId} ${hourOf(entry.countedAtMs)}`).values()) {
    const { subscriptionId } = its[0]!;
    const blocks = its.flatMap(({ delivered, countedAtMs }) => (delivered === undefined ? [] : [{ delivered, countedAtMs }]));
    if (blocks.reduce((sum, { delivered }) => sum + delivered.count, 0) >= leastSegment) segments.push({ subscriptionId, blocks });
    else for (const { delivered, countedAtMs } of blocks) settled(attemptsOf(subscriptionId, delivered), countedAtMs);
    for (const { others, countedAtMs } of its) settled(others, countedAtMs);
  }
  return { segments, alone };
}

/** Stores a segment as one row of lists. */
export async function insertSegment(tx: Transaction, { namespaceId, tenantId }: AttemptOwner, { subscriptionId, blocks }: Segment): Promise<void> {
  const began = rangeOf(blocks, ({ startedMs }) => startedMs);
  const positions = rangeOf(blocks, (block) => block.positions);
  const statuses = rangeOf(blocks, ({ status }) => (Array.isArray(status) ? (status as readonly number[]) : [status as number]));
  const countedFromMs = Math.min(...blocks.map(({ countedAtMs }) => countedAtMs));
  const attempts = blocks.reduce((sum, { delivered }) => sum + delivered.count, 0);
  await tx.$executeRaw`
    INSERT INTO push_attempt_segments (tenant_id, namespace_id, subscription_id, to_at, id, from_at, first_position, last_position, least_status, most_status, attempts,
      ids, message_ids, started_ms, counted_ms, durations_ms, statuses, request_ids, heads, batch_indexes, batch_messages, counted_hour, counted_from)
    VALUES (${tenantId}, ${namespaceId}, ${subscriptionId}, ${new Date(began.most)}, ${idOf(blocks[0]!.delivered, 0)}, ${new Date(began.least)}, ${BigInt(positions.least)}, ${BigInt(positions.most)},
      ${statuses.least}, ${statuses.most}, ${attempts},
      ${listOf(blocks, ({ delivered }) => delivered.startedMs.map((_, i) => idOf(delivered, i)).join())}::text[],
      ${listOf(blocks, ({ delivered }) => delivered.positions.map(messageIdOf).join())}::text[],
      ${listOf(blocks, ({ delivered }) => delivered.startedMs.join())}::bigint[], ${listOf(blocks, countedOf)}::bigint[],
      ${listOf(blocks, ({ delivered }) => joined(delivered, delivered.durationMs, String))}::integer[], ${listOf(blocks, ({ delivered }) => joined(delivered, delivered.status, String))}::integer[],
      ${listOf(blocks, ({ delivered }) => joined(delivered, delivered.requestId, quoted))}::text[], ${listOf(blocks, ({ delivered }) => joined(delivered, delivered.head, hexOf))}::bytea[],
      ${listOf(blocks, ({ delivered }) => joined(delivered, delivered.batchIndex, String))}::integer[], ${listOf(blocks, ({ delivered }) => joined(delivered, delivered.batchMessages, String))}::integer[],
      ${new Date(hourOf(countedFromMs))}, ${new Date(countedFromMs)})`;
}

const hourOf = (ms: number): number => Math.floor(ms / 3_600_000) * 3_600_000;

function rangeOf(blocks: readonly Block[], valuesOf: (delivered: Delivered) => readonly number[]): { least: number; most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { delivered } of blocks) {
    for (const value of valuesOf(delivered)) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return { least, most };
}

/** An array as PostgreSQL reads it from text, which costs less than a list of parameters. */
const listOf = (blocks: readonly Block[], textOf: (block: Block) => string): string => `{${blocks.map(textOf).join()}}`;

function joined<T>({ count }: Delivered, values: Column<T>, textOf: (value: T) => string): string {
  return Array.isArray(values) ? (values as readonly T[]).map(textOf).join() : repeated(textOf(values as T), count);
}

const repeated = (text: string, count: number): string => `${text},`.repeat(count).slice(0, -1);

function countedOf({ delivered: { count, batchIndex, startedMs }, countedAtMs }: Block): string {
  if (batchIndex === 0) return repeated(String(countedAtMs), count);
  return startedMs.map((_, i) => (at(batchIndex, i) === 0 ? countedAtMs : 'NULL')).join();
}

const quoted = (text: string | null): string => (text === null ? 'NULL' : `"${text.replace(/[\\"]/g, '\\$&')}"`);
const hexOf = (head: string): string => `"\\\\x${Buffer.from(head, 'base64').toString('hex')}"`;
