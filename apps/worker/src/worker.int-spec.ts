import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { activeNamespacesKey, keys, MessageStore, Publisher, QueueStore, SnapshotStore, TopologyCache } from '@waybill/broker';
import type { NamespaceId } from '@waybill/kernel';
import { newId, silentLogger } from '@waybill/kernel';
import { LedgerStore, UsageCounterStore, UsageDrain } from '@waybill/metering';
import type { RunningService } from '@waybill/platform';
import { loadConfig } from '@waybill/platform';
import { openTopology } from '@waybill/topology';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import { ActiveNamespaces, idleAfterMs } from './active-namespaces.js';
import { jobNames, jobsPrefix } from './jobs.js';
import { startWorker } from './start-worker.js';

/** A worker serves every namespace of its Redis: it gets a logical database that no other spec counts in. */
function ownRedisUrl(): string {
  const url = new URL(process.env['WAYBILL_TEST_REDIS_URL'] ?? 'redis://unset');
  url.pathname = '/11';
  return url.href;
}

async function eventually<T>(look: () => Promise<T>, holds: (value: T) => boolean, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms; last: ${JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const hour = Math.floor(Date.now() / 3_600_000);
const field = (resource: string) => `${hour}|mq_kib_in|publish|${resource}`;

describe('the worker', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let counters: UsageCounterStore;
  let home: Home;
  const running: RunningService[] = [];
  const marked: NamespaceId[] = [];

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis({ url: ownRedisUrl() });
    counters = new UsageCounterStore(redis, keys);
  });
  afterAll(async () => {
    if (marked.length > 0) await redis.zrem(activeNamespacesKey, ...marked);
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
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((worker) => worker.close()));
  });

  async function start(): Promise<RunningService> {
    const url = ownRedisUrl();
    const config = loadConfig({ DATABASE_URL: fresh.url, REDIS_URL: url, JOBS_REDIS_URL: url, WORKER_PORT: '0', USAGE_DRAIN_SECONDS: '0.2', RECLAIM_SECONDS: '0.2', NODE_ENV: 'test' });
    const worker = await startWorker(config, silentLogger);
    running.push(worker);
    return worker;
  }
  async function mark(namespaceId: NamespaceId = home.namespaceId, atMs = Date.now()): Promise<void> {
    marked.push(namespaceId);
    await redis.zadd(activeNamespacesKey, atMs, namespaceId);
  }
  const count = (resource: string, by: number, namespaceId: NamespaceId = home.namespaceId) => redis.hincrby(keys.openUsage(namespaceId), field(resource), by);
  async function ledger({ caller, namespaceId }: Home = home): Promise<Record<string, bigint>> {
    const rows = await new LedgerStore(fresh.database).read(caller, namespaceId, { fromMs: 0, toMs: (hour + 2) * 3_600_000 });
    return Object.fromEntries(rows.map((row) => [row.resourceId, row.quantity]));
  }

  it('moves counters into the ledger, drives one schedule with two workers, and stops when asked', async () => {
    await Promise.all([start(), start()]);
    await mark();
    for (let i = 0; i < 200; i += 1) await count(`x_${i % 4}`, 1);
    await eventually(ledger, (booked) => Object.values(booked).length === 4 && Object.values(booked).every((quantity) => quantity === 50n));
    for (const name of jobNames) {
      const queue = new Queue(name, { connection: redis, prefix: jobsPrefix });
      expect((await queue.getJobSchedulers()).map((scheduler) => scheduler.key)).toEqual([name]);
      await queue.close();
    }
    const [worker] = running;
    await worker!.close();
    await expect(fetch(`${worker!.url}/healthz`)).rejects.toThrow();
    await count('x_0', 1);
    await eventually(ledger, (booked) => booked['x_0'] === 51n);
  });

  it('books what a killed worker left behind: sealed and not booked, booked and not deleted', async () => {
    const { namespaceId } = home;
    await count('x_booked', 4);
    await counters.seal(namespaceId, newId('usageBatch'));
    const [batchId] = await counters.sealed(namespaceId);
    const batch = await redis.hgetall(keys.usageBatch(namespaceId, batchId!));
    await new UsageDrain(counters, new LedgerStore(fresh.database), silentLogger).drain(namespaceId);
    await redis.hset(keys.usageBatch(namespaceId, batchId!), batch);
    await redis.rpush(keys.sealedBatches(namespaceId), batchId!);
    await count('x_sealed', 3);
    await counters.seal(namespaceId, newId('usageBatch'));
    expect(await ledger()).toEqual({ x_booked: 4n });
    await mark();
    await start();
    await eventually(async () => redis.exists(...counters.keysOf(home.namespaceId)), (left) => left === 0);
    expect(await ledger()).toEqual({ x_sealed: 3n, x_booked: 4n });
  });

  it('finishes the job under way before it stops', async () => {
    await mark();
    await count('x_a', 9);
    const worker = await start();
    let stopped = false;
    let closing: Promise<void> | undefined;
    await fresh.database.asSystem(async (tx) => {
      await tx.$executeRaw`LOCK TABLE usage_records IN SHARE ROW EXCLUSIVE MODE`;
      await count('x_b', 1);
      await eventually(() => tx.$queryRaw<unknown[]>`SELECT 1 FROM pg_locks WHERE relation = 'usage_records'::regclass AND NOT granted`, (waiting) => waiting.length > 0);
      closing = worker.close().then(() => void (stopped = true));
      await eventually(() => fetch(`${worker.url}/healthz`).then(() => 'up', () => 'down'), (state) => state === 'down');
      expect(stopped).toBe(false);
    });
    await closing;
    expect(await ledger()).toMatchObject({ x_a: 9n });
  });

  it('serves the other namespaces while one is broken, and shows it in the metrics', async () => {
    const broken = await newHome(fresh.database);
    await redis.set(keys.openUsage(broken.namespaceId), 'not a hash');
    await redis.set(keys.sealedBatches(broken.namespaceId), 'not a list');
    await mark(broken.namespaceId);
    await mark();
    await count('x_a', 7);
    const worker = await start();
    await eventually(ledger, (booked) => booked['x_a'] === 7n);
    await count('x_a', 1);
    await eventually(ledger, (booked) => booked['x_a'] === 8n);
    const text = await (await fetch(`${worker.url}/metrics`)).text();
    expect(text).toMatch(/waybill_namespace_failures_total\{[^}]*job="usage-drain"[^}]*\} [1-9]/);
    expect(text).toMatch(/waybill_usage_batches_booked_total\{[^}]*\} [1-9]/);
    await redis.unlink(keys.openUsage(broken.namespaceId), keys.sealedBatches(broken.namespaceId));
  });

  it('returns a message whose lease ran out though nobody asks for it, and books its publish', async () => {
    const { caller, namespaceId } = home;
    const { service } = openTopology({ database: fresh.database, redis, logger: silentLogger });
    const { queue } = await service.putQueue(caller, namespaceId, 'mail', { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 });
    const queues = new QueueStore(redis);
    const publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
    const properties = { key: '', contentType: 'text/plain', priority: 0, headers: {} };
    await publisher.publish(namespaceId, { queue: 'mail' }, [{ properties, body: Buffer.from('hello') }]);
    const ref = { ns: namespaceId, id: queue.id, name: 'mail' };
    expect((await queues.claim(ref, { max: 1, leaseMs: 0, holder: 'test' })).kind).toBe('claimed');
    expect(await queues.figures(ref)).toMatchObject({ ready: 0, leased: 1 });
    await mark();
    await start();
    await eventually(() => queues.figures(ref), ({ ready, leased }) => ready === 1 && leased === 0);
    await eventually(ledger, (booked) => booked[queue.id] === 1n);
  });

  it('publishes a topology change whose control plane died', async () => {
    const { caller, namespaceId } = home;
    const away = await openTestRedis({ url: ownRedisUrl() });
    away.disconnect();
    await expect(openTopology({ database: fresh.database, redis: away, logger: silentLogger }).service.putExchange(caller, namespaceId, 'orders', { kind: 'topic' })).rejects.toMatchObject({ code: 'topology_not_published' });
    await start();
    await eventually(() => redis.hexists(keys.topology(namespaceId), 'x:orders'), (found) => found === 1);
  });

  it('goes on after every connection to Redis was cut', async () => {
    const worker = await start();
    await mark();
    await count('x_a', 1);
    await eventually(ledger, (booked) => booked['x_a'] === 1n);
    const own = String(await redis.client('ID'));
    for (const line of String(await redis.client('LIST')).split('\n')) {
      const id = /^id=(\d+) /.exec(line)?.[1];
      if (id !== undefined && id !== own && / db=11 /.test(line)) await redis.client('KILL', 'ID', id);
    }
    await count('x_a', 1);
    // A job that was cut off is run again when its lock of a minute has run out and the next look, every 15 s, finds it (jobs.ts).
    await eventually(ledger, (booked) => booked['x_a'] === 2n, 90_000);
    await eventually(async () => (await fetch(`${worker.url}/readyz`)).status, (status) => status === 200);
  }, 150_000);

  describe('its list of active namespaces', () => {
    const active = () => new ActiveNamespaces(redis, counters);
    const oldMs = () => Date.now() - idleAfterMs - 60_000;
    const listed = async () => (await active().list()).some(({ id }) => id === home.namespaceId);

    it('forgets a namespace that came to rest', async () => {
      await mark(home.namespaceId, oldMs());
      await active().forgetIdle(await active().list());
      expect(await listed()).toBe(false);
    });

    it('keeps one that was marked since it was looked at', async () => {
      await mark(home.namespaceId, oldMs());
      const seen = await active().list();
      await mark();
      await active().forgetIdle(seen);
      expect(await listed()).toBe(true);
    });

    it.each<[string, (namespaceId: NamespaceId) => Promise<unknown>]>([
      ['open usage', (id) => redis.hset(keys.openUsage(id), field('x_a'), '1')],
      ['a sealed batch', (id) => redis.rpush(keys.sealedBatches(id), 'ub_1')],
      ['a parked batch', (id) => redis.rpush(counters.parkedBatches(id), 'ub_1')],
      ['a lease under way', (id) => redis.zadd(keys.due(id), Date.now() + 3_600_000, 'q_a')],
    ])('keeps one with %s however long ago it moved', async (_what, leave) => {
      await mark(home.namespaceId, oldMs());
      await leave(home.namespaceId);
      await active().forgetIdle(await active().list());
      expect(await listed()).toBe(true);
    });

    it('finds work in a namespace nobody marked', async () => {
      await count('x_a', 2);
      marked.push(home.namespaceId);
      const queue = new Queue('active-sweep', { connection: redis, prefix: jobsPrefix });
      await start();
      await queue.add('active-sweep', {});
      await queue.close();
      await eventually(ledger, (booked) => booked['x_a'] === 2n);
    });
  });
});
