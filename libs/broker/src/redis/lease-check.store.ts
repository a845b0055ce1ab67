import type { Redis } from 'ioredis';
import { leaseOf } from '../receipt.js';
import type { Receipt } from '../receipt.js';
import { queueKey } from './keys.js';
import type { QueueRef } from './queue.store.js';
import { storeErrorOf } from './store-error.js';

/** Asks which leases still stand: one command, whatever their number. */
export class LeaseCheck {
  constructor(private readonly redis: Redis) {}

  /**
   * When each lease ends, milliseconds since the epoch; null for one that was settled or lost. One that ran out and
   * was not taken back yet still shows its deadline. Fails with `store_unavailable`.
   */
  async deadlines(queue: Pick<QueueRef, 'ns' | 'id'>, receipts: readonly Receipt[]): Promise<(number | null)[]> {
    if (receipts.length === 0) return [];
    try {
      const scores = await this.redis.zmscore(queueKey(queue.ns, queue.id, 'leased'), ...receipts.map(leaseOf));
      return scores.map((score) => (score === null ? null : Number(score)));
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}
