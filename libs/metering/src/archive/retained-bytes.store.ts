import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';

/** Where the broker keeps count of bytes: `keys` of the broker fits. */
export interface RetainedKeys {
  /** hash: `bytes` of records that are not settled, `deadBytes` of dead letters */
  queue(namespaceId: NamespaceId, queueId: string): string;
  /** hash: `@bytes` of bodies stored outside */
  bodies(namespaceId: NamespaceId): string;
}

const queuesPerRoundTrip = 500;

/** Bytes that wait in Redis and in the body store, as the broker's scripts count them. */
export class RetainedBytesStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: RetainedKeys,
  ) {}

  async nowMs(): Promise<number> {
    const [seconds, micros] = await this.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  /** By queue id, and for bodies stored outside by the id of the namespace. */
  async sample(namespaceId: NamespaceId, queueIds: readonly string[]): Promise<Map<string, bigint>> {
    const bytes = new Map<string, bigint>();
    for (let from = 0; from < queueIds.length; from += queuesPerRoundTrip) {
      const some = queueIds.slice(from, from + queuesPerRoundTrip);
      const pipeline = this.redis.pipeline();
      for (const id of some) pipeline.hmget(this.keys.queue(namespaceId, id), 'bytes', 'deadBytes');
      for (const [index, [error, found]] of ((await pipeline.exec()) ?? []).entries()) {
        if (error) throw error;
        bytes.set(some[index]!, (found as (string | null)[]).reduce((sum, text) => sum + positive(text), 0n));
      }
    }
    bytes.set(namespaceId, positive(await this.redis.hget(this.keys.bodies(namespaceId), '@bytes')));
    return bytes;
  }
}

/** Counts of before this was counted can make a difference negative. */
function positive(text: string | null): bigint {
  const value = BigInt(text ?? '0');
  return value > 0n ? value : 0n;
}
