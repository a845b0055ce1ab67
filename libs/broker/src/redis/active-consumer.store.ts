import type { Redis } from 'ioredis';
import { runOn } from './queue.store.js';
import type { QueueRef } from './queue.store.js';
import { Script, text } from './script.store.js';

const leaveScript = new Script('active-leave');

/** The seat of the one consumer that a single-active-consumer queue hands messages to. */
export class ActiveConsumers {
  constructor(private readonly redis: Redis) {}

  /** Gives the seat up, so that the next consumer need not wait until this one is silent for too long. True when it held the seat. Fails with `queue_not_found`. */
  async leave(queue: QueueRef, consumer: string): Promise<boolean> {
    return text((await runOn(this.redis, leaveScript, queue, [consumer]))[0]) === 'left';
  }
}
