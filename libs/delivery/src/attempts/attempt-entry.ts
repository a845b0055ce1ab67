import { positionOf, messageIdOf } from '@waybill/broker';
import type { SubscriptionId } from '@waybill/kernel';
import { idFrom, idsTogether, newIdStem } from '@waybill/kernel';
import type { Outcome } from '../destination.js';
import type { Attempt, AttemptFacts } from './attempt.js';

/** A value for each attempt, or one that all of them have. */
type Column<T> = T | readonly T[];

/**
 * Attempts of one subscription, as one field of a stream entry: columns, since those of one call of the settle script have most
 * in common. Nearly all were delivered at once with the same answer, and are a dozen bytes each.
 */
interface Columns {
  /** Of their ids (libs/kernel, `idFrom`). */
  readonly stem: string;
  readonly count: number;
  /** When the first began, ms; the others count from the one before. */
  readonly atMs: number;
  readonly began: Column<number>;
  /** Positions, each from the one before; or ids, where one is not made from a position. */
  readonly positions?: Column<number>;
  readonly messages?: Column<string>;
  readonly attempt: Column<number>;
  readonly durationMs: Column<number>;
  readonly outcome: Column<Outcome>;
  readonly status: Column<number | null>;
  readonly reason: Column<string | null>;
  readonly requestId: Column<string | null>;
  /** Base64. */
  readonly head: Column<string>;
  readonly batchIndex: Column<number>;
  readonly batchMessages: Column<number>;
}

const outcomes: ReadonlySet<unknown> = new Set(['delivered', 'failed', 'slow_down', 'rejected', 'gone', 'refused'] satisfies Outcome[]);
const base64 = (bytes: Uint8Array): string => (bytes.length === 0 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'));

function column<T>(attempts: readonly AttemptFacts[], valueOf: (attempt: AttemptFacts) => T): Column<T> {
  const values = attempts.map(valueOf);
  return values.every((value) => value === values[0]) ? (values[0] as T) : values;
}

/** Numbers as differences from the one before, the first from `from`. */
function differences(values: readonly number[], from: number): Column<number> {
  const found = values.map((value, i) => value - (i === 0 ? from : (values[i - 1] as number)));
  return found.every((value) => value === 0) ? 0 : found;
}

/** At least one, and at most {@link idsTogether}. */
export function encodeAttempts(attempts: readonly AttemptFacts[]): string {
  const atMs = (attempts[0] as AttemptFacts).startedAtMs;
  const positions = attempts.map(({ messageId }) => positionOf(messageId));
  const columns: Columns = {
    stem: newIdStem(), count: attempts.length, atMs, began: differences(attempts.map(({ startedAtMs }) => startedAtMs), atMs),
    ...(positions.includes(undefined) ? { messages: column(attempts, ({ messageId }) => messageId) } : { positions: differences(positions as number[], 0) }),
    attempt: column(attempts, ({ attempt }) => attempt), durationMs: column(attempts, ({ durationMs }) => durationMs),
    outcome: column(attempts, ({ outcome }) => outcome), status: column(attempts, ({ status }) => status),
    reason: column(attempts, ({ reason }) => reason), requestId: column(attempts, ({ requestId }) => requestId),
    head: column(attempts, ({ head }) => base64(head)), batchIndex: column(attempts, ({ batchIndex }) => batchIndex),
    batchMessages: column(attempts, ({ batchMessages }) => batchMessages),
  };
  return JSON.stringify(columns);
}

/** Undefined when the text is not what {@link encodeAttempts} writes. */
export function decodeAttempts(subscriptionId: SubscriptionId, text: string): Attempt[] | undefined {
  try {
    return attemptsOf(subscriptionId, JSON.parse(text) as Columns);
  } catch {
    return undefined;
  }
}

function attemptsOf(subscriptionId: SubscriptionId, columns: Columns): Attempt[] {
  const { count, stem } = columns;
  if (!isCount(count) || count > idsTogether || !/^[0-9a-z]{13}$/.test(stem)) throw notUnderstood();
  const values = <T>(values: Column<T> | undefined, check: (value: unknown) => boolean) => checked(count, values, check);
  const began = values(columns.began, Number.isSafeInteger);
  const messages = columns.messages === undefined ? messagesAt(values(columns.positions, Number.isSafeInteger)) : values(columns.messages, isText);
  const attempt = values(columns.attempt, isCount);
  const durationMs = values(columns.durationMs, isCount);
  const outcome = values(columns.outcome, (value) => outcomes.has(value));
  const status = values(columns.status, isNullOr(isCount));
  const reason = values(columns.reason, isNullOr(isText));
  const requestId = values(columns.requestId, isNullOr(isText));
  const head = values(columns.head, isText);
  const batchIndex = values(columns.batchIndex, isCount);
  const batchMessages = values(columns.batchMessages, isCount);
  let atMs = columns.atMs;
  return messages.map((messageId, i) => {
    atMs += began[i] as number;
    if (!isCount(atMs)) throw notUnderstood();
    return {
      id: idFrom('attempt', atMs, stem, i), subscriptionId, messageId, attempt: attempt[i] as number, startedAtMs: atMs, durationMs: durationMs[i] as number, outcome: outcome[i] as Outcome,
      status: status[i] as number | null, reason: reason[i] as string | null, requestId: requestId[i] as string | null, head: Buffer.from(head[i] as string, 'base64'),
      batchIndex: batchIndex[i] as number, batchMessages: batchMessages[i] as number,
    };
  });
}

function messagesAt(steps: readonly number[]): string[] {
  let position = 0;
  return steps.map((step) => {
    position += step;
    if (!isCount(position)) throw notUnderstood();
    return messageIdOf(position);
  });
}

/** A column as a list of so many values, all of which pass. */
function checked<T>(count: number, values: Column<T> | undefined, check: (value: unknown) => boolean): readonly T[] {
  const list: readonly T[] = Array.isArray(values) ? (values as readonly T[]) : new Array<T>(count).fill(values as T);
  if (list.length !== count || !list.every(check)) throw notUnderstood();
  return list;
}

const notUnderstood = (): Error => new Error('no attempts');
const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isNullOr = (check: (value: unknown) => boolean) => (value: unknown) => value === null || check(value);
