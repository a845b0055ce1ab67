import { WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { RefusalReason } from './verification.js';

/** Why a call did not come in; `too_many`: its address had been refused too often, and nothing of it was read. */
export type RefusedWhy = RefusalReason | 'too_many';

export interface RefusedSum {
  readonly calls: number;
  /** Of the last one, milliseconds since the Unix epoch. */
  readonly lastAtMs: number;
  readonly lastReason: RefusedWhy;
}

const keyOf = (sourceId: string): string => `waybill:source:${sourceId}:refused`;
/** Counted on as long as something is refused within this. */
const keptMs = 30 * 86_400_000;

/** Refused calls of each source, over all gateways. Fails with `store_unavailable`. */
export class RefusedCallStore {
  constructor(private readonly redis: Redis) {}

  async add(sourceId: string, { calls, lastAtMs, lastReason }: RefusedSum): Promise<void> {
    const key = keyOf(sourceId);
    await reached(Promise.all([this.redis.hincrby(key, 'calls', calls), this.redis.hset(key, { lastAtMs, lastReason }), this.redis.pexpire(key, keptMs)]));
  }

  /** Null when none was refused for 30 days. */
  async find(sourceId: string): Promise<RefusedSum | null> {
    const { calls, lastAtMs, lastReason } = await reached(this.redis.hgetall(keyOf(sourceId)));
    return calls === undefined ? null : { calls: Number(calls), lastAtMs: Number(lastAtMs), lastReason: lastReason as RefusedWhy };
  }
}

async function reached<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw new WaybillError('store_unavailable', {}, { cause });
  }
}
