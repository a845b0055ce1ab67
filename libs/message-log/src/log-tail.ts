import type { Logger, NamespaceId } from '@waybill/kernel';
import { EntryDecoder } from './entry-decoder.js';
import type { Fact } from './fact.js';
import type { LogEntry, LogStream } from './log-entry.js';
import { beforeAll, entryTimeMs, isAfter } from './log-entry.js';
import { SegmentPacker } from './segment-packer.js';
import { readSegment } from './segment-reader.js';
import type { LogProgress } from './segment.store.js';

/** The log in Redis, and what is known of it there. */
export interface LiveLog extends LogStream<NamespaceId> {
  /** Redis time. */
  nowMs(): Promise<number>;
  /** Whether the namespace keeps no log now. */
  isOff(namespaceId: NamespaceId): Promise<boolean>;
}

/** What one answer reads of a log that is far behind. */
const limits = { entriesPerRead: 256, bytes: 16 * 1024 * 1024 } as const;

/** The end of the log that is not yet in the database, as it was at one moment. */
export interface LogTail {
  readonly entries: readonly LogEntry[];
  /** Everything up to this moment is in the entries or in the database; null while there are none. */
  readonly completeUntilMs: number;
}

/** Reads entries after an id. Must be done before the database is read: what is drained in between is then seen twice, not missed. */
export async function readTail(log: LiveLog, namespaceId: NamespaceId, after = beforeAll): Promise<LogTail> {
  const nowMs = await log.nowMs();
  const entries: LogEntry[] = [];
  let [from, bytes] = [after, 0];
  while (bytes < limits.bytes) {
    const read = await log.read(namespaceId, from, limits.entriesPerRead);
    for (const entry of read) {
      entries.push(entry);
      for (const value of entry.fields.values()) bytes += value.length;
    }
    if (read.length < limits.entriesPerRead) return { entries, completeUntilMs: nowMs };
    from = read.at(-1)!.id;
  }
  return { entries, completeUntilMs: entryTimeMs(from) - 1 };
}

/** The rows of the entries that are not in the database, numbered as they will be there. */
export function factsOfTail(namespaceId: NamespaceId, { entries }: LogTail, progress: LogProgress, logger: Logger): Fact[][] {
  const packer = new SegmentPacker(namespaceId, progress.events, logger);
  const decoder = new EntryDecoder();
  for (const entry of entries) if (isAfter(entry.id, progress.lastEntry)) packer.addEntry(entry, decoder);
  return packer.finish().map((segment) => [...readSegment(segment.bytes, segment)]);
}
