import { WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { revokedMemoryMs } from './published-key.js';
import type { PublishedKey } from './published-key.js';

const keyOf = (id: string): string => `waybill:key:${id}`;
/** Exists while the copy is complete; it is lost together with the copy. */
const markerKey = 'waybill:keys:complete';
const channel = 'waybill:keys';

/** What the key directory needs to hear. */
export interface KeyChanges {
  onChange(id: string): void;
  /** Changes may have been missed. */
  onGap(): void;
}

/** The gateways' copy of the keys in Redis. Fails with `store_unavailable` when Redis does not answer. */
export class PublishedKeyStore {
  constructor(private readonly redis: Redis) {}

  async find(id: string): Promise<PublishedKey | null> {
    const text = await reached(this.redis.get(keyOf(id)));
    return text === null ? null : (JSON.parse(text) as PublishedKey);
  }

  /**
   * Writes keys and tells the gateways. A key only ever changes by being revoked: a revoked one overwrites, any other
   * is written where nothing is, so a late writer with old knowledge cannot bring a revoked key back.
   */
  async write(keys: readonly PublishedKey[]): Promise<void> {
    if (keys.length === 0) return;
    const pipeline = this.redis.pipeline();
    for (const key of keys) {
      if (key.revokedAt === null) pipeline.set(keyOf(key.id), JSON.stringify(key), 'NX');
      else pipeline.set(keyOf(key.id), JSON.stringify(key), 'PX', revokedMemoryMs);
      pipeline.publish(channel, key.id);
    }
    const replies = await reached(pipeline.exec());
    const failure = replies?.find(([error]) => error !== null)?.[0];
    if (replies === null || failure) throw new WaybillError('store_unavailable', {}, { cause: failure });
  }

  async isComplete(): Promise<boolean> {
    return (await reached(this.redis.exists(markerKey))) === 1;
  }

  async markComplete(): Promise<void> {
    await reached(this.redis.set(markerKey, '1'));
  }
}

/** Changes of keys, over a connection of its own because a subscribed one can do nothing else. */
export class KeyChangeFeed {
  constructor(private readonly subscriber: Redis) {}

  /** Resolves when the first subscription stands, fails with `store_unavailable`; later reconnects report a gap. */
  async follow(changes: KeyChanges): Promise<void> {
    this.subscriber.on('message', (from: string, id: string) => {
      if (from === channel) changes.onChange(id);
    });
    // ioredis subscribes again by itself after a reconnect; what was said meanwhile is lost.
    this.subscriber.on('close', () => changes.onGap());
    this.subscriber.on('ready', () => changes.onGap());
    await reached(this.subscriber.subscribe(channel));
  }
}

async function reached<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw new WaybillError('store_unavailable', {}, { cause });
  }
}
