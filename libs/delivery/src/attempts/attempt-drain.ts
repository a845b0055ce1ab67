import type { Logger, NamespaceId, SubscriptionId } from '@waybill/kernel';
import type { SettledEntry } from './attempt.js';
import { decodeEntry, faultOfPlace } from './attempt-entry.js';
import type { AttemptStore } from './attempt.store.js';
import { beforeAllEntries } from './attempt.store.js';
import type { ParkedEntry } from './parked-attempts.store.js';

/** An entry of the stream of attempts, as the settle script of libs/broker wrote it. */
export interface AttemptEntry {
  /** `<ms>-<n>`: the moment of the script. */
  readonly id: string;
  readonly subscriptionId: string;
  readonly attempts: string;
  /** The moment by which the calls were counted, ms. */
  readonly countedAtMs: number;
  /** All of it: names and values by turns. */
  readonly fields: readonly string[];
}

/** The stream in Redis; libs/broker keeps it. */
export interface AttemptStream {
  /** Entries after an id, oldest first; fewer than `count` only at the end. */
  read(ns: NamespaceId, afterEntryId: string, count: number): Promise<readonly AttemptEntry[]>;
  /** Deletes the entries up to and with an id. */
  trim(ns: NamespaceId, throughEntryId: string): Promise<unknown>;
}

/** Told of entries before they are parked: when that fails they stay in the stream, and are told of again. */
export type TellParkedAttempts = (namespaceId: NamespaceId, entries: readonly ParkedEntry[]) => Promise<void>;

/** Of an entry that the settle script and `encodeAttempts` of some version wrote; what is wrong with any other. */
export function settledOf({ subscriptionId, attempts, countedAtMs }: Omit<AttemptEntry, 'id' | 'fields'>): SettledEntry | { readonly fault: string } {
  const fault = faultOfPlace({ subscriptionId, countedAtMs });
  if (fault !== undefined) return { fault };
  const decoded = decodeEntry(subscriptionId as SubscriptionId, attempts);
  return 'fault' in decoded ? decoded : { ...decoded, subscriptionId: subscriptionId as SubscriptionId, countedAtMs };
}

const entriesPerRead = 64;
/** What one transaction takes. */
const batchAttempts = 4_000;
const batchParked = 500;
const rememberedProgress = 10_000;

interface ReadAttempts {
  readonly entries: SettledEntry[];
  readonly parked: ParkedEntry[];
  /** How many the entries are. */
  readonly attempts: number;
  /** Id of the last entry read; undefined when there was none. */
  readonly last: string | undefined;
  readonly ended: boolean;
}

/**
 * Moves attempts from Redis into PostgreSQL, exactly once, whatever is killed or runs twice: the transaction that stores
 * them says through which entry, and only then are the entries deleted. Entries that are not understood are parked in the
 * same transaction.
 */
export class AttemptDrain {
  readonly #progress = new Map<NamespaceId, string>();
  readonly #unknown = new Set<NamespaceId>();

  constructor(
    private readonly stream: AttemptStream,
    private readonly store: AttemptStore,
    private readonly logger: Logger,
    private readonly tellParked: TellParkedAttempts = () => Promise.resolve(),
  ) {}

  /** Stores what waits, as long as `goOn` says so. Returns how many attempts. Fails when a store cannot be reached; the next call goes on. */
  async drain(namespaceId: NamespaceId, goOn: () => boolean = () => true): Promise<number> {
    let before = await this.#startFrom(namespaceId);
    let stored = 0;
    while (before !== undefined) {
      const { entries, parked, attempts, last, ended } = await this.#read(namespaceId, before);
      if (last === undefined) break;
      if (parked.length > 0) await this.tellParked(namespaceId, parked);
      if ((await this.store.append(namespaceId, before, last, entries, parked)) === 'moved_on') {
        // Another drainer is at it.
        this.#progress.delete(namespaceId);
        break;
      }
      for (const { id, code, reason } of parked) this.logger.error('push.attempts_parked', { namespaceId, entry: id, code, reason });
      stored += attempts;
      before = last;
      await this.#trim(namespaceId, last);
      if (ended || !goOn()) break;
    }
    return stored;
  }

  /** Where to go on. A drainer that was killed between its transaction and the deletion left entries that are stored. */
  async #startFrom(namespaceId: NamespaceId): Promise<string | undefined> {
    const known = this.#progress.get(namespaceId);
    if (known !== undefined) return known;
    const last = await this.store.lastEntry(namespaceId);
    if (last === undefined) {
      // The entries stay: a worker that looks at the wrong database must not destroy evidence.
      if (!this.#unknown.has(namespaceId)) this.logger.error('push.attempts_namespace_unknown', { namespaceId });
      this.#unknown.add(namespaceId);
      return undefined;
    }
    if (last !== beforeAllEntries) await this.#trim(namespaceId, last);
    else this.#remember(namespaceId, last);
    return last;
  }

  /** Deletes what is stored. Progress is unknown until it is gone: whoever finds out where to go on deletes it first. */
  async #trim(namespaceId: NamespaceId, last: string): Promise<void> {
    this.#progress.delete(namespaceId);
    await this.stream.trim(namespaceId, last);
    this.#remember(namespaceId, last);
  }

  #remember(namespaceId: NamespaceId, last: string): void {
    if (this.#progress.size >= rememberedProgress && !this.#progress.has(namespaceId)) this.#progress.clear();
    this.#progress.set(namespaceId, last);
  }

  async #read(namespaceId: NamespaceId, after: string): Promise<ReadAttempts> {
    const entries: SettledEntry[] = [];
    const parked: ParkedEntry[] = [];
    let attempts = 0;
    let last: string | undefined;
    while (attempts < batchAttempts && parked.length < batchParked) {
      const read = await this.stream.read(namespaceId, last ?? after, entriesPerRead);
      for (const one of read) {
        const entry = settledOf(one);
        if ('fault' in entry) parked.push({ id: one.id, fields: one.fields, code: 'attempts_not_understood', reason: entry.fault });
        else {
          entries.push(entry);
          attempts += (entry.delivered?.count ?? 0) + entry.others.length;
        }
      }
      last = read.at(-1)?.id ?? last;
      if (read.length < entriesPerRead) return { entries, parked, attempts, last, ended: true };
    }
    return { entries, parked, attempts, last, ended: false };
  }
}
