import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { Script } from './redis/script.store.js';
import { sealedAtField } from './usage-batch.js';

const sealScript = new Script('./seal.lua');
const moveScript = new Script('./move.lua');
const dropScript = new Script('./drop-parked.lua');
const stateScript = new Script('./state.lua');

/** Where the broker counts, given by whoever wires the two (`keys` of the broker fits). All of a namespace share a slot. */
export interface UsageKeys {
  openUsage(namespaceId: NamespaceId): string;
  sealedBatches(namespaceId: NamespaceId): string;
  usageBatch(namespaceId: NamespaceId, batchId: string): string;
}

export interface CounterState {
  readonly nowMs: number;
  /** Whether something was counted since the last seal. */
  readonly open: boolean;
  /** Seal time of the oldest batch that is not known to be in the ledger; null when all are. */
  readonly oldestOutstandingMs: number | null;
}

/** Ids read in one pass over a namespace; a drain that finds more goes on at the next tick. */
const batchesPerDrain = 100;
const looks = 3;

/** The open counters and the sealed batches in Redis. */
export class UsageCounterStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: UsageKeys,
  ) {}

  /** Batches that could not be booked and wait, whole, for someone to look. */
  parkedBatches(namespaceId: NamespaceId): string {
    return `${this.keys.sealedBatches(namespaceId)}:parked`;
  }

  /** Every key that holds usage not yet booked; the namespace has work for the drain while one exists. */
  keysOf(namespaceId: NamespaceId): string[] {
    return [this.keys.openUsage(namespaceId), this.keys.sealedBatches(namespaceId), this.parkedBatches(namespaceId)];
  }

  /** Of two drainers at once one seals; the other finds nothing or a new hash. */
  async seal(namespaceId: NamespaceId, batchId: string): Promise<'sealed' | 'nothing'> {
    const touched = [this.keys.openUsage(namespaceId), this.keys.usageBatch(namespaceId, batchId), this.keys.sealedBatches(namespaceId)];
    const [outcome] = await sealScript.run(this.redis, touched, [batchId]);
    return outcome as 'sealed' | 'nothing';
  }

  /** Ids in the order they were sealed. */
  sealed(namespaceId: NamespaceId): Promise<string[]> {
    return this.redis.lrange(this.keys.sealedBatches(namespaceId), 0, batchesPerDrain - 1);
  }

  /** Null when the batch is gone. */
  async read(namespaceId: NamespaceId, batchId: string): Promise<Record<string, string> | null> {
    const fields = await this.redis.hgetall(this.keys.usageBatch(namespaceId, batchId));
    return Object.keys(fields).length === 0 ? null : fields;
  }

  /** Call it once the ledger has the batch. */
  async forget(namespaceId: NamespaceId, batchId: string): Promise<void> {
    const replies = await this.redis
      .multi()
      .unlink(this.keys.usageBatch(namespaceId, batchId))
      .lrem(this.keys.sealedBatches(namespaceId), 0, batchId)
      .exec();
    for (const [error] of replies ?? []) if (error) throw error;
  }

  async park(namespaceId: NamespaceId, batchId: string): Promise<void> {
    await moveScript.run(this.redis, [this.keys.sealedBatches(namespaceId), this.parkedBatches(namespaceId)], [batchId, 'RIGHT']);
  }

  /** Up to a drain's worth of ids, in the order they were parked. */
  parked(namespaceId: NamespaceId): Promise<string[]> {
    return this.redis.lrange(this.parkedBatches(namespaceId), 0, batchesPerDrain - 1);
  }

  async isParked(namespaceId: NamespaceId, batchId: string): Promise<boolean> {
    return (await this.redis.lpos(this.parkedBatches(namespaceId), batchId)) !== null;
  }

  async isSealed(namespaceId: NamespaceId, batchId: string): Promise<boolean> {
    return (await this.redis.lpos(this.keys.sealedBatches(namespaceId), batchId)) !== null;
  }

  /** False when it was not parked any more. */
  async unparkOne(namespaceId: NamespaceId, batchId: string): Promise<boolean> {
    const [outcome] = await moveScript.run(this.redis, [this.parkedBatches(namespaceId), this.keys.sealedBatches(namespaceId)], [batchId, 'LEFT']);
    return outcome === 'moved';
  }

  /** Deletes a parked batch; false when it was not parked any more. */
  async dropParked(namespaceId: NamespaceId, batchId: string): Promise<boolean> {
    const [outcome] = await dropScript.run(this.redis, [this.parkedBatches(namespaceId), this.keys.usageBatch(namespaceId, batchId)], [batchId]);
    return outcome === 'dropped';
  }

  /** Whether nothing waits to be booked that was parked, or sealed before now: a batch that is tried again stands in line. */
  async nothingParked(namespaceId: NamespaceId): Promise<boolean> {
    return (await this.redis.exists(this.parkedBatches(namespaceId), this.keys.sealedBatches(namespaceId))) === 0;
  }

  /** Puts up to a drain's worth of parked batches back to the head of the line, in their order: a newer worker may understand them. */
  async unpark(namespaceId: NamespaceId): Promise<void> {
    for (const batchId of (await this.parked(namespaceId)).reverse()) await this.unparkOne(namespaceId, batchId);
  }

  /** What is still on its way into the ledger. */
  async state(namespaceId: NamespaceId): Promise<CounterState> {
    for (let look = 1; ; look += 1) {
      const [nowMs, open, ...heads] = await stateScript.run(this.redis, this.keysOf(namespaceId), []);
      const batches = heads.filter((id) => id !== '').map((id) => this.keys.usageBatch(namespaceId, id));
      const sealTimes = await Promise.all(batches.map((batch) => this.redis.hget(batch, sealedAtField)));
      // A batch that is gone was booked since: what comes after it is known only by looking again.
      if (sealTimes.includes(null) && look < looks) continue;
      const oldestOutstandingMs = sealTimes.length === 0 ? null : Math.min(...sealTimes.map(Number));
      return { nowMs: Number(nowMs), open: open === '1', oldestOutstandingMs };
    }
  }
}
