import type { Position } from '@waybill/broker';
import { positionOf, timeOfMs } from '@waybill/broker';
import type { Logger } from '@waybill/kernel';
import type { Fact } from './fact.js';
import type { LogEvent } from './log-event.js';
import { eventsOf, isBefore, NotTakenBy } from './log-event.js';
import type { LiveLog } from './log-tail.js';
import { factsOfTail, readTail } from './log-tail.js';
import type { Timeline } from './message-log-reader.js';
import { unpack } from './segment-format.js';
import { readSegment } from './segment-reader.js';
import type { LogOwner, SegmentSearchStore } from './segment-search.store.js';
import { noProgress } from './segment-search.store.js';
import type { StoredSegment } from './segment.store.js';

/** How often a message is followed to another place. */
const moveLimit = 50;
/** How much earlier than its position says a publish may have been written down: Redis's clock was set back meanwhile. */
const slackMs = 60_000;
const endings: ReadonlySet<string> = new Set(['accepted', 'dead', 'purged']);

/** Collects what the log says of one message. */
export class MessageTimeline {
  readonly #events = new Map<string, LogEvent>();
  readonly #places = new Set<Position>();
  #tail: readonly Fact[][] = [];
  #storedEvents = 0;
  /** Whether another message was moved to the place that was asked for: it goes by its own id. */
  #taken = false;

  constructor(
    private readonly segments: SegmentSearchStore,
    private readonly live: LiveLog,
    private readonly logger: Logger,
  ) {}

  /** Undefined when the log does not know the message. */
  async read(owner: LogOwner, messageId: string): Promise<Timeline | undefined> {
    const position = positionOf(messageId);
    if (position === undefined) return undefined;
    const tail = await readTail(this.live, owner.namespaceId, `${Math.max(0, timeOfMs(position) - slackMs)}-0`);
    const progress = (await this.segments.progress(owner)) ?? noProgress;
    this.#storedEvents = progress.events;
    this.#tail = factsOfTail(owner.namespaceId, tail, progress, this.logger);

    this.#places.add(position);
    // The set grows while it is walked: a message that was moved goes on at another place.
    for (const place of this.#places) {
      for (const segment of await this.segments.touching(owner, place)) this.#take(await this.#factsOf(segment), place, position);
      for (const facts of this.#tail) this.#take(facts, place, position);
      if (this.#places.size > moveLimit) break;
    }
    if (this.#events.size === 0 || this.#taken) return undefined;
    await this.#addPurges(owner);
    const events = [...this.#events.values()].sort((a, b) => (isBefore(a.place, b.place) ? -1 : 1));
    return { events: returnedFirst(events), completeUntilMs: tail.completeUntilMs };
  }

  async #factsOf(segment: StoredSegment): Promise<Fact[]> {
    // What was stored since the progress was read is in the tail as well.
    return [...readSegment(await unpack(segment.payload), segment)].filter(({ number }) => number < this.#storedEvents);
  }

  #take(facts: readonly Fact[], place: Position, own: Position): void {
    let notTaken: NotTakenBy | undefined;
    for (const fact of facts) {
      if (fact.kind === 'opaque' || fact.kind === 'emptied') continue;
      if (fact.kind === 'published' && fact.origin === place) this.#places.add(fact.position);
      const repeated = fact.kind === 'duplicate' && typeof fact.argument === 'number' && fact.position - fact.argument === place;
      if (fact.position !== place && !repeated) continue;
      if (fact.kind === 'published' && place === own && fact.origin !== undefined && fact.origin !== own) this.#taken = true;
      for (const event of eventsOf(fact, (notTaken ??= new NotTakenBy(facts)))) this.#events.set(`${event.place.number} ${event.place.part}`, event);
    }
  }

  /** A queue that was emptied as a whole took the message along when it was still there. */
  async #addPurges(owner: LogOwner): Promise<void> {
    for (const routed of [...this.#events.values()]) {
      const { queueId, position } = routed;
      if (routed.event !== 'routed' || queueId === null) continue;
      const ended = [...this.#events.values()].some((event) => event.queueId === queueId && event.position === position && endings.has(event.event));
      if (ended || this.#movedOn(position)) continue;
      const purge = await this.#firstPurge(owner, queueId, routed);
      if (purge !== undefined) this.#events.set(`${purge.place.number} ${queueId}`, { ...purge, position });
    }
  }

  #movedOn(position: Position): boolean {
    return [...this.#events.values()].some((event) => event.event === 'moved' && event.position > position);
  }

  async #firstPurge(owner: LogOwner, queueId: string, after: LogEvent): Promise<LogEvent | undefined> {
    const stored = await this.segments.emptied(owner, queueId, after.atMs, 4);
    for (const facts of [...(await Promise.all(stored.map((segment) => this.#factsOf(segment)))), ...this.#tail]) {
      const found = facts.find((fact) => fact.kind === 'emptied' && fact.queueId === queueId && fact.number > after.place.number);
      if (found !== undefined) return eventsOf(found, new NotTakenBy([]))[0];
    }
    return undefined;
  }
}

/** The claim that takes a lapsed lease back and hands the message out again writes the new lease down first. */
function returnedFirst(events: readonly LogEvent[]): LogEvent[] {
  const ordered: LogEvent[] = [];
  for (const event of events) {
    const next = event.event !== 'returned' ? -1 : ordered.findIndex((other) =>
      other.atMs === event.atMs && other.queueId === event.queueId && other.position === event.position && (other.deliveries ?? 0) > (event.deliveries ?? 0));
    ordered.splice(next < 0 ? ordered.length : next, 0, event);
  }
  return ordered;
}
