/** One entry of a namespace's log stream, as Redis gives it. */
export interface LogEntry {
  /** `<ms>-<n>`: Redis time of the call that wrote it, and a counter. */
  readonly id: string;
  readonly fields: ReadonlyMap<string, Buffer>;
}

/** The log stream in Redis; libs/broker keeps it. */
export interface LogStream<Namespace extends string = string> {
  /** Entries after an id, oldest first; fewer than `count` only at the end of the stream. */
  read(ns: Namespace, afterEntryId: string, count: number): Promise<readonly LogEntry[]>;
  /** Deletes the entries up to and with an id. */
  trim(ns: Namespace, throughEntryId: string): Promise<unknown>;
}

/** Before every entry. */
export const beforeAll = '0-0';

/** When the entry was written, milliseconds since the Unix epoch. */
export function entryTimeMs(entryId: string): number {
  return Number(entryId.slice(0, entryId.indexOf('-')));
}

/** Whether an entry was written after another one. */
export function isAfter(entryId: string, otherId: string): boolean {
  const [ms, otherMs] = [entryTimeMs(entryId), entryTimeMs(otherId)];
  return ms === otherMs ? counterOf(entryId) > counterOf(otherId) : ms > otherMs;
}

function counterOf(entryId: string): bigint {
  return BigInt(entryId.slice(entryId.indexOf('-') + 1));
}
