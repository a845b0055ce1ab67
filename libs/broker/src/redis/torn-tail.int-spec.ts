import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '@waybill/kernel';
import { eventually, testServer } from '@waybill/testing';
import { openRedis, whenReady } from './connection.store.js';
import type { Redis } from './connection.store.js';
import { rewriteAfterRestart, rewrittenKey } from './torn-tail.store.js';

let redis: Redis;
let told: string[];
const logger = { info: (event: string) => told.push(event), warn: (event: string) => told.push(event) } as unknown as Logger;
const rewrites = async () => Number(/cmdstat_bgrewriteaof:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);

beforeEach(async () => {
  told = [];
  redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
  await whenReady(redis);
});
afterEach(() => redis.disconnect());

describe('after a start of the server', () => {
  it('the file is rewritten once, whoever connects and reconnects', async () => {
    await redis.set(rewrittenKey, 'an earlier run');
    const before = await rewrites();
    rewriteAfterRestart(redis, logger);
    await eventually(() => expect(told).toEqual(['store.file_rewritten']));
    const other = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(other);
    let looked = 0;
    const get = other.get.bind(other);
    other.get = ((key: string) => get(key).finally(() => (looked += 1))) as typeof other.get;
    rewriteAfterRestart(other, logger);
    await eventually(() => expect(looked).toBe(1));
    expect(told).toEqual(['store.file_rewritten']);
    other.disconnect();
    expect(await rewrites()).toBeGreaterThan(before);
    expect(await redis.get(rewrittenKey)).toMatch(/^[0-9a-f]{40}$/);
  });

  it('a server that forbids it is said so, and nothing else fails', async () => {
    await redis.set(rewrittenKey, 'an earlier run');
    redis.bgrewriteaof = () => Promise.reject(new Error('ERR unknown command'));
    rewriteAfterRestart(redis, logger);
    await eventually(() => expect(told).toEqual(['store.file_not_rewritten']));
    expect(await redis.get(rewrittenKey)).toBe('an earlier run');
  });
});
