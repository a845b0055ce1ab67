import type { Logger, NamespaceId } from '@waybill/kernel';
import { EntryDecoder } from './entry-decoder.js';
import type { LogEntry, LogStream } from './log-entry.js';
import { beforeAll, entryTimeMs } from './log-entry.js';
import { pack } from './segment-format.js';
import type { PackedSegment } from './segment-merge.js';
import { merge, mergeable } from './segment-merge.js';
import { fullSegmentEvents, hourMs, SegmentPacker } from './segment-packer.js';
import type { OpenSegment } from './segment-writer.js';
import type { LogProgress, SegmentStore } from './segment.store.js';

export interface LogDrained {
  readonly events: number;
  readonly segments: number;
  /** When the last entry stored was written, if entries are left. */
  readonly behindSinceMs: number | undefined;
}

/** What one transaction takes: bounds memory and the time a lock is held. */
const batch = { entriesPerRead: 512, events: 4 * fullSegmentEvents, bytes: 16 * 1024 * 1024 } as const;
const rememberedProgress = 10_000;

interface Batch {
  readonly entries: readonly LogEntry[];
  readonly ended: boolean;
}

/**
 * Moves the message log from Redis into segments in PostgreSQL, exactly once, whatever is killed or runs twice: the
 * transaction that stores segments says through which entry, and only then are the entries deleted.
 */
export class MessageLogDrain {
  readonly #decoder = new EntryDecoder();
  readonly #progress = new Map<NamespaceId, LogProgress>();
  readonly #unknown = new Set<NamespaceId>();

  constructor(
    private readonly log: LogStream<NamespaceId>,
    private readonly segments: SegmentStore,
    private readonly logger: Logger,
  ) {}

  /**
   * Stores what is in the stream, in several transactions, as long as `goOn` says so. Fails when a store cannot be
   * reached; the next call starts over from the last transaction.
   */
  async drain(namespaceId: NamespaceId, goOn: () => boolean = () => true): Promise<LogDrained> {
    let progress = await this.#startFrom(namespaceId);
    let [events, segments] = [0, 0];
    if (progress === undefined) return { events, segments, behindSinceMs: undefined };
    for (;;) {
      const { entries, ended } = await this.#read(namespaceId, progress.lastEntry);
      const last = entries.at(-1);
      if (last === undefined) return { events, segments, behindSinceMs: undefined };
      const after = await this.#store(namespaceId, progress, entries, last.id);
      if (after === undefined) {
        // Another drainer is at it.
        this.#progress.delete(namespaceId);
        return { events, segments, behindSinceMs: undefined };
      }
      events += after.events - progress.events;
      segments += after.segments;
      progress = { lastEntry: last.id, events: after.events };
      await this.#trim(namespaceId, progress);
      if (ended || !goOn()) return { events, segments, behindSinceMs: ended ? undefined : entryTimeMs(last.id) };
    }
  }

  /** Where to go on. A drainer that was killed between its transaction and the deletion left entries that are stored. */
  async #startFrom(namespaceId: NamespaceId): Promise<LogProgress | undefined> {
    const known = this.#progress.get(namespaceId);
    if (known !== undefined) return known;
    const progress = await this.segments.progress(namespaceId);
    if (progress === undefined) {
      // The entries stay: a worker that looks at the wrong database must not destroy evidence.
      if (!this.#unknown.has(namespaceId)) this.logger.error('message_log.namespace_unknown', { namespaceId });
      this.#unknown.add(namespaceId);
      return undefined;
    }
    if (progress.lastEntry !== beforeAll) await this.#trim(namespaceId, progress);
    else this.#remember(namespaceId, progress);
    return progress;
  }

  /** Deletes what is stored. Progress is unknown until it is gone: whoever finds out where to go on deletes it first. */
  async #trim(namespaceId: NamespaceId, progress: LogProgress): Promise<void> {
    this.#progress.delete(namespaceId);
    await this.log.trim(namespaceId, progress.lastEntry);
    this.#remember(namespaceId, progress);
  }

  #remember(namespaceId: NamespaceId, progress: LogProgress): void {
    if (this.#progress.size >= rememberedProgress && !this.#progress.has(namespaceId)) this.#progress.clear();
    this.#progress.set(namespaceId, progress);
  }

  /** Entries for one transaction. */
  async #read(namespaceId: NamespaceId, afterEntryId: string): Promise<Batch> {
    const entries: LogEntry[] = [];
    let [after, bytes, messages] = [afterEntryId, 0, 0];
    while (bytes < batch.bytes && messages < batch.events) {
      const read = await this.log.read(namespaceId, after, batch.entriesPerRead);
      for (const entry of read) {
        entries.push(entry);
        bytes += bytesOf(entry);
        messages += roughEvents(entry);
      }
      if (read.length < batch.entriesPerRead) return { entries, ended: true };
      after = read.at(-1)!.id;
    }
    return { entries, ended: false };
  }

  async #store(namespaceId: NamespaceId, before: LogProgress, entries: readonly LogEntry[], lastEntry: string): Promise<{ events: number; segments: number } | undefined> {
    const packer = new SegmentPacker(namespaceId, before.events, this.logger);
    for (const entry of entries) packer.addEntry(entry, this.#decoder);
    const open = packer.finish();
    const events = packer.nextEvent;
    const replaced = await this.#mergeFirst(namespaceId, open);
    const packed = await Promise.all(open.map(packSegment));
    const outcome = await this.segments.append(namespaceId, before, { lastEntry, events }, packed, replaced);
    return outcome === 'stored' ? { events, segments: packed.length } : undefined;
  }

  /** Joins the first new segment with small ones before it; returns the first rows of those. */
  async #mergeFirst(namespaceId: NamespaceId, open: OpenSegment[]): Promise<number[]> {
    const [first] = open;
    if (first === undefined || first.events >= fullSegmentEvents) return [];
    const small = await this.segments.small(namespaceId, Math.floor(first.fromMs / hourMs) * hourMs);
    const chosen = mergeable(small, first);
    open[0] = await merge(namespaceId, chosen, first);
    return chosen.map(({ firstEvent }) => firstEvent);
  }
}

async function packSegment({ bytes, ...summary }: OpenSegment): Promise<PackedSegment> {
  return { ...summary, payload: await pack(bytes) };
}

function bytesOf({ fields }: LogEntry): number {
  let bytes = 0;
  for (const value of fields.values()) bytes += value.length;
  return bytes;
}

/** Events of an entry, near enough to end a batch by. */
function roughEvents({ fields }: LogEntry): number {
  const [routes, list] = [fields.get('r'), fields.get('m')];
  return routes !== undefined ? routes.length / 2 : 1 + (list?.length ?? 0) / 18;
}
