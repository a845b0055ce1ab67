import { createHash } from 'node:crypto';
import type { UsageField } from './usage-field.js';
import { formatUsageField, hourMs, parseUsageField } from './usage-field.js';

export interface UsageEntry extends UsageField {
  readonly delta: bigint;
}

export interface ReadBatch {
  readonly sealedAtMs: number;
  /** In the order of their fields: two drainers lock ledger rows in the same order. Units of messages are whole (`withMessageUnits`). */
  readonly entries: readonly UsageEntry[];
  /** Of all lines `field=count`, sorted: proves that a batch read again is the batch booked. */
  readonly sha256: Buffer<ArrayBuffer>;
}

/** The one field of a sealed batch that is no counter: Redis time of the seal, ms. */
export const sealedAtField = '@sealedAtMs';

const countPattern = /^(0|[1-9]\d{0,18})$/;
const largestCount = 2n ** 63n - 1n;
/** 2020-01-01; the clock of no server that ever counted was before it. */
const firstHour = 438_288;

/**
 * The tenth meter from two counters: a message is one unit, and the broker counts what it is beyond that, as
 * `mq_message_units`, in the step that counts the message (libs/broker/src/redis/lua/publish.lua). So nearly no message
 * costs a counter more, and the sum is exact.
 */
function withMessageUnits(entries: readonly UsageEntry[]): UsageEntry[] {
  const units = new Map<string, UsageEntry>();
  for (const entry of entries) {
    if (entry.dimension !== 'mq_messages' && entry.dimension !== 'mq_message_units') continue;
    const whole = { ...entry, dimension: 'mq_message_units' } as const;
    const field = formatUsageField(whole);
    units.set(field, { ...whole, delta: entry.delta + (units.get(field)?.delta ?? 0n) });
  }
  const rest = entries.filter(({ dimension }) => dimension !== 'mq_message_units').map((entry) => [formatUsageField(entry), entry] as const);
  return [...rest, ...units].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

const lineOf = (fields: Readonly<Record<string, string>>, field: string): string => `${field}=${fields[field]!}\n`;

/** Of all lines of a sealed batch, understood or not. */
export function digestOf(fields: Readonly<Record<string, string>>): Buffer<ArrayBuffer> {
  const hash = createHash('sha256');
  for (const field of Object.keys(fields).sort()) hash.update(lineOf(fields, field));
  return hash.digest();
}

/** Reads a sealed batch whole; the faults when one field is not what the broker writes, because then nothing may be booked. */
export function readBatch(fields: Readonly<Record<string, string>>): ReadBatch | { readonly faults: readonly string[] } {
  const faults: string[] = [];
  const sealedAtMs = Number(fields[sealedAtField]);
  // Nothing is counted in an hour that had not begun when the counters were closed: a clock has jumped.
  const lastHour = Math.floor(sealedAtMs / hourMs);
  const entries: UsageEntry[] = [];
  for (const field of Object.keys(fields).sort()) {
    const count = fields[field]!;
    if (field === sealedAtField) continue;
    const parsed = parseUsageField(field);
    if (!parsed) faults.push(`field ${JSON.stringify(field.slice(0, 200))}`);
    else if (parsed.hour < firstHour || parsed.hour > lastHour) faults.push(`hour of ${field}`);
    else if (!countPattern.test(count) || BigInt(count) > largestCount) faults.push(`count of ${field}`);
    else if (count !== '0') entries.push({ ...parsed, delta: BigInt(count) });
  }
  if (!Number.isSafeInteger(sealedAtMs) || sealedAtMs <= 0) faults.push(sealedAtField);
  return faults.length > 0 ? { faults } : { sealedAtMs, entries: withMessageUnits(entries), sha256: digestOf(fields) };
}

/** A batch that is made, not drained. The same entries give the same digest. */
export function batchOf(sealedAtMs: number, entries: readonly UsageEntry[]): ReadBatch {
  const lines = entries.map((entry) => ({ line: `${formatUsageField(entry)}=${entry.delta}\n`, entry })).sort((a, b) => (a.line < b.line ? -1 : 1));
  const hash = createHash('sha256');
  for (const { line } of lines) hash.update(line);
  return { sealedAtMs, entries: lines.map(({ entry }) => entry), sha256: hash.digest() };
}
