import type { Logger } from '@waybill/kernel';
import type { EntryDecoder } from './entry-decoder.js';
import type { LogEntry } from './log-entry.js';
import { entryTimeMs } from './log-entry.js';
import type { OpenSegment } from './segment-writer.js';
import { SegmentWriter } from './segment-writer.js';

/** Rows of a full segment. More compress little better, and a lookup reads a whole segment. */
export const fullSegmentEvents = 8_192;

export const hourMs = 3_600_000;

/** Cuts the log into segments: at the hour and when one is full. An entry is never cut. */
export class SegmentPacker {
  readonly #done: OpenSegment[] = [];
  #open: SegmentWriter;
  #next: number;

  /** `firstEvent`: number of the first row that is added. */
  constructor(
    private readonly namespaceId: string,
    firstEvent: number,
    private readonly logger: Logger,
  ) {
    this.#next = firstEvent;
    this.#open = new SegmentWriter(namespaceId, firstEvent);
  }

  /** Number of the next row. */
  get nextEvent(): number {
    return this.#next + this.#open.events;
  }

  /** Entries that are not understood are kept whole and logged. */
  addEntry(entry: LogEntry, decoder: EntryDecoder): void {
    const atMs = entryTimeMs(entry.id);
    this.#cut(atMs);
    let understood: ReturnType<EntryDecoder['decode']>;
    try {
      understood = decoder.decode(entry);
    } catch (error) {
      this.logger.error('message_log.entry_not_understood', { namespaceId: this.namespaceId, entryId: entry.id, error: error instanceof Error ? error : new Error(String(error)) });
      return this.#open.addOpaque(atMs, entry.fields);
    }
    this.#open.add(atMs, understood);
  }

  finish(): OpenSegment[] {
    this.#close();
    return this.#done;
  }

  #cut(atMs: number): void {
    if (this.#open.events === 0) return;
    if (this.#open.events >= fullSegmentEvents || Math.floor(atMs / hourMs) !== Math.floor(this.#open.fromMs / hourMs)) this.#close();
  }

  #close(): void {
    if (this.#open.events === 0) return;
    this.#next += this.#open.events;
    this.#done.push(this.#open.finish());
    this.#open = new SegmentWriter(this.namespaceId, this.#next);
  }
}
