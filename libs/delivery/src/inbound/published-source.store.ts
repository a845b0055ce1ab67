import { readFileSync } from 'node:fs';
import { WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { PublishedSource } from './source.js';

const keyOf = (id: string): string => `waybill:source:${id}`;
/** Exists while the copy is complete; it is lost together with the copy. */
const markerKey = 'waybill:sources:complete';
/** A late writer with old knowledge cannot bring a deleted source back within this. */
const deletedMemoryMs = 86_400_000;
const putSource = readFileSync(new URL('put-source.lua', import.meta.url), 'utf8');

/** The gateways' copy of the sources in Redis. Fails with `store_unavailable` when Redis does not answer. */
export class PublishedSourceStore {
  constructor(private readonly redis: Redis) {}

  async find(id: string): Promise<PublishedSource | null> {
    const text = await reached(this.redis.hget(keyOf(id), 'value'));
    return text === null || text === '' ? null : (JSON.parse(text) as PublishedSource);
  }

  /** Writes a source; null for one that was deleted. What is there and newer stays. */
  async write(id: string, version: number, source: PublishedSource | null): Promise<void> {
    await reached(this.redis.eval(putSource, 1, keyOf(id), version, source === null ? '' : JSON.stringify(source), deletedMemoryMs));
  }

  async isComplete(): Promise<boolean> {
    return (await reached(this.redis.exists(markerKey))) === 1;
  }

  async markComplete(): Promise<void> {
    await reached(this.redis.set(markerKey, '1'));
  }
}

async function reached<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw new WaybillError('store_unavailable', {}, { cause });
  }
}
