import type { OpenSegment } from './segment-writer.js';
import { SegmentWriter } from './segment-writer.js';
import { fullSegmentEvents } from './segment-packer.js';
import { readSegment } from './segment-reader.js';
import { unpack } from './segment-format.js';
import type { StoredSegment } from './segment.store.js';

/** A segment ready to be stored. */
export type PackedSegment = Omit<OpenSegment, 'bytes'> & { readonly payload: Buffer<ArrayBuffer> };

/** Always written again with what follows: a quiet namespace gets no row for each event. */
const tinySegmentEvents = 256;

/**
 * Which of the newest small segments go into one with a new one that follows them: the tiny ones, and those not larger
 * than what they are joined with. So a row is written again a handful of times until its segment is full, and an hour
 * has a handful of small segments at any time. `small` is newest first.
 */
export function mergeable(small: readonly StoredSegment[], next: { readonly firstEvent: number; readonly events: number }): StoredSegment[] {
  const chosen: StoredSegment[] = [];
  let { firstEvent, events } = next;
  for (const segment of small) {
    const follows = segment.firstEvent + segment.events === firstEvent;
    if (!follows || (segment.events > events && segment.events > tinySegmentEvents) || segment.events + events > fullSegmentEvents) break;
    chosen.unshift(segment);
    firstEvent = segment.firstEvent;
    events += segment.events;
  }
  return chosen;
}

/** One segment of the rows of all, which follow each other. */
export async function merge(namespaceId: string, stored: readonly StoredSegment[], next: OpenSegment): Promise<OpenSegment> {
  const [first] = stored;
  if (first === undefined) return next;
  const writer = new SegmentWriter(namespaceId, first.firstEvent, first.fromMs);
  for (const segment of stored) {
    for (const fact of readSegment(await unpack(segment.payload), segment)) writer.addFact(fact);
  }
  for (const fact of readSegment(next.bytes, next)) writer.addFact(fact);
  return writer.finish();
}
