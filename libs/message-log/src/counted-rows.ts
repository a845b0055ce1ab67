import { messageIdOf, timeOfMs } from '@waybill/broker';
import type { Fact } from './fact.js';
import { kindsOf, NotTakenBy } from './log-event.js';
import { unpack } from './segment-format.js';
import { readSegment } from './segment-reader.js';
import type { LogOwner, SegmentSearchStore } from './segment-search.store.js';

interface Counted {
  /** Its place among all rows of the namespace. */
  readonly number: number;
  /** When it was counted. */
  readonly atMs: number;
  readonly messageId: string;
}

/** A message that was stored, or that reached no queue: published, or moved (`cause`). */
export interface PublishedRow extends Counted {
  readonly kind: 'published';
  readonly cause: string;
  /** Id of what the publish is counted on. */
  readonly on: string;
  /** Ids of the exchanges that are counted. */
  readonly exchanges: readonly string[];
  /** Ids of the queues that took it. */
  readonly queues: readonly string[];
  readonly bytes: number;
  readonly key: string;
  /** Id of the key or person; empty when unknown. */
  readonly publishedBy: string;
}

/** A message that died: the dead letters of its queue took it. */
export interface DeadRow extends Counted {
  readonly kind: 'dead';
  readonly queueId: string;
}

/** A copy that was handed out for the first time. */
export interface DeliveredRow extends Counted {
  readonly kind: 'delivered';
  readonly queueId: string;
  /** What it was counted as going out; 0 to a push subscription; null in the log of a version that did not say. */
  readonly kib: number | null;
  /** Who took it; empty when it gave no name. */
  readonly holder: string;
}

export type CountedRow = PublishedRow | DeadRow | DeliveredRow;

export interface CountedRange {
  readonly fromMs: number;
  /** Before this moment. */
  readonly toMs: number;
  /** Rows after this one; from the first on when it is left out. */
  readonly afterNumber?: number | undefined;
  /** Segments that do not name the queue are not read; rows of others may still come. */
  readonly queueId?: string | undefined;
  /** Rows of deliveries alone, or of everything else; both when it is left out. */
  readonly only?: 'deliveries' | 'passes' | undefined;
}

const segmentsAtOnce = 16;
/** An entry is written at the end of the call whose clock counted, so it may lie a little later. */
const lateMs = 60_000;
const kinds = { passes: kindsOf('published') | kindsOf('dead') | kindsOf('refused') | kindsOf('duplicate'), deliveries: kindsOf('leased') };

/**
 * The rows that say what was counted in a range, segment by segment, in order. A publish was counted at the time in its
 * position, which is that of the script that counted it; what happened in a queue at the time its entry says.
 */
export async function* countedRows(segments: SegmentSearchStore, owner: LogOwner, { fromMs, toMs, afterNumber = -1, queueId, only }: CountedRange): AsyncGenerator<CountedRow[]> {
  const filter = { kinds: only === undefined ? kinds.passes | kinds.deliveries : kinds[only], fromMs, toMs: toMs + lateMs, queueId };
  // A segment that began before the row asked for may hold what comes after it.
  for (let from = Math.max(0, afterNumber + 1 - longestSegment); ; ) {
    const found = await segments.from(owner, from, filter, segmentsAtOnce);
    for (const segment of found) {
      from = segment.firstEvent + segment.events;
      if (from <= afterNumber + 1) continue;
      const rows = rowsOf([...readSegment(await unpack(segment.payload), segment)]).filter(
        ({ kind, number, atMs }) => number > afterNumber && atMs >= fromMs && atMs < toMs && (only === undefined || (kind === 'delivered') === (only === 'deliveries')),
      );
      if (rows.length > 0) yield rows;
    }
    if (found.length < segmentsAtOnce) return;
  }
}

/** Rows in one segment at most; beyond it `afterNumber` would miss some. */
const longestSegment = 65_536;

function rowsOf(facts: readonly Fact[]): CountedRow[] {
  const notTaken = new NotTakenBy(facts);
  const rows: CountedRow[] = [];
  for (const fact of facts) {
    if (fact.kind === 'dead') rows.push({ kind: 'dead', number: fact.number, atMs: fact.atMs, messageId: messageIdOf(fact.position), queueId: fact.queueId });
    if (fact.kind === 'leased' && fact.deliveries === 1) {
      const { number, atMs, position, queueId, argument, holder } = fact;
      rows.push({ kind: 'delivered', number, atMs, messageId: messageIdOf(position), queueId, kib: typeof argument === 'number' ? argument : null, holder: holder ?? '' });
    }
    if (fact.kind !== 'published') continue;
    const queues = notTaken.taken(fact);
    const { number, position, origin, route, bytes, key, publishedBy } = fact;
    if (queues.length === 0 && route.queues.length > 0) continue;
    rows.push({ kind: 'published', number, atMs: timeOfMs(position), messageId: messageIdOf(origin ?? position), cause: route.cause, on: route.on, exchanges: route.exchanges, queues, bytes, key, publishedBy });
  }
  return rows;
}
