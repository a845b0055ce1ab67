import { positionOf, timeOfMs } from '../position.js';
import type { Entry } from './operated-queue.js';

/** Which messages of a queue; all that is given must hold. Moments are RFC 3339, both ends belong to the range. */
export interface MessageFilter {
  readonly ids?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly group?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Text in the body, as UTF-8. A body that is stored outside the message store is not searched and does not match. */
  readonly bodyContains?: string | undefined;
  readonly publishedFrom?: string | undefined;
  readonly publishedTo?: string | undefined;
  readonly reason?: string | undefined;
  readonly deadFrom?: string | undefined;
  readonly deadTo?: string | undefined;
}

export type EntryTest = (entry: Entry) => boolean;

/** When a message was first published: its own id carries it through every move. Milliseconds since the Unix epoch. */
export function publishedAtMs({ id, position }: Pick<Entry, 'id' | 'position'>): number {
  return timeOfMs(positionOf(id) ?? position);
}

function within(from: string | undefined, to: string | undefined, momentOf: (entry: Entry) => number | undefined): EntryTest | undefined {
  if (from === undefined && to === undefined) return undefined;
  const firstMs = from === undefined ? -Infinity : Date.parse(from);
  const lastMs = to === undefined ? Infinity : Date.parse(to);
  return (entry) => {
    const atMs = momentOf(entry);
    return atMs !== undefined && atMs >= firstMs && atMs <= lastMs;
  };
}

function same<T>(wanted: T | undefined, valueOf: (entry: Entry) => T | undefined): EntryTest | undefined {
  return wanted === undefined ? undefined : (entry) => valueOf(entry) === wanted;
}

function withHeaders(wanted: Readonly<Record<string, string>> | undefined): EntryTest | undefined {
  if (wanted === undefined) return undefined;
  const pairs = Object.entries(wanted).map(([name, value]) => [name.toLowerCase(), value] as const);
  return ({ properties: { headers } }) => pairs.every(([name, value]) => Object.hasOwn(headers, name) && headers[name] === value);
}

function oneOf(ids: readonly string[] | undefined): EntryTest | undefined {
  if (ids === undefined) return undefined;
  const wanted = new Set(ids);
  return ({ id }) => wanted.has(id);
}

function containing(text: string | undefined): EntryTest | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  return ({ body }) => body.includes(bytes);
}

/** The filter as a test of one message; the tests that read the body come last. */
export function compileMessageFilter(filter: MessageFilter): EntryTest {
  const tests = [
    oneOf(filter.ids),
    same(filter.key, ({ properties }) => properties.key),
    same(filter.group, ({ properties }) => properties.group),
    same(filter.correlationId, ({ properties }) => properties.correlationId),
    same(filter.reason, ({ properties }) => properties.death?.reason),
    within(filter.publishedFrom, filter.publishedTo, publishedAtMs),
    within(filter.deadFrom, filter.deadTo, ({ properties }) => properties.death?.atMs),
    withHeaders(filter.headers),
    containing(filter.bodyContains),
  ].filter((test) => test !== undefined);
  return (entry) => tests.every((test) => test(entry));
}
