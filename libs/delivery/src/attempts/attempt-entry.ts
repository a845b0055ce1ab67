import { messageIdOf, positionOf } from '@waybill/broker';
import type { AttemptId, SubscriptionId } from '@waybill/kernel';
import { idFrom, idsTogether, newIdStem } from '@waybill/kernel';
import type { Outcome } from '../destination.js';
import type { Attempt, AttemptFacts } from './attempt.js';

/** A value for each attempt, or one that all of them have. */
export type Column<T> = T | readonly T[];

/**
 * Attempts as columns: those of one call of the settle script have most in common, and nearly all delivered their message at
 * once. They are a dozen bytes each, and are stored without being taken apart.
 */
interface Block {
  /** Of their ids (libs/kernel, `idFrom`). */
  readonly stem: string;
  readonly count: number;
  /** When each began, ms. */
  readonly startedMs: readonly number[];
  readonly durationMs: Column<number>;
  readonly requestId: Column<string | null>;
  /** Base64. */
  readonly head: Column<string>;
  readonly batchIndex: Column<number>;
  readonly batchMessages: Column<number>;
}

/** Attempts that delivered their message at once. */
export interface Delivered extends Block {
  /** Of their messages. */
  readonly positions: readonly number[];
  readonly status: Column<number>;
}

/** Any others. */
interface Others extends Block {
  readonly messageId: Column<string>;
  readonly attempt: Column<number>;
  readonly outcome: Column<Outcome>;
  readonly status: Column<number | null>;
  readonly reason: Column<string | null>;
}

/** Attempts of one field of a stream entry. */
export interface DecodedEntry {
  readonly delivered: Delivered | undefined;
  readonly others: readonly Attempt[];
}

const outcomes: ReadonlySet<unknown> = new Set(['delivered', 'failed', 'slow_down', 'rejected', 'gone', 'refused'] satisfies Outcome[]);
const base64 = (bytes: Uint8Array): string => (bytes.length === 0 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'));

/** Of one subscription, at most {@link idsTogether}, as one field of a stream entry: both blocks, numbers that grow as differences. */
export function encodeAttempts(attempts: readonly AttemptFacts[]): string {
  const [delivered, others, positions]: [AttemptFacts[], AttemptFacts[], number[]] = [[], [], []];
  for (const one of attempts) {
    const position = deliveredAtOnce(one) ? positionOf(one.messageId) : undefined;
    (position === undefined ? others : delivered).push(one);
    if (position !== undefined) positions.push(position);
  }
  return JSON.stringify([
    delivered.length === 0 ? null : { ...blockOf(delivered), positions: differences(positions), status: column(delivered, ({ status }) => status) },
    others.length === 0 ? null : {
      ...blockOf(others), messageId: column(others, ({ messageId }) => messageId), attempt: column(others, ({ attempt }) => attempt),
      outcome: column(others, ({ outcome }) => outcome), status: column(others, ({ status }) => status), reason: column(others, ({ reason }) => reason),
    },
  ]);
}

const deliveredAtOnce = ({ attempt, outcome, reason, status }: AttemptFacts): boolean => attempt === 1 && outcome === 'delivered' && reason === null && status !== null;

function blockOf(attempts: readonly AttemptFacts[]): Block {
  return {
    stem: newIdStem(), count: attempts.length, startedMs: differences(attempts.map(({ startedAtMs }) => startedAtMs)), durationMs: column(attempts, ({ durationMs }) => durationMs),
    requestId: column(attempts, ({ requestId }) => requestId), head: column(attempts, ({ head }) => base64(head)),
    batchIndex: column(attempts, ({ batchIndex }) => batchIndex), batchMessages: column(attempts, ({ batchMessages }) => batchMessages),
  };
}

function column<T>(attempts: readonly AttemptFacts[], valueOf: (attempt: AttemptFacts) => T): Column<T> {
  const values = attempts.map(valueOf);
  return values.every((value) => value === values[0]) ? (values[0] as T) : values;
}

const differences = (values: readonly number[]): number[] => values.map((value, i) => (i === 0 ? value : value - (values[i - 1] as number)));

/** What is wrong with the text when it is not what {@link encodeAttempts} writes. */
export function decodeEntry(subscriptionId: SubscriptionId, text: string): DecodedEntry | { readonly fault: string } {
  try {
    const [delivered, others] = blocksOf(text);
    return { delivered: delivered === null ? undefined : deliveredOf(delivered), others: others === null ? [] : othersOf(subscriptionId, others) };
  } catch (error) {
    return { fault: error instanceof NotUnderstood ? error.message : 'no blocks of attempts' };
  }
}

class NotUnderstood extends Error {}

/** A version that adds a block says something that is not read here. */
function blocksOf(text: string): [Delivered | null, Others | null] {
  const blocks = JSON.parse(text) as [Delivered | null, Others | null];
  if (!Array.isArray(blocks) || blocks.length !== 2) throw new NotUnderstood('no two blocks of attempts');
  return blocks;
}

/** Each of them. */
export function attemptsOf(subscriptionId: SubscriptionId, { positions, status, ...block }: Delivered): Attempt[] {
  return each(subscriptionId, block, (i) => ({ messageId: messageIdOf(positions[i] as number), attempt: 1, outcome: 'delivered', status: at(status, i), reason: null }));
}

/** Id of one of a block. */
export const idOf = ({ stem, startedMs }: Pick<Block, 'stem' | 'startedMs'>, i: number): AttemptId => idFrom('attempt', startedMs[i] as number, stem, i);

export const at = <T>(values: Column<T>, i: number): T => (Array.isArray(values) ? ((values as readonly T[])[i] as T) : (values as T));

type OfMessage = Pick<Attempt, 'messageId' | 'attempt' | 'outcome' | 'status' | 'reason'>;

function each(subscriptionId: SubscriptionId, block: Block, ofMessage: (i: number) => OfMessage): Attempt[] {
  return block.startedMs.map((startedAtMs, i) => ({
    id: idOf(block, i), subscriptionId, ...ofMessage(i), startedAtMs, durationMs: at(block.durationMs, i), requestId: at(block.requestId, i), head: Buffer.from(at(block.head, i), 'base64'),
    batchIndex: at(block.batchIndex, i), batchMessages: at(block.batchMessages, i),
  }));
}

function deliveredOf(block: Delivered): Delivered {
  const positions = sums('positions', block.positions, block.count, Number.MAX_SAFE_INTEGER);
  check('status', block.status, block.count, isCount);
  return { ...checkedBlock(block), positions, status: block.status };
}

function othersOf(subscriptionId: SubscriptionId, block: Others): Attempt[] {
  const { count, messageId, attempt, outcome, status, reason } = block;
  check('messageId', messageId, count, isText);
  check('attempt', attempt, count, isCount);
  check('outcome', outcome, count, (value) => outcomes.has(value));
  check('status', status, count, isNullOr(isCount));
  check('reason', reason, count, isNullOr(isText));
  return each(subscriptionId, checkedBlock(block), (i) => ({ messageId: at(messageId, i), attempt: at(attempt, i), outcome: at(outcome, i), status: at(status, i), reason: at(reason, i) }));
}

function checkedBlock({ stem, count, startedMs, durationMs, requestId, head, batchIndex, batchMessages }: Block): Block {
  if (!isCount(count) || count === 0 || count > idsTogether) throw new NotUnderstood('count');
  if (!/^[0-9a-z]{13}$/.test(stem)) throw new NotUnderstood('stem');
  check('durationMs', durationMs, count, isCount);
  check('requestId', requestId, count, isNullOr(isText));
  check('head', head, count, isText);
  check('batchIndex', batchIndex, count, isCount);
  check('batchMessages', batchMessages, count, isCount);
  return { stem, count, startedMs: sums('startedMs', startedMs, count, lastMomentMs), durationMs, requestId, head, batchIndex, batchMessages };
}

/** What {@link differences} were made from. */
function sums(name: string, steps: readonly number[], count: number, most: number): number[] {
  if (!Array.isArray(steps) || steps.length !== count) throw new NotUnderstood(name);
  let sum = 0;
  return steps.map((step) => {
    sum += step;
    if (!Number.isSafeInteger(sum) || sum < 0 || sum > most) throw new NotUnderstood(name);
    return sum;
  });
}

function check(name: string, values: unknown, count: number, passes: (value: unknown) => boolean): void {
  if (Array.isArray(values) ? values.length !== count || !values.every(passes) : !passes(values)) throw new NotUnderstood(name);
}

/** PostgreSQL's integers and times take no more; one such value would hold up all that come after it. */
const largestCount = 2 ** 31 - 1;
const lastMomentMs = Date.UTC(2100);
const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= largestCount;
const isNullOr = (passes: (value: unknown) => boolean) => (value: unknown) => value === null || passes(value);

/** What is wrong with where and when an entry belongs. */
export function faultOfPlace({ subscriptionId, countedAtMs }: { readonly subscriptionId: string; readonly countedAtMs: number }): string | undefined {
  if (!/^sub_\w{1,60}$/.test(subscriptionId)) return 'subscriptionId';
  return Number.isSafeInteger(countedAtMs) && countedAtMs >= 0 && countedAtMs <= lastMomentMs ? undefined : 'countedAtMs';
}
