import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  activeNamespacesKey, keys, MarkedNamespaces, MessageStore, Publisher, QueueControl, QueueStore, scheduleMarksKey, ScheduleStore, SnapshotStore, taskMarksKey, TaskStore, TopologyCache,
} from '@waybill/broker';
import type { QueueRef, TaskSpec } from '@waybill/broker';
import { silentLogger } from '@waybill/kernel';
import { UsageCounterStore } from '@waybill/metering';
import type { RunningService } from '@waybill/platform';
import { loadConfig } from '@waybill/platform';
import { eventually, freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { FreshDatabase, Home } from '@waybill/testing';
import { openTopology } from '@waybill/topology';
import type { TopologyService } from '@waybill/topology';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { ActiveNamespaces } from './active-namespaces.js';
import { ActiveSweepProcessor } from './active-sweep.processor.js';
import { IdleQueueProcessor } from './idle-queue.processor.js';
import { jobNames, jobsPrefix } from './jobs.js';
import { startWorker } from './start-worker.js';
import { WorkerMetrics } from './worker-metrics.js';

/** A worker serves every namespace of its Redis: it gets a logical database that no other spec uses. */
function ownRedisUrl(): string {
  const url = new URL(process.env['WAYBILL_TEST_REDIS_URL'] ?? 'redis://unset');
  url.pathname = '/13';
  return url.href;
}

let fresh: FreshDatabase;
let redis: Redis;
let home: Home;
let topology: TopologyService;
let queues: QueueStore;
let publisher: Publisher;
const running: RunningService[] = [];

beforeAll(async () => {
  fresh = await freshDatabase();
  redis = await openTestRedis({ url: ownRedisUrl() });
  topology = openTopology({ database: fresh.database, redis, logger: silentLogger }).service;
  queues = new QueueStore(redis);
  publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
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
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.close()));
  await redis.zrem(activeNamespacesKey, home.namespaceId);
  await redis.zrem(taskMarksKey, home.namespaceId);
  await redis.zrem(scheduleMarksKey, home.namespaceId);
});

async function start(): Promise<void> {
  const url = ownRedisUrl();
  running.push(await startWorker(loadConfig({ DATABASE_URL: fresh.url, REDIS_URL: url, JOBS_REDIS_URL: url, WORKER_PORT: '0', NODE_ENV: 'test' }), silentLogger));
}
async function queue(name: string, settings: Partial<Parameters<TopologyService['putQueue']>[3]> = {}): Promise<QueueRef> {
  const put = await topology.putQueue(home.caller, home.namespaceId, name, { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10, ...settings });
  return { ns: home.namespaceId, id: put.queue.id, name };
}
const publish = (name: string, ...bodies: string[]) =>
  publisher.publish(home.namespaceId, { queue: name }, bodies.map((body) => ({ properties: { key: 'k', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from(body) })));

async function kill(ref: QueueRef): Promise<void> {
  const claim = await queues.claim(ref, { max: 100, holder: 'test' });
  if (claim.kind !== 'claimed') throw new Error('nothing to kill');
  await queues.settle(ref, claim.deliveries.map(({ receipt }) => ({ action: 'reject', receipt, reason: 'broken' })));
}
const redrive = (ref: QueueRef): TaskSpec => ({ kind: 'redrive', queue: ref.name, queueId: ref.id, from: 'dead', inOrder: true, to: { queue: ref.name }, filter: {}, ratePerSecond: null, askedBy: 'usr_1' });

describe('a worker', () => {
  it('carries out a task that is marked, and takes the mark away when it has ended', async () => {
    const orders = await queue('orders');
    await publish('orders', 'a', 'b', 'c');
    await kill(orders);
    const tasks = new TaskStore(redis);
    const task = await tasks.create(home.namespaceId, redrive(orders));
    await new MarkedNamespaces(redis, taskMarksKey).mark(home.namespaceId);
    await start();
    await eventually(async () => expect(await tasks.get(home.namespaceId, task.id)).toMatchObject({ state: 'done', done: 3 }));
    expect(await queues.figures(orders)).toMatchObject({ ready: 3, dead: 0 });
    await eventually(async () => expect(await redis.zscore(taskMarksKey, home.namespaceId)).toBeNull());
    expect(await redis.zscore(activeNamespacesKey, home.namespaceId)).not.toBeNull();
  });

  it('publishes what a schedule asks for, once with two workers, and notes when to look again', async () => {
    const reports = await queue('reports');
    const schedules = new ScheduleStore(redis);
    const dueMs = (await schedules.nowMs()) - 5_000;
    await schedules.put(home.namespaceId, 'hourly', {
      cron: '0 * * * *', timeZone: 'Europe/Vienna', to: { queue: 'reports' }, paused: false, createdMs: 0, message: { body: 'report', bodyEncoding: 'utf8', contentType: 'text/plain' },
    }, dueMs);
    await new MarkedNamespaces(redis, scheduleMarksKey).mark(home.namespaceId);
    await Promise.all([start(), start()]);
    await eventually(async () => expect((await schedules.get(home.namespaceId, 'hourly'))?.lastRun).toMatchObject({ lastProblem: null }));
    const nextMs = (await schedules.get(home.namespaceId, 'hourly'))!.nextMs as number;
    expect(nextMs).toBeGreaterThan(dueMs);
    await eventually(async () => expect(Number(await redis.zscore(scheduleMarksKey, home.namespaceId))).toBe(nextMs));
    expect(await queues.figures(reports)).toMatchObject({ ready: 1 });
  });

  it('sends dead letters through the exchange of their queue', async () => {
    await topology.putExchange(home.caller, home.namespaceId, 'graveyard', { kind: 'fanout' });
    const morgue = await queue('morgue');
    await topology.putBindings(home.caller, home.namespaceId, 'graveyard', [{ destination: { queue: 'morgue' }, pattern: '', headers: {}, match: 'all' }]);
    const orders = await queue('orders', { deadLetterExchange: 'graveyard' });
    await publish('orders', 'a', 'b');
    await kill(orders);
    await redis.zadd(activeNamespacesKey, Date.now(), home.namespaceId);
    await start();
    await eventually(async () => expect(await queues.figures(morgue)).toMatchObject({ ready: 2 }));
    expect(await queues.figures(orders)).toMatchObject({ dead: 0 });
  });
});

describe('the sweep', () => {
  it('finds tasks and schedules that no mark leads to', async () => {
    const orders = await queue('orders');
    await new TaskStore(redis).create(home.namespaceId, redrive(orders));
    await redis.zadd(keys.schedulesDue(home.namespaceId), Date.now() + 3_600_000, 'hourly');
    const marks = { tasks: new MarkedNamespaces(redis, taskMarksKey), schedules: new MarkedNamespaces(redis, scheduleMarksKey) };
    await new ActiveSweepProcessor(new ActiveNamespaces(redis, new UsageCounterStore(redis, keys)), fresh.database, marks, silentLogger, new WorkerMetrics()).run();
    expect(await redis.zscore(taskMarksKey, home.namespaceId)).not.toBeNull();
    expect(await redis.zscore(scheduleMarksKey, home.namespaceId)).not.toBeNull();
  });
});

describe('a queue that deletes itself when idle', () => {
  const processor = (idleMs: (ref: { name: string }) => number) => {
    const control = new QueueControl(redis);
    // As if the queue had been quiet for so long.
    const closeIfIdle = async (ref: QueueRef, limitMs: number) => idleMs(ref) >= limitMs && control.closeIfIdle(ref, 0);
    return new IdleQueueProcessor(topology, { closeIfIdle }, silentLogger, new WorkerMetrics());
  };
  const exists = async (name: string) => (await topology.listQueues(home.caller, home.namespaceId, { limit: 100 })).items.some((found) => found.name === name);

  it('goes when nobody used it for as long as it says, and not before; one that does not ask for it stays', async () => {
    await queue('temporary', { deleteWhenIdleSeconds: 60 });
    await queue('lasting');
    await processor(() => 59_999).run();
    expect(await exists('temporary')).toBe(true);
    await processor(() => 60_000).run();
    expect(await exists('temporary')).toBe(false);
    expect(await exists('lasting')).toBe(true);
  });

  it('stays while it holds a message or a dead letter', async () => {
    const ready = await queue('with-message', { deleteWhenIdleSeconds: 60 });
    const dead = await queue('with-dead-letter', { deleteWhenIdleSeconds: 60 });
    await publish('with-message', 'a');
    await publish('with-dead-letter', 'b');
    await kill(dead);
    await processor(() => 3_600_000).run();
    expect([await exists('with-message'), await exists('with-dead-letter')]).toEqual([true, true]);
    expect(await queues.figures(ready)).toMatchObject({ ready: 1 });
  });

  it('does not hold up the others when it cannot be looked at', async () => {
    await queue('a-broken', { deleteWhenIdleSeconds: 60 });
    await queue('b-idle', { deleteWhenIdleSeconds: 60 });
    const report = await processor(({ name }) => {
      if (name === 'a-broken') throw new Error('broken');
      return 3_600_000;
    }).run();
    expect(report['failed']).toBeGreaterThanOrEqual(1);
    expect(await exists('b-idle')).toBe(false);
  });
});
