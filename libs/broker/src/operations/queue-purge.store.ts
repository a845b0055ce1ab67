import type { Redis } from 'ioredis';
import { keys } from '../redis/keys.js';
import type { QueueBrowser } from '../redis/queue-browser.store.js';
import type { QueueControl } from '../redis/queue-control.store.js';
import { runOn } from '../redis/queue.store.js';
import type { QueueRef, QueueStore } from '../redis/queue.store.js';
import { Script } from '../redis/script.store.js';
import type { TaskSource } from './message-task.js';

const purgeDead = new Script('purge-dead');
const step = 200;

/** Removes all messages of a state; those that come while it works stay. Fails with `queue_not_found`. */
export class QueuePurge {
  constructor(
    private readonly redis: Redis,
    private readonly queues: Pick<QueueStore, 'purgeReady'>,
    private readonly browser: Pick<QueueBrowser, 'page'>,
    private readonly control: Pick<QueueControl, 'remove'>,
  ) {}

  /** Returns how many were removed. */
  async purge(queue: QueueRef, state: TaskSource): Promise<number> {
    if (state === 'ready') return this.queues.purgeReady(queue);
    const last = Number((await this.redis.get(keys.position(queue.ns))) ?? 0);
    return state === 'dead' ? this.#dead(queue, last) : this.#waiting(queue, state, last);
  }

  async #dead(queue: QueueRef, last: number): Promise<number> {
    for (let purged = 0; ; ) {
      const [, removed, more] = (await runOn(this.redis, purgeDead, queue, [last, step])) as [Buffer, number, number];
      purged += removed;
      if (more === 0) return purged;
    }
  }

  async #waiting(queue: QueueRef, state: 'delayed' | 'deferred', last: number): Promise<number> {
    let purged = 0;
    for (let after: string | undefined; ; ) {
      const { entries, next } = await this.browser.page(queue, state, after, step);
      purged += await this.control.remove(queue, state, entries.filter(({ position }) => position <= last));
      if (next === null) return purged;
      after = next;
    }
  }
}
