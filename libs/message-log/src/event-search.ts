import type { Position } from '@waybill/broker';
import { messageIdOf } from '@waybill/broker';
import type { Logger } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Fact } from './fact.js';
import type { EventPlace, LogEvent, LogEventName } from './log-event.js';
import { eventsOf, isBefore, kindsOf, NotTakenBy } from './log-event.js';
import type { LiveLog } from './log-tail.js';
import { factsOfTail, readTail } from './log-tail.js';
import { unpack } from './segment-format.js';
import { readSegment } from './segment-reader.js';
import type { LogOwner, SegmentFilter, SegmentSearchStore } from './segment-search.store.js';
import { noProgress } from './segment-search.store.js';

export interface EventQuery {
  readonly queueId?: string | undefined;
  /** Routing key of what was published; a trailing `*` matches any end. Events other than publishing have none. */
  readonly key?: string | undefined;
  readonly event?: LogEventName | undefined;
  readonly fromMs?: number | undefined;
  /** Up to and with this moment. */
  readonly toMs?: number | undefined;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/** `messageId` is null where no single message is meant. */
export type FoundEvent = LogEvent & { readonly messageId: string | null };

export interface EventPage {
  readonly events: readonly FoundEvent[];
  readonly next: string | null;
  /** Null while nothing was logged. */
  readonly completeUntilMs: number | null;
}

const segmentsAtOnce = 8;
/** Segments one call reads; what it has not found by then is for the next page. */
const segmentsPerCall = 96;

/** Looks for events, from the newest back. */
export class EventSearch {
  constructor(
    private readonly segments: SegmentSearchStore,
    private readonly live: LiveLog,
    private readonly logger: Logger,
  ) {}

  /** Fails with `page_token_invalid`. */
  async read(owner: LogOwner, query: EventQuery): Promise<EventPage> {
    const before = query.after === undefined ? { number: Number.MAX_SAFE_INTEGER, part: 0 } : placeOf(query.after);
    const tail = await readTail(this.live, owner.namespaceId);
    const stored = await this.segments.progress(owner);
    const progress = stored ?? noProgress;
    const unstored = factsOfTail(owner.namespaceId, tail, progress, this.logger).reverse();
    const page = new Page(query, before);

    for (const facts of unstored) page.take(facts);
    // Rows stored since the progress was read are in the tail as well.
    const upTo = Math.min(progress.events, before.number + 1);
    const through = await this.#takeStored(owner, query, page, upTo);
    const events = page.events();
    const cut = page.overfull ? events.at(-1)?.place : through === null ? undefined : { number: through, part: 0 };
    return {
      events: await this.#withIds(owner, events, unstored),
      next: cut === undefined ? null : `${cut.number}.${cut.part}`,
      completeUntilMs: stored === undefined && tail.entries.length === 0 ? null : tail.completeUntilMs,
    };
  }

  /** Returns the first row that was looked at when the rest is for the next page; null when nothing is left. */
  async #takeStored(owner: LogOwner, query: EventQuery, page: Page, upTo: number): Promise<number | null> {
    const filter = filterOf(query);
    let from = upTo;
    for (let read = 0; read < segmentsPerCall; read += segmentsAtOnce) {
      if (page.overfull) return from;
      const segments = await this.segments.before(owner, from, filter, segmentsAtOnce);
      for (const segment of segments) {
        const facts = [...readSegment(await unpack(segment.payload), segment)];
        page.take(facts.filter(({ number }) => number < upTo));
        from = segment.firstEvent;
        if (page.overfull) return from;
      }
      if (segments.length < segmentsAtOnce) return null;
    }
    return from;
  }

  /** A message that was moved is known by the id of its first place. */
  async #withIds(owner: LogOwner, events: readonly LogEvent[], tail: readonly Fact[][]): Promise<FoundEvent[]> {
    const positions = new Set(events.map(({ position }) => position).filter((position) => position > 0));
    const origins = new Map<Position, Position>();
    const note = (facts: Iterable<Fact>): void => {
      for (const fact of facts) if (fact.kind === 'published' && fact.origin !== undefined && positions.has(fact.position)) origins.set(fact.position, fact.origin);
    };
    if (positions.size > 0) {
      for (const facts of tail) note(facts);
      for (const segment of await this.segments.movedTo(owner, [...positions])) note(readSegment(await unpack(segment.payload), segment));
    }
    return events.map((event) => ({ ...event, messageId: event.position === 0 ? null : messageIdOf(origins.get(event.position) ?? event.position) }));
  }
}

function filterOf({ event, queueId, key, fromMs, toMs }: EventQuery): SegmentFilter {
  return { kinds: key === undefined ? kindsOf(event) : kindsOf(event) & kindsOf('published'), queueId, fromMs, toMs, key: key?.endsWith('*') ? undefined : key };
}

function placeOf(token: string): EventPlace {
  const [, number, part] = /^(\d{1,15})\.(\d{1,9})$/.exec(token) ?? [];
  if (number === undefined) throw new WaybillError('page_token_invalid');
  return { number: Number(number), part: Number(part) };
}

/** The newest events that match and come before a place. */
class Page {
  readonly #found: LogEvent[] = [];
  readonly #matches: (event: LogEvent, key: string | null) => boolean;

  constructor(private readonly query: EventQuery, private readonly before: EventPlace) {
    this.#matches = matcherOf(query);
  }

  /** More was found than fits. */
  get overfull(): boolean {
    return this.#found.length > this.query.limit;
  }

  /** Takes what matches; rows of older segments come in later calls. */
  take(facts: readonly Fact[]): void {
    const notTaken = new NotTakenBy(facts);
    for (let i = facts.length - 1; i >= 0 && !this.overfull; i -= 1) {
      const events = eventsOf(facts[i]!, notTaken);
      const key = events[0]?.key ?? null;
      for (const event of events.reverse()) {
        if (!this.overfull && isBefore(event.place, this.before) && this.#matches(event, key)) this.#found.push(event);
      }
    }
  }

  events(): LogEvent[] {
    return this.#found.slice(0, this.query.limit);
  }
}

/** `key`: that of the message the event's row published. */
function matcherOf({ event, queueId, key, fromMs = -Infinity, toMs = Infinity }: EventQuery): (event: LogEvent, key: string | null) => boolean {
  const wanted = key?.endsWith('*') ? key.slice(0, -1) : key;
  const keyFits = wanted === undefined ? () => true : key === wanted ? (text: string | null) => text === wanted : (text: string | null) => text?.startsWith(wanted) ?? false;
  return (found, foundKey) =>
    (event === undefined || found.event === event) && (queueId === undefined || found.queueId === queueId) && found.atMs >= fromMs && found.atMs <= toMs && keyFits(foundKey);
}
