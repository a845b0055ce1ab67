import type { Position } from '@waybill/broker';

/**
 * What a stored row says. The place in this list is the number in the segments: a kind is never moved or removed.
 * `opaque`: an entry of the stream this version does not understand, kept whole for one that does. `due`: a delay or
 * deferral is over. `emptied`: a queue was purged as a whole; its position is 0, because nobody knows which were in it.
 */
export const factKinds = [
  'opaque', 'published', 'refused', 'duplicate', 'leased', 'accepted', 'released', 'dead', 'extended', 'deferred', 'returned', 'due', 'purged', 'emptied',
] as const;
export type FactKind = (typeof factKinds)[number];

export const codeOf = Object.fromEntries(factKinds.map((kind, code) => [kind, code])) as Readonly<Record<FactKind, number>>;

/** Where a published message went, by id. */
export interface LoggedRoute {
  /** What the publish is counted on: an exchange, a queue or the namespace. */
  readonly on: string;
  /** Exchanges that are counted. */
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
  /** All exchanges, in the order passed. */
  readonly passed: readonly string[];
  /** publish, schedule, dead-letter or replay. */
  readonly cause: string;
}

interface Row {
  /** Its place among all rows of the namespace, from 0; the same before and after it is stored. */
  readonly number: number;
  /** When it was counted; of what counts nothing, when it was written. */
  readonly atMs: number;
}

export interface PublishedFact extends Row {
  readonly kind: 'published';
  readonly position: Position;
  readonly route: LoggedRoute;
  /** Id of the key or person; empty when unknown. */
  readonly publishedBy: string;
  readonly bytes: number;
  readonly key: string;
  /** Position in the message's own id, when it was published before and moved. */
  readonly origin: Position | undefined;
}

/** What happened to a message in one queue. */
export interface QueueFact extends Row {
  readonly kind: Exclude<FactKind, 'opaque' | 'published'>;
  readonly position: Position;
  readonly queueId: string;
  /** 0 where it does not apply. */
  readonly deliveries: number;
  /** leased: KiB that went out, of a first hand-out alone; released: delay ms; extended: lease ms; duplicate: how many positions before it the original is; dead: reason; refused: limit. */
  readonly argument: number | string | undefined;
  /** leased: who took it. */
  readonly holder: string | undefined;
}

export interface OpaqueFact extends Row {
  readonly kind: 'opaque';
  readonly fields: ReadonlyMap<string, Buffer>;
}

export type Fact = PublishedFact | QueueFact | OpaqueFact;
