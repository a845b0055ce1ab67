import { eventsOf, kindsOf, NotTakenBy } from './log-event.js';
import type { LogEventName } from './log-event.js';
import type { Fact, PublishedFact } from './fact.js';
import { unpack } from './segment-format.js';
import { readSegment } from './segment-reader.js';
import type { LogOwner, SegmentSearchStore } from './segment-search.store.js';

/** What a range of the log adds up to. */
export interface LogCount {
  readonly events: Readonly<Partial<Record<LogEventName, number>>>;
  /** As the ledger counts publishing: `<dimension>|<cause>|<resource id>` to a quantity (libs/metering/src/dimensions.ts). */
  readonly metered: ReadonlyMap<string, number>;
}

const segmentsAtOnce = 16;
/** What moves for these causes is no new message; its passes are counted alone. */
const movedCauses: ReadonlySet<string> = new Set(['dead-letter', 'replay']);

/** Reads every segment of the range once, a few at a time. */
export async function countSegments(segments: SegmentSearchStore, owner: LogOwner, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<LogCount> {
  const events: Partial<Record<LogEventName, number>> = {};
  const metered = new Map<string, number>();
  const count = (dimension: string, cause: string, resource: string, by: number): void => {
    const field = `${dimension}|${cause}|${resource}`;
    metered.set(field, (metered.get(field) ?? 0) + by);
  };
  const take = (facts: readonly Fact[]): void => {
    const notTaken = new NotTakenBy(facts);
    for (const fact of facts) {
      if (fact.atMs < fromMs || fact.atMs >= toMs) continue;
      for (const { event } of eventsOf(fact, notTaken)) events[event] = (events[event] ?? 0) + 1;
      if (fact.kind === 'published') meter(fact, notTaken.taken(fact), count);
    }
  };
  const filter = { kinds: kindsOf(undefined), fromMs, toMs: toMs - 1 };
  for (let from = 0; ; ) {
    const found = await segments.from(owner, from, filter, segmentsAtOnce);
    for (const segment of found) {
      take([...readSegment(await unpack(segment.payload), segment)]);
      from = segment.firstEvent + segment.events;
    }
    if (found.length < segmentsAtOnce) return { events, metered };
  }
}

const messageUnitKib = 64;

/** The rules of libs/broker/src/redis/lua/publish.lua. */
function meter({ route, bytes }: PublishedFact, taken: readonly string[], count: (dimension: string, cause: string, resource: string, by: number) => void): void {
  const { on, cause, exchanges, queues } = route;
  if (taken.length === 0 && queues.length > 0) return;
  if (!movedCauses.has(cause)) {
    count('mq_messages', cause, on, 1);
    const kib = Math.max(1, Math.ceil(bytes / 1_024));
    count('mq_kib_in', cause, on, kib);
    // The counter has what a message is beyond one unit.
    if (kib > messageUnitKib) count('mq_message_units', cause, on, Math.ceil(kib / messageUnitKib) - 1);
  }
  for (const exchange of exchanges) count('mq_exchange_passes', cause, exchange, 1);
  for (const queue of taken) count('mq_queue_passes', cause, queue, 1);
  if (queues.length === 0) count('mq_unroutable', cause, on, 1);
}
