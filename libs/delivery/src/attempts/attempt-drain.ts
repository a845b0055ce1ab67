import type { Logger, NamespaceId, SubscriptionId } from '@waybill/kernel';
import type { SettledEntry } from './attempt.js';
import { decodeEntry } from './attempt-entry.js';
import type { AttemptStore } from './attempt.store.js';
import { beforeAllEntries } from './attempt.store.js';

/** An entry of the stream of attempts, as the settle script of libs/broker wrote it. */
export interface AttemptEntry {
  /** `<ms>-<n>`: the moment of the script. */
  readonly id: string;
  readonly subscriptionId: string;
  readonly attempts: string;
  /** The moment by which the calls were counted, ms. */
  readonly countedAtMs: number;
}

/** The stream in Redis; libs/broker keeps it. */
export interface AttemptStream {
  /** Entries after an id, oldest first; fewer than `count` only at the end. */
  read(ns: NamespaceId, afterEntryId: string, count: number): Promise<readonly AttemptEntry[]>;
  /** Deletes the entries up to and with an id. */
  trim(ns: NamespaceId, throughEntryId: string): Promise<unknown>;
}

const entriesPerRead = 64;
/** What one transaction takes. */
const batchAttempts = 4_000;
const rememberedProgress = 10_000;

/**
 * Moves attempts from Redis into PostgreSQL, exactly once, whatever is killed or runs twice: the transaction that stores
 * them says through which entry, and only then are the entries deleted.
 */
export class AttemptDrain {
  readonly #progress = new Map<NamespaceId, string>();
  readonly #unknown = new Set<NamespaceId>();

  constructor(
    private readonly stream: AttemptStream,
    private readonly store: AttemptStore,
    private readonly logger: Logger,
  ) {}

  /** Stores what waits, as long as `goOn` says so. Returns how many attempts. Fails when a store cannot be reached; the next call goes on. */
  async drain(namespaceId: NamespaceId, goOn: () => boolean = () => true): Promise<number> {
    let before = await this.#startFrom(namespaceId);
    let stored = 0;
    while (before !== undefined) {
      const { entries, attempts, last, ended } = await this.#read(namespaceId, before);
      if (last === undefined) break;
      if ((await this.store.append(namespaceId, before, last, entries)) === 'moved_on') {
        // Another drainer is at it.
        this.#progress.delete(namespaceId);
        break;
      }
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

  async #read(namespaceId: NamespaceId, after: string): Promise<{ entries: SettledEntry[]; attempts: number; last: string | undefined; ended: boolean }> {
    const entries: SettledEntry[] = [];
    let attempts = 0;
    let last: string | undefined;
    while (attempts < batchAttempts) {
      const read = await this.stream.read(namespaceId, last ?? after, entriesPerRead);
      for (const one of read) {
        const entry = this.#decoded(namespaceId, one);
        if (entry === undefined) continue;
        entries.push(entry);
        attempts += (entry.delivered?.count ?? 0) + entry.others.length;
      }
      last = read.at(-1)?.id ?? last;
      if (read.length < entriesPerRead) return { entries, attempts, last, ended: true };
    }
    return { entries, attempts, last, ended: false };
  }

  #decoded(namespaceId: NamespaceId, { id, subscriptionId, attempts, countedAtMs }: AttemptEntry): SettledEntry | undefined {
    const decoded = decodeEntry(subscriptionId as SubscriptionId, attempts);
    if (decoded === undefined) this.logger.error('push.attempts_not_understood', { namespaceId, subscriptionId, entry: id, bytes: attempts.length });
    return decoded && { ...decoded, subscriptionId: subscriptionId as SubscriptionId, countedAtMs };
  }
}
