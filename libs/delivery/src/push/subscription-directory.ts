import type { Logger, SubscriptionId } from '@waybill/kernel';
import type { ActiveSubscription, SubscriptionFeed, SubscriptionNudges } from '../subscriptions/subscription-feed.js';

const pageSize = 1_000;
/** A nudge can be lost. */
const readEveryMs = 3_000;

export interface DirectoryListener {
  /** What is known of one, before and now; of every one, from the first reading on. */
  known(before: ActiveSubscription | undefined, now: ActiveSubscription | undefined): void;
  /** The first reading is complete. */
  loaded(): void;
  /** It was changed after the first reading. */
  changed(id: SubscriptionId, active: ActiveSubscription | null): void;
}

/** The active subscriptions of all tenants, as this process knows them: in memory, so that an idle one costs nothing. */
export class SubscriptionDirectory {
  readonly #byId = new Map<SubscriptionId, ActiveSubscription>();
  readonly #byQueue = new Map<string, Set<SubscriptionId>>();
  #version = 0;
  #loaded = false;
  #reading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly feed: SubscriptionFeed,
    private readonly nudges: SubscriptionNudges,
    private readonly logger: Logger,
    private readonly listener: DirectoryListener,
  ) {}

  /** Resolves when changes arrive. While the database cannot be reached the reading is repeated in the background. */
  async start(): Promise<void> {
    await this.nudges.follow(() => void this.refresh());
    this.#timer = setInterval(() => void this.refresh(), readEveryMs);
    await this.refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: SubscriptionId): ActiveSubscription | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<ActiveSubscription> {
    return this.#byId.values();
  }

  onQueue(queueId: string): Iterable<SubscriptionId> {
    return this.#byQueue.get(queueId) ?? [];
  }

  /** Reads what changed. Never fails. A reading under way is followed by another one, for what it may have missed. */
  refresh(): Promise<void> {
    this.#reading = (this.#reading ?? Promise.resolve()).then(() => this.#read());
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      if (!this.#loaded) await this.#load();
      for (let complete = false; !complete; ) {
        const found = await this.feed.changesSince(this.#version, pageSize);
        for (const { id, active } of found.changes) this.#put(id, active);
        this.#version = found.version;
        ({ complete } = found);
      }
    } catch (error) {
      this.logger.warn('subscription.feed_not_read', { error: error as Error });
    }
  }

  async #load(): Promise<void> {
    const version = await this.feed.version();
    for (let after = ''; ; ) {
      const page = await this.feed.active(after, pageSize);
      const last = page.at(-1);
      if (last === undefined) break;
      for (const active of page) this.#put(active.subscription.id, active, false);
      after = last.subscription.id;
    }
    this.#version = version;
    this.#loaded = true;
    this.listener.loaded();
  }

  #put(id: SubscriptionId, active: ActiveSubscription | null, changed = true): void {
    const before = this.#byId.get(id);
    if (before !== undefined) this.#remove(before);
    if (active !== null) this.#add(active);
    this.listener.known(before, active ?? undefined);
    if (changed) this.listener.changed(id, active);
  }

  #add(active: ActiveSubscription): void {
    const { id, queueId } = active.subscription;
    this.#byId.set(id, active);
    const onQueue = this.#byQueue.get(queueId) ?? new Set();
    this.#byQueue.set(queueId, onQueue.add(id));
  }

  #remove({ subscription: { id, queueId } }: ActiveSubscription): void {
    this.#byId.delete(id);
    const onQueue = this.#byQueue.get(queueId);
    onQueue?.delete(id);
    if (onQueue?.size === 0) this.#byQueue.delete(queueId);
  }
}
