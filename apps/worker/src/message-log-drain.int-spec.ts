import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { activeNamespacesKey, keys, MessageStore, Publisher, queueSettings, snapshotField, SnapshotStore, TopologyCache } from '@waybill/broker';
import type { QueueDefinition, TopologyChange } from '@waybill/broker';
import { silentLogger } from '@waybill/kernel';
import { loadConfig } from '@waybill/platform';
import type { RunningService } from '@waybill/platform';
import { UsageCounterStore } from '@waybill/metering';
import type { FreshDatabase, Home } from '@waybill/testing';
import { eventually, freshDatabase, newHome, openTestRedis, testServer } from '@waybill/testing';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { ActiveNamespaces, idleAfterMs } from './active-namespaces.js';
import { jobNames, jobsPrefix } from './jobs.js';
import { startWorker } from './start-worker.js';

/** A worker serves every namespace of its Redis: it gets a logical database of its own. */
function ownRedisUrl(): string {
  const url = new URL(testServer('WAYBILL_TEST_REDIS_URL'));
  url.pathname = '/12';
  return url.href;
}

describe('the worker and the message log', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let worker: RunningService | undefined;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis({ url: ownRedisUrl() });
  });
  afterAll(async () => {
    for (const name of jobNames) {
      const queue = new Queue(name, { connection: redis, prefix: jobsPrefix });
      await queue.obliterate({ force: true });
      await queue.close();
    }
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
    await redis.zadd(activeNamespacesKey, Date.now(), home.namespaceId);
  });
  afterEach(async () => {
    await worker?.close();
    worker = undefined;
    await redis.zrem(activeNamespacesKey, home.namespaceId);
    const left = await redis.keys(`{${home.namespaceId}}*`);
    if (left.length > 0) await redis.unlink(...left);
  });

  async function start(): Promise<RunningService> {
    const url = ownRedisUrl();
    worker = await startWorker(loadConfig({ DATABASE_URL: fresh.url, REDIS_URL: url, JOBS_REDIS_URL: url, WORKER_PORT: '0', NODE_ENV: 'test' }), silentLogger);
    return worker;
  }
  async function publish(count: number): Promise<void> {
    const ns = home.namespaceId;
    const queue: QueueDefinition = { id: `q_${ns.slice(-9)}`, name: 'mail', kind: 'standard', leaseMs: 30_000, deliveryLimit: null };
    const change: TopologyChange = { put: 'queue', queue };
    await redis.hset(keys.queue(ns, queue.id), ...queueSettings(queue));
    await redis.hset(keys.topology(ns), snapshotField(change), JSON.stringify(queue), 'version', 1);
    const publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
    const message = { properties: { key: 'k', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from('hello') };
    await publisher.publish(ns, { queue: 'mail' }, Array.from({ length: count }, () => message));
  }
  const progress = () => fresh.database.asSystem((tx) => tx.messageLogProgress.findUnique({ where: { namespaceId: home.namespaceId } }));

  it('stores what was logged, empties the stream and shows it', async () => {
    await publish(500);
    const { url } = await start();
    await eventually(async () => expect(await progress()).toMatchObject({ events: 500n }));
    await eventually(async () => expect(await redis.xlen(keys.log(home.namespaceId))).toBe(0));
    await eventually(async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      expect(text).toMatch(/waybill_message_log_events_total(\{[^}]*\})? 500/);
      expect(text).toMatch(/waybill_message_log_waiting_bytes(\{[^}]*\})? 0/);
      expect(text).toMatch(/waybill_message_log_lag_seconds(\{[^}]*\})? 0/);
    });
  });

  it('deletes segments whose time is over', async () => {
    const { namespaceId, caller } = home;
    const old = new Date(Date.UTC(2026, 0, 5, 7));
    await fresh.database.asSystem((tx) =>
      tx.messageLogSegment.create({
        data: {
          namespaceId, tenantId: caller.tenantId, hour: old, fromAt: old, toAt: old, firstEvent: 0n, events: 1, kinds: 2, moved: false,
          minPosition: 1n, maxPosition: 1n, terms: { create: { term: 1n, tenantId: caller.tenantId } }, members: Buffer.from([1]), payload: Buffer.from([1]),
        },
      }),
    );
    await start();
    const queue = new Queue('message-log-retention', { connection: redis, prefix: jobsPrefix });
    await queue.add('message-log-retention', {});
    await queue.close();
    await eventually(async () => expect(await fresh.database.asSystem((tx) => tx.messageLogSegment.count({ where: { namespaceId } }))).toBe(0));
    expect(await fresh.database.asSystem((tx) => tx.messageLogTerm.count({ where: { namespaceId } }))).toBe(0);
  });

  it('remembers a namespace as long as its log is not stored, however long ago it moved', async () => {
    const active = new ActiveNamespaces(redis, new UsageCounterStore(redis, keys));
    const listed = async () => (await active.list()).some(({ id }) => id === home.namespaceId);
    await redis.zadd(activeNamespacesKey, Date.now() - idleAfterMs - 60_000, home.namespaceId);
    await publish(1);
    await redis.unlink(keys.openUsage(home.namespaceId));
    expect(await active.withLog([home.namespaceId])).toEqual([home.namespaceId]);
    expect(await active.logBacklog([home.namespaceId])).toMatchObject({ bytes: Number(await redis.get(keys.logBytes(home.namespaceId))) });
    await active.forgetIdle(await active.list());
    expect(await listed()).toBe(true);
    // What a drained stream leaves behind is no work.
    await redis.xtrim(keys.log(home.namespaceId), 'MAXLEN', 0);
    await active.forgetIdle(await active.list());
    expect(await listed()).toBe(false);
  });
});
