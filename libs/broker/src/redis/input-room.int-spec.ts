import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testServer } from '@waybill/testing';
import { openRedis, whenReady } from './connection.store.js';
import type { Redis } from './connection.store.js';
import { makeInputRoom } from './input-room.store.js';

describe('room for large calls', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
  });
  afterAll(() => redis.disconnect());

  const scripts = async () => Number(/cmdstat_script\|exists:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
  const bufferBytes = async () => {
    const line = String(await redis.client('INFO'));
    return Number(/qbuf=(\d+)/.exec(line)?.[1]) + Number(/qbuf-free=(\d+)/.exec(line)?.[1]);
  };

  it('leaves Redis with a buffer that takes the whole call, once a second at most', async () => {
    const before = await scripts();
    makeInputRoom(redis, 200 * 1024, 0);
    makeInputRoom(redis, 200 * 1024, 999);
    expect(await bufferBytes()).toBeGreaterThanOrEqual(200 * 1024);
    expect((await scripts()) - before).toBe(1);
    makeInputRoom(redis, 200 * 1024, 1_000);
    await redis.ping();
    expect((await scripts()) - before).toBe(2);
  });

  it('is made anew for a larger call, up to 512 KiB', async () => {
    const before = await scripts();
    makeInputRoom(redis, 300 * 1024, 2_000);
    expect(await bufferBytes()).toBeGreaterThanOrEqual(300 * 1024);
    makeInputRoom(redis, 3 * 1024 * 1024, 2_001);
    await redis.ping();
    expect((await scripts()) - before).toBe(1);
  });

  it('is not made for small calls, and made again on a new connection', async () => {
    const before = await scripts();
    makeInputRoom(redis, 16 * 1024, 10_000);
    await redis.ping();
    expect((await scripts()) - before).toBe(0);

    const ready = new Promise((resolve) => redis.once('ready', resolve));
    redis.disconnect(true);
    await ready;
    makeInputRoom(redis, 200 * 1024, 2_002);
    expect(await bufferBytes()).toBeGreaterThanOrEqual(200 * 1024);
  });
});
