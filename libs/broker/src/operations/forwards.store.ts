import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { Position } from '../position.js';
import { keys, queueKey } from '../redis/keys.js';
import { Script, text } from '../redis/script.store.js';
import { storeErrorOf } from '../redis/store-error.js';

const done = new Script('forward-done');

/** A queue with dead letters for an exchange. */
export interface ForwardingQueue {
  readonly id: string;
  readonly name: string;
  /** Dead letters up to this place were looked at: those that are left there stay. */
  readonly lookedAt: Position | undefined;
}

/** Which queues have dead letters to send on, and how far each was looked at. */
export class ForwardStore {
  constructor(private readonly redis: Redis) {}

  async queues(ns: NamespaceId): Promise<ForwardingQueue[]> {
    try {
      const ids = await this.redis.smembers(keys.forward(ns));
      return await Promise.all(
        ids.map(async (id) => {
          const [name, lookedAt] = await this.redis.hmget(keys.queue(ns, id), 'name', 'forwarded');
          return { id, name: name ?? '', lookedAt: lookedAt ? Number(lookedAt) : undefined };
        }),
      );
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  /** Goes on after `lookedAt` next time; a queue without newer dead letters is off the list until one dies. */
  async done(ns: NamespaceId, queueId: string, lookedAt: Position | undefined): Promise<'done' | 'more' | 'queue_not_found'> {
    const reply = await done.run(this.redis, [keys.queue(ns, queueId), queueKey(ns, queueId, 'dead'), keys.forward(ns)], [queueId, lookedAt ?? '']);
    return text(reply[0]) as 'done' | 'more' | 'queue_not_found';
  }

  /** The queue has no exchange for its dead letters any more. */
  async leave(ns: NamespaceId, queueId: string): Promise<void> {
    try {
      await this.redis.srem(keys.forward(ns), queueId);
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}
