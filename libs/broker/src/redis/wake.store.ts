import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { storeErrorOf } from './store-error.js';

/** Channels without a waiter stay subscribed this long, so that a consumer between two polls costs nothing. */
const lingerMs = 30_000;

/**
 * Tells which queues got work, from the sharded channel of each namespace in which somebody waits. A wake can be
 * missed while the connection is down: `onWake` is called for every subscribed namespace, with no queue, when it is back.
 */
export class WakeListener {
  readonly #waiters = new Map<NamespaceId, number>();
  readonly #subscribed = new Map<string, { ns: NamespaceId; ready: Promise<unknown>; linger?: NodeJS.Timeout }>();

  constructor(
    private readonly subscriber: Redis,
    private readonly onWake: (ns: NamespaceId, queueIds: readonly string[] | 'all') => void,
  ) {
    subscriber.on('smessage', (channel: string, message: string) => {
      const known = this.#subscribed.get(channel);
      if (known) this.onWake(known.ns, message.split(' '));
    });
    subscriber.on('ready', () => {
      for (const { ns } of this.#subscribed.values()) this.onWake(ns, 'all');
    });
  }

  /** Resolves when wakes of the namespace arrive here; call the returned function when nobody waits any more. */
  async listen(ns: NamespaceId): Promise<() => void> {
    const channel = keys.wake(ns);
    this.#waiters.set(ns, (this.#waiters.get(ns) ?? 0) + 1);
    let known = this.#subscribed.get(channel);
    if (known) clearTimeout(known.linger);
    else this.#subscribed.set(channel, (known = { ns, ready: this.subscriber.ssubscribe(channel) }));
    try {
      await known.ready;
    } catch (error) {
      this.#subscribed.delete(channel);
      this.#leave(ns, channel);
      throw storeErrorOf(error);
    }
    return () => this.#leave(ns, channel);
  }

  #leave(ns: NamespaceId, channel: string): void {
    const left = (this.#waiters.get(ns) ?? 1) - 1;
    if (left > 0) {
      this.#waiters.set(ns, left);
      return;
    }
    this.#waiters.delete(ns);
    const known = this.#subscribed.get(channel);
    if (!known) return;
    known.linger = setTimeout(() => {
      this.#subscribed.delete(channel);
      // Failing here means the connection is gone, and the subscription with it.
      this.subscriber.sunsubscribe(channel).catch(() => undefined);
    }, lingerMs);
    known.linger.unref();
  }
}
