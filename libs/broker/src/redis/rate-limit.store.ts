import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { Script } from './script.store.js';

export interface Bucket {
  /** Within the namespace: '' for the namespace itself, else the id of a key. */
  readonly name: string;
  readonly perSecond: number;
}

export interface Tokens {
  /** 0 when not even those needed are there. */
  readonly granted: number;
  /** When the needed ones will be there; 0 when they were granted. */
  readonly waitMs: number;
  /** In each bucket, after the grant. */
  readonly left: readonly number[];
}

const takeScript = new Script('take-tokens');

/** Token buckets that all gateways share. Redis's clock fills them. */
export class RateLimitStore {
  constructor(private readonly redis: Redis) {}

  /** Takes `wanted` tokens from every bucket if it can, at least `needed` or none. A bucket holds what a second brings. */
  async take(ns: NamespaceId, buckets: readonly Bucket[], needed: number, wanted: number): Promise<Tokens> {
    const keys = buckets.map(({ name }) => `{${ns}}:rate:${name}`);
    const [granted, waitMs, ...left] = (await takeScript.run(this.redis, keys, [needed, wanted, ...buckets.map(({ perSecond }) => perSecond)])) as number[];
    return { granted: granted ?? 0, waitMs: waitMs ?? 0, left };
  }
}
