import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, queueKeys, queueSettings } from '@waybill/broker';
import type { Logger } from '@waybill/kernel';
import { silentLogger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { BindingInput } from './definitions.js';
import { completeExchangeSettings } from './exchange-settings.js';
import { ExchangeStore } from './exchange.store.js';
import type { Topology } from './open-topology.store.js';
import { openTopology } from './open-topology.store.js';
import { completeQueueSettings } from './queue-settings.js';
import { QueueStore } from './queue.store.js';
import { SnapshotStore } from './snapshot.store.js';
import { WholeTopologyStore } from './whole-topology.store.js';

const standard = completeQueueSettings({ kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 });
const toQueue = (queue: string, pattern = ''): BindingInput => ({ destination: { queue }, pattern, headers: {}, match: 'all' });

describe('the snapshot', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
  });

  const open = (logger: Logger = silentLogger): Topology => openTopology({ database: fresh.database, redis, logger });
  const committed = async () => {
    const row = await fresh.database.asSystem((tx) => tx.namespace.findUniqueOrThrow({ where: { id: home.namespaceId } }));
    return row.topologyVersion;
  };
  const outstanding = () => fresh.database.asSystem((tx) => tx.topologyOutbox.count({ where: { namespaceId: home.namespaceId, appliedAt: null } }));

  /** Field by field: what Redis has is what PostgreSQL says, at the version PostgreSQL says. */
  async function expectEqualStores(): Promise<void> {
    const { namespaceId } = home;
    const whole = await new WholeTopologyStore(fresh.database).read(namespaceId, null);
    const expected = new Map<string, unknown>([['version', String(whole!.version)]]);
    for (const step of whole!.steps) {
      if ('messageLog' in step) expected.set('log', 'off');
      if (!('put' in step)) continue;
      if (step.put === 'exchange') expected.set(`x:${step.exchange.name}`, step.exchange);
      if (step.put === 'queue') expected.set(`q:${step.queue.name}`, step.queue);
      if (step.put === 'binding') expected.set(`b:${step.binding.id}`, step.binding);
      if (step.put === 'queue') {
        const settings = queueSettings(step.queue);
        const fields = settings.filter((_, i) => i % 2 === 0);
        expect(await redis.hmget(keys.queue(namespaceId, step.queue.id), ...fields)).toEqual(settings.filter((_, i) => i % 2 === 1));
      }
    }
    const fields = Object.entries(await redis.hgetall(keys.topology(namespaceId)));
    expect(new Map(fields.map(([field, text]) => [field, field === 'version' || field === 'log' ? text : JSON.parse(text)]))).toEqual(expected);
  }

  it('equals PostgreSQL after 200 changes by two control planes at once, with no version left out', async () => {
    const { caller, namespaceId } = home;
    const [one, two] = [open().service, open().service];
    await one.putExchange(caller, namespaceId, 'orders', { kind: 'topic' });
    const lane = async (number: number): Promise<void> => {
      const service = number % 2 === 0 ? one : two;
      for (let i = 0; i < 25; i += 1) {
        const name = `q${number}-${i}`;
        await service.putQueue(caller, namespaceId, name, standard);
        await service.putBindings(caller, namespaceId, 'orders', [toQueue(name, `k.${i}`)]);
        expect(await redis.hexists(keys.topology(namespaceId), `q:${name}`)).toBe(1);
        if (i % 5 === 0) await service.deleteQueue(caller, namespaceId, name);
      }
    };
    await Promise.all([0, 1, 2, 3].map(lane));
    expect(await committed()).toBe(1n + 4n * (25n + 25n + 5n));
    const entries = await redis.xrange(keys.topologyChanges(namespaceId), '-', '+');
    expect(entries.map(([id]) => id)).toEqual(entries.map((_, i) => `${i + 1}-0`));
    await expectEqualStores();
    expect(await outstanding()).toBe(0);
  });

  it('is brought up to date by the relay after a crash between commit and publish', async () => {
    const { caller, namespaceId } = home;
    const { service, publisher } = open();
    await publisher.relay();
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'direct' });
    // A store's commit alone is what a control plane leaves behind that dies before it publishes.
    await new QueueStore(fresh.database).put(caller, namespaceId, 'mail', standard);
    await new ExchangeStore(fresh.database).put(caller, namespaceId, 'bills', completeExchangeSettings({ kind: 'fanout' }));
    expect(await redis.hget(keys.topology(namespaceId), 'version')).toBe('1');
    expect(await publisher.relay()).toEqual({ current: 1, failed: 0 });
    await expectEqualStores();
    expect(await outstanding()).toBe(0);
    expect(await publisher.relay()).toEqual({ current: 0, failed: 0 });
  });

  it('gets the change of a dead control plane before the next change', async () => {
    const { caller, namespaceId } = home;
    await new QueueStore(fresh.database).put(caller, namespaceId, 'mail', standard);
    await open().service.putExchange(caller, namespaceId, 'orders', { kind: 'direct' });
    await expectEqualStores();
  });

  it('says that a change is stored and not in force while Redis is away, and a repeat puts it into force', async () => {
    const { caller, namespaceId } = home;
    const away = await openTestRedis();
    away.disconnect();
    const cut = openTopology({ database: fresh.database, redis: away, logger: silentLogger }).service;
    await expect(cut.putQueue(caller, namespaceId, 'mail', standard)).rejects.toMatchObject({ code: 'topology_not_published', retryable: true });
    await expect(cut.putQueue(caller, namespaceId, 'mail', standard)).rejects.toMatchObject({ code: 'topology_not_published' });
    expect(await redis.exists(keys.topology(namespaceId))).toBe(0);
    expect(await open().service.putQueue(caller, namespaceId, 'mail', standard)).toMatchObject({ created: false });
    await expectEqualStores();
  });

  it('is rebuilt when Redis lost the namespace, by the relay of a new worker', async () => {
    const { caller, namespaceId } = home;
    const { service } = open();
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'topic' });
    await service.putQueue(caller, namespaceId, 'mail', standard);
    await service.putBindings(caller, namespaceId, 'orders', Array.from({ length: 1_000 }, (_, i) => toQueue('mail', `a.${i}`)));
    await redis.del(keys.topology(namespaceId), keys.topologyChanges(namespaceId));
    await open().publisher.relay();
    await expectEqualStores();
    expect(await redis.ttl(keys.topology(namespaceId))).toBe(-1);
    expect(await redis.keys(`{${namespaceId}}:topology:staging*`)).toEqual([]);
    await service.putQueue(caller, namespaceId, 'sms', standard);
    await expectEqualStores();
  });

  it('is rebuilt by the next change, and a repeated PUT heals it too', async () => {
    const { caller, namespaceId } = home;
    const { service } = open();
    await service.putExchange(caller, namespaceId, 'orders', { kind: 'topic' });
    await service.putQueue(caller, namespaceId, 'mail', standard);
    await redis.del(keys.topology(namespaceId), keys.topologyChanges(namespaceId));
    await service.putQueue(caller, namespaceId, 'sms', standard);
    await expectEqualStores();
    await redis.del(keys.topology(namespaceId));
    await service.putQueue(caller, namespaceId, 'sms', standard);
    await expectEqualStores();
  });

  it('keeps the place of a queue and forgets dropped ones when Redis came back older than the outbox reaches', async () => {
    const { caller, namespaceId } = home;
    const { service } = open();
    const { queue: kept } = await service.putQueue(caller, namespaceId, 'kept', standard);
    const { queue: dropped } = await service.putQueue(caller, namespaceId, 'dropped', standard);
    const backup = await redis.hgetall(keys.topology(namespaceId));
    await redis.hset(keys.queue(namespaceId, kept.id), 'cursor', '42');
    await service.deleteQueue(caller, namespaceId, 'dropped');
    await service.putQueue(caller, namespaceId, 'later', standard);
    await fresh.database.asSystem((tx) => tx.topologyOutbox.deleteMany({ where: { namespaceId } }));
    await redis.del(keys.topology(namespaceId));
    await redis.hset(keys.topology(namespaceId), backup);
    await redis.hset(keys.queue(namespaceId, dropped.id), 'name', 'dropped');
    await redis.xadd(keys.messages(namespaceId, dropped.id), '1-0', 'r', 'body');
    await redis.zadd(keys.due(namespaceId), 5, dropped.id, 6, kept.id);
    await open().publisher.relay();
    await expectEqualStores();
    expect(await redis.hget(keys.queue(namespaceId, kept.id), 'cursor')).toBe('42');
    expect(await redis.exists(...queueKeys(namespaceId, dropped.id))).toBe(0);
    expect(await redis.zrange(keys.due(namespaceId), '0', '-1')).toEqual([kept.id]);
  });

  it('carries the message log of the namespace without showing it to gateways as a definition', async () => {
    const { caller, namespaceId } = home;
    const { service } = open();
    const field = () => redis.hget(keys.topology(namespaceId), 'log');
    await service.setMessageLog(caller, namespaceId, true);
    expect([await redis.exists(keys.topology(namespaceId)), await committed()]).toEqual([0, 0n]);
    await service.putQueue(caller, namespaceId, 'mail', standard);
    await service.setMessageLog(caller, namespaceId, false);
    expect([await field(), await committed()]).toEqual(['off', 2n]);
    expect((await redis.xrange(keys.topologyChanges(namespaceId), '2-0', '2-0')).map(([, [, ops]]) => ops)).toEqual(['[]']);
    await service.setMessageLog(caller, namespaceId, false);
    expect(await committed()).toBe(2n);
    await redis.del(keys.topology(namespaceId), keys.topologyChanges(namespaceId));
    await open().publisher.relay();
    expect(await field()).toBe('off');
    await expectEqualStores();
    await service.setMessageLog(caller, namespaceId, true);
    expect([await field(), await committed()]).toEqual([null, 3n]);
    await expectEqualStores();
  });

  it('puts a message log that was turned off while Redis was away into force by the relay', async () => {
    const { caller, namespaceId } = home;
    const away = await openTestRedis();
    away.disconnect();
    const cut = openTopology({ database: fresh.database, redis: away, logger: silentLogger }).service;
    await expect(cut.setMessageLog(caller, namespaceId, false)).rejects.toMatchObject({ code: 'topology_not_published' });
    expect(await redis.exists(keys.topology(namespaceId))).toBe(0);
    await open().publisher.relay();
    await expectEqualStores();
    expect(await redis.hget(keys.topology(namespaceId), 'log')).toBe('off');
  });

  it('moves forward when PostgreSQL came back older than Redis', async () => {
    const { caller, namespaceId } = home;
    const { service } = open();
    await service.putQueue(caller, namespaceId, 'mail', standard);
    await redis.hset(keys.topology(namespaceId), 'version', '90', 'q:lost', JSON.stringify({ id: 'q_lost', name: 'lost' }));
    await open().publisher.relay();
    expect(await redis.hget(keys.topology(namespaceId), 'version')).toBe('91');
    await expectEqualStores();
  });

  it('lets a rebuild give way to one that finished earlier', async () => {
    const { caller, namespaceId } = home;
    await open().service.putQueue(caller, namespaceId, 'mail', standard);
    const snapshots = new SnapshotStore(redis);
    const late = { staging: 'late', seen: 0n, forgottenQueues: [], steps: [{ put: 'exchange', exchange: { id: 'x_old', name: 'old', kind: 'direct' } }] } as const;
    expect(await snapshots.stage(namespaceId, late)).toBe('superseded');
    expect(await snapshots.swap(namespaceId, 'late', 0n, 1n)).toBe('superseded');
    await expectEqualStores();
  });

  it('applies no version twice and leaves none out', async () => {
    const { namespaceId } = home;
    const snapshots = new SnapshotStore(redis);
    const change = (version: bigint) => ({ version, steps: [{ put: 'exchange', exchange: { id: `x_${version}`, name: 'orders', kind: 'direct' } }] }) as const;
    expect(await snapshots.apply(namespaceId, change(2n))).toBe('behind');
    expect(await snapshots.apply(namespaceId, change(1n))).toBe('applied');
    expect(await snapshots.apply(namespaceId, change(1n))).toBe('already');
    expect(await snapshots.apply(namespaceId, change(3n))).toBe('behind');
    expect(await snapshots.apply(namespaceId, change(2n))).toBe('applied');
    expect(await redis.xlen(keys.topologyChanges(namespaceId))).toBe(2);
    await redis.script('FLUSH');
    expect(await snapshots.apply(namespaceId, change(3n))).toBe('applied');
  });

  it('leaves the other namespaces alone when one cannot be published', async () => {
    const broken = await newHome(fresh.database);
    await new QueueStore(fresh.database).put(broken.caller, broken.namespaceId, 'mail', standard);
    await new QueueStore(fresh.database).put(home.caller, home.namespaceId, 'mail', standard);
    await redis.set(keys.topology(broken.namespaceId), 'not a hash');
    const errors: unknown[] = [];
    const { publisher } = open({ ...silentLogger, error: (event, facts) => void errors.push([event, facts?.['namespaceId']]) });
    const raw = new SnapshotStore(redis);
    await expect(raw.version(broken.namespaceId)).rejects.toThrow('WRONGTYPE');
    expect((await publisher.relay()).failed).toBe(1);
    expect(errors).toEqual([['topology.relay_failed', broken.namespaceId]]);
    await expectEqualStores();
    await redis.del(keys.topology(broken.namespaceId));
    expect((await publisher.relay()).failed).toBe(0);
    expect(await raw.version(broken.namespaceId)).toBe(1n);
  });

  it('keeps the newest 1,000 applied changes in the outbox and no more', async () => {
    const { caller, namespaceId } = home;
    const { service } = open();
    await service.putQueue(caller, namespaceId, 'mail', standard);
    await fresh.database.asSystem(async (tx) => {
      await tx.$executeRaw`UPDATE topology_outbox SET version = version + 1500 WHERE namespace_id = ${namespaceId}`;
      await tx.namespace.update({ where: { id: namespaceId }, data: { topologyVersion: 1501n } });
    });
    await fresh.database.asSystem((tx) =>
      tx.$executeRaw`INSERT INTO topology_outbox (namespace_id, version, tenant_id, ops, applied_at)
        SELECT ${namespaceId}, v, ${caller.tenantId}, '[]', now() FROM generate_series(1, 1500) v`);
    await redis.hset(keys.topology(namespaceId), 'version', '1501');
    await service.putQueue(caller, namespaceId, 'sms', standard);
    const rows = await fresh.database.asSystem((tx) => tx.topologyOutbox.findMany({ where: { namespaceId }, orderBy: { version: 'asc' } }));
    expect([rows.length, rows[0]!.version]).toEqual([1_000, 503n]);
  });
});
