import type { AttemptId, SubscriptionId } from '@waybill/kernel';
import type { Outcome } from '../destination.js';
import type { Attempt } from './attempt.js';

/** An attempt in an entry of the stream, by place; the subscription stands beside them, once. */
type Row = readonly [
  id: string, messageId: string, attempt: number, startedAtMs: number, durationMs: number, outcome: Outcome, status: number | null, reason: string | null,
  requestId: string | null, head: string, batchIndex: number, batchMessages: number,
];

const outcomes: ReadonlySet<string> = new Set(['delivered', 'failed', 'slow_down', 'rejected', 'gone', 'refused'] satisfies Outcome[]);
const base64 = (bytes: Uint8Array): string => (bytes.length === 0 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'));

/** Attempts of one subscription, as one field of a stream entry. */
export function encodeAttempts(attempts: readonly Attempt[]): string {
  return JSON.stringify(
    attempts.map(
      ({ id, messageId, attempt, startedAtMs, durationMs, outcome, status, reason, requestId, head, batchIndex, batchMessages }): Row => [
        id, messageId, attempt, startedAtMs, durationMs, outcome, status, reason, requestId, base64(head), batchIndex, batchMessages,
      ],
    ),
  );
}

/** Undefined when the text is not what {@link encodeAttempts} writes. */
export function decodeAttempts(subscriptionId: SubscriptionId, text: string): Attempt[] | undefined {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(rows) || !rows.every(isRow)) return undefined;
  return rows.map(([id, messageId, attempt, startedAtMs, durationMs, outcome, status, reason, requestId, head, batchIndex, batchMessages]) => ({
    id: id as AttemptId, subscriptionId, messageId, attempt, startedAtMs, durationMs, outcome, status, reason, requestId, head: Buffer.from(head, 'base64'), batchIndex, batchMessages,
  }));
}

const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isNullOr = (check: (value: unknown) => boolean) => (value: unknown) => value === null || check(value);
const checks = [isText, isText, isCount, isCount, isCount, (value: unknown) => outcomes.has(value as string), isNullOr(isCount), isNullOr(isText), isNullOr(isText), isText, isCount, isCount];

function isRow(row: unknown): row is Row {
  return Array.isArray(row) && row.length === checks.length && checks.every((check, i) => check(row[i]));
}
