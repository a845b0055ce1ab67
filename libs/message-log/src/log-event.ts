import type { Position } from '@waybill/broker';
import { messageIdOf } from '@waybill/broker';
import type { Fact, PublishedFact, QueueFact } from './fact.js';
import { codeOf } from './fact.js';

/** What people ask for. `routed` is not stored by itself: the route of a published message says it. */
export const logEventNames = [
  'published', 'routed', 'duplicate', 'refused', 'leased', 'released', 'returned', 'extended', 'deferred', 'accepted', 'dead', 'moved', 'purged',
] as const;
export type LogEventName = (typeof logEventNames)[number];

export interface LogEvent {
  /** Place of the row in the log, and of the event among those of the row. */
  readonly place: EventPlace;
  readonly atMs: number;
  readonly event: LogEventName;
  /** 0 when no single message is meant. */
  readonly position: Position;
  readonly queueId: string | null;
  readonly exchangeId: string | null;
  readonly key: string | null;
  readonly bytes: number | null;
  readonly deliveries: number | null;
  readonly holder: string | null;
  readonly reason: string | null;
}

export interface EventPlace {
  readonly number: number;
  readonly part: number;
}

export const isBefore = (a: EventPlace, b: EventPlace): boolean => (a.number === b.number ? a.part < b.part : a.number < b.number);

/** Which kinds of rows tell of an event. */
const toldBy: Readonly<Record<LogEventName, readonly (keyof typeof codeOf)[]>> = {
  published: ['published'], routed: ['published'], moved: ['published'], duplicate: ['duplicate'], refused: ['refused'], leased: ['leased'],
  released: ['released'], returned: ['returned', 'due'], extended: ['extended'], deferred: ['deferred'], accepted: ['accepted'], dead: ['dead'],
  purged: ['purged', 'emptied'],
};

/** Bit n: rows of kind n tell of the event; of any event without one. */
export function kindsOf(event: LogEventName | undefined): number {
  const kinds = event === undefined ? Object.values(toldBy).flat() : toldBy[event];
  return kinds.reduce((mask, kind) => mask | (1 << codeOf[kind]), 0);
}

/** The queues that did not take a message of the same rows. Rows of one publish are never apart. */
export class NotTakenBy {
  readonly #found = new Set<string>();

  constructor(facts: Iterable<Fact>) {
    for (const fact of facts) if (fact.kind === 'refused' || fact.kind === 'duplicate') this.#found.add(`${fact.position} ${fact.queueId}`);
  }

  /** The queues that have the message. */
  taken({ position, route }: PublishedFact): readonly string[] {
    return this.#found.size === 0 ? route.queues : route.queues.filter((queueId) => !this.#found.has(`${position} ${queueId}`));
  }
}

/** What a row says, in order. A message that no queue it reached took was not published. */
export function eventsOf(fact: Fact, notTaken: NotTakenBy): LogEvent[] {
  if (fact.kind === 'opaque') return [];
  if (fact.kind !== 'published') return [ofQueue(fact)];
  const { route, position, number, atMs } = fact;
  const taken = notTaken.taken(fact);
  if (taken.length === 0 && route.queues.length > 0) return [];
  const [exchangeId = null, ...further] = route.passed;
  const routed = (part: number, of: { exchangeId: string | null; queueId: string | null }): LogEvent => ({
    ...empty, place: { number, part }, atMs, event: 'routed', position, ...of,
  });
  return [
    {
      ...empty, place: { number, part: 0 }, atMs, position, exchangeId, event: fact.origin === undefined ? 'published' : 'moved', key: fact.key, bytes: fact.bytes,
      holder: fact.publishedBy || null, reason: route.cause === 'publish' ? null : route.cause,
    },
    ...further.map((id, i) => routed(i + 1, { exchangeId: id, queueId: null })),
    ...taken.map((id, i) => routed(further.length + i + 1, { exchangeId: null, queueId: id })),
  ];
}

const empty = { queueId: null, exchangeId: null, key: null, bytes: null, deliveries: null, holder: null, reason: null } as const;
const named: Partial<Record<QueueFact['kind'], LogEventName>> = { due: 'returned', emptied: 'purged' };

function ofQueue(fact: QueueFact): LogEvent {
  const { kind, number, atMs, position, queueId, deliveries, holder } = fact;
  return {
    ...empty, place: { number, part: 0 }, atMs, position, queueId, event: named[kind] ?? (kind as LogEventName), reason: reasonOf(fact),
    deliveries: deliveries === 0 ? null : deliveries, holder: holder || null,
  };
}

function reasonOf({ kind, argument, position }: QueueFact): string | null {
  switch (kind) {
    case 'leased':
      return null;
    case 'returned':
      return 'lease_ran_out';
    case 'due':
      return 'delay_over';
    case 'emptied':
      return 'queue_purged';
    case 'duplicate':
      return typeof argument === 'number' ? messageIdOf(position - argument) : null;
    case 'released':
      return argument === undefined || argument === 0 ? null : `after ${Number(argument) / 1_000} s`;
    case 'extended':
      return argument === undefined ? null : `for ${Number(argument) / 1_000} s`;
    default:
      return argument === undefined ? null : String(argument);
  }
}
