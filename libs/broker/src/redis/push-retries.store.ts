import { WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { positionAt } from '../position.js';
import { keys, namespaceKeys, queueKeys } from './keys.js';
import type { PushRef } from './push.store.js';
import { runOn } from './queue.store.js';
import { Script, text } from './script.store.js';

const scripts = { retryNow: new Script('retry-now'), countDead: new Script('count-dead') };
/** Messages per call, and calls: the queue of a destination that is down for days may hold more. */
const pages = { most: 500, calls: 400 };

/** What failed since a moment. `complete` is false where there is more than is looked at: 200,000 of each. */
export interface FailedCount {
  readonly retries: number;
  readonly dead: number;
  readonly complete: boolean;
}

/** Messages that a subscription failed to deliver and that wait for their next attempt. Every call fails with `queue_not_found`. */
export class PushRetries {
  constructor(private readonly redis: Redis) {}

  /** Without a body leaving the store, and without touching anything. */
  async count(ref: PushRef, sinceMs: number): Promise<FailedCount> {
    const waiting = await this.#each(ref, sinceMs, 'count', 0);
    let [counted, after] = [0, String(Math.max(0, positionAt(sinceMs) - 1))];
    for (let call = 0; call < pages.calls; call += 1) {
      const [, next, found] = (await runOn(this.redis, scripts.countDead, ref.queue, [after, pages.most])) as [Buffer, Buffer, number];
      counted += found;
      after = text(next);
      if (after === '') break;
    }
    return { retries: waiting.fit, dead: counted, complete: waiting.complete && after === '' };
  }

  /** Makes them due: now, or one after the other at a rate. Returns how many; those that were due sooner keep their moment. */
  async hasten(ref: PushRef, sinceMs: number, ratePerSecond: number | null): Promise<number> {
    return (await this.#each(ref, sinceMs, 'hasten', ratePerSecond === null ? 0 : 1_000 / ratePerSecond)).fit;
  }

  async #each({ queue, subscriptionId }: PushRef, sinceMs: number, act: 'count' | 'hasten', apartMs: number): Promise<{ fit: number; complete: boolean }> {
    const scriptKeys = [...namespaceKeys(queue.ns), ...queueKeys(queue.ns, queue.id), keys.pushTries(queue.ns, subscriptionId)];
    let [fit, after] = [0, ''];
    for (let call = 0; call < pages.calls; call += 1) {
      const reply = await scripts.retryNow.run(this.redis, scriptKeys, [queue.id, sinceMs, act, after, pages.most, apartMs, fit]);
      if (text(reply[0]) === 'queue_not_found') throw new WaybillError('queue_not_found', { queue: queue.name });
      fit += reply[2] as number;
      after = text(reply[1]);
      if (after === '') return { fit, complete: true };
    }
    return { fit, complete: false };
  }
}
