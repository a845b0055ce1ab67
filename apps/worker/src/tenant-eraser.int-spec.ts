import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deletionSteps } from '@waybill/billing';
import { keys, openRedis, ScheduleStore, whenReady } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { destinationKinds, openEgress, openMailParts, openSources, openSubscriptions, SecretBox } from '@waybill/delivery';
import { openIdentity, PortalLinkStore } from '@waybill/identity';
import { Secret, silentLogger, systemClock } from '@waybill/kernel';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { freshDatabase, newHome, testServer } from '@waybill/testing';
import type { FreshDatabase, Home } from '@waybill/testing';
import { openTopology } from '@waybill/topology';
import { ErasingRooms } from './tenant-eraser.js';

const standing: Pick<Caller, 'actor' | 'permissions'> = { actor: { kind: 'system', id: 'dunning' }, permissions: new Set() };

/** The rooms as the worker opens them, on real stores. */
describe('taking away what a tenant has', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  const homes: Home[] = [];
  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
  });
  afterAll(async () => {
    for (const { namespaceId } of homes) {
      const left = await redis.keys(`{${namespaceId}}*`);
      if (left.length > 0) await redis.unlink(...left);
    }
    redis.disconnect();
    await fresh.drop();
  });

  async function opened() {
    const database = fresh.database;
    const mail = openMailParts({ mailFrom: 'waybill@example.com', mailAllow: [], mailDeny: [], dataTokenSecret: new Secret('links'), publicUrl: 'https://console.example' }, redis, silentLogger);
    const box = new SecretBox(new Secret(`a:${Buffer.alloc(32, 7).toString('base64')}`));
    const rooms = {
      apiKeys: openIdentity({ database, redis, logger: silentLogger }).apiKeys, portalLinks: new PortalLinkStore(database), schedules: new ScheduleStore(redis), topology: openTopology({ database, redis, logger: silentLogger }).service,
      subscriptions: openSubscriptions({ database, redis, kinds: destinationKinds({ egress: openEgress({ allow: ['127.0.0.0/8'], ports: ['1-65535'] }), mail }), box, logger: silentLogger }).subscriptions,
      sources: openSources({ database, redis, box, logger: silentLogger, gatewayUrl: 'https://gateway.example' }).sources,
    };
    return { rooms, eraser: new ErasingRooms(rooms, systemClock) };
  }

  async function furnished(rooms: Awaited<ReturnType<typeof opened>>['rooms'], many: number): Promise<Home & { readonly key: string; readonly queueId: string }> {
    const home = await newHome(fresh.database);
    homes.push(home);
    const { caller, namespaceId: ns } = home;
    for (let at = 0; at < many; at += 1) {
      await rooms.topology.putExchange(caller, ns, `x${at}`, { kind: 'topic' });
      await rooms.topology.putQueue(caller, ns, `q${at}`, { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 });
      await rooms.topology.putBindings(caller, ns, `x${at}`, [{ destination: { queue: `q${at}` }, pattern: '#', headers: {}, match: 'all' }]);
    }
    await rooms.subscriptions.put(caller, ns, 'push', { queue: 'q0', kind: 'webhook', description: '', customer: null, settings: { url: 'http://127.0.0.1:8080/in' }, delivery: {}, secrets: {} } as never);
    await rooms.sources.put(caller, ns, 'hook', { description: '', exchange: 'x0', key: 'in', scheme: { kind: 'standard' }, keepHeaders: [], paused: false } as never);
    await rooms.schedules.put(ns, 'nightly', { cron: '0 0 * * *', timeZone: 'UTC', to: { queue: 'q0' }, paused: false, message: { body: '' }, createdMs: 0 } as never, Date.now() + 3_600_000);
    const key = await rooms.apiKeys.create(caller, ns, { name: 'app', scopes: ['publish'] });
    await rooms.portalLinks.add(caller, ns, { id: `pl_${ns}`, customer: 'c1', exchange: 'x0', keyPrefix: '', createdAt: new Date(), expiresAt: new Date(Date.now() + 86_400_000) });
    const queue = await rooms.topology.getQueue(caller, ns, 'q0');
    await redis.hset(keys.queue(ns, queue.id), 'bytes', 100);
    return { ...home, key: key.id, queueId: queue.id };
  }

  const left = async ({ caller, namespaceId }: Home) => {
    const count = async (sql: string) => Number((await fresh.query(`SELECT count(*) AS n FROM ${sql} AND tenant_id = '${caller.tenantId}'`))[0]?.['n']);
    return {
      queues: await count('queues WHERE true'), exchanges: await count('exchanges WHERE true'), bindings: await count('bindings WHERE true'), subscriptions: await count('subscriptions WHERE true'),
      sources: await count('sources WHERE deleted_at IS NULL'), keys: await count('api_keys WHERE revoked_at IS NULL'), links: await count('portal_links WHERE revoked_at IS NULL'),
      lifetimes: await count('resource_lifetimes WHERE gone_at IS NULL'), schedules: (await new ScheduleStore(redis).list(namespaceId, undefined, 10)).items.length,
    };
  };
  const nothing = { queues: 0, exchanges: 0, bindings: 0, subscriptions: 0, sources: 0, keys: 0, links: 0, lifetimes: 0, schedules: 0 };

  async function eraseAll(eraser: ErasingRooms, { caller: { tenantId }, namespaceId }: Home): Promise<number> {
    let turns = 0;
    for (const step of deletionSteps) for (let more = true; more; turns += 1) more = (await eraser.erase({ ...standing, tenantId, namespaceId: null }, namespaceId, step)) === 'more';
    return turns;
  }

  it('takes all of it, a bounded part at a time, ends the minutes of what is billed by them, and leaves another tenant as it was', async () => {
    const { rooms, eraser } = await opened();
    const [gone, kept] = [await furnished(rooms, 23), await furnished(rooms, 1)];
    const before = await left(kept);
    const startedMs = Date.now();
    expect(await eraseAll(eraser, gone)).toBeGreaterThan(deletionSteps.length);
    expect(await left(gone)).toEqual(nothing);
    const [minutes] = await fresh.query(`SELECT count(*)::int AS n, min(gone_at) AS first FROM resource_lifetimes WHERE tenant_id = '${gone.caller.tenantId}'`);
    expect(minutes).toMatchObject({ n: 46 });
    expect((minutes!['first'] as Date).getTime()).toBeGreaterThanOrEqual(startedMs - 5_000);
    expect(await redis.exists(keys.queue(gone.namespaceId, gone.queueId))).toBe(0);
    expect(JSON.parse((await redis.get(`waybill:key:${gone.key}`)) ?? '{}')).toMatchObject({ revokedAt: expect.anything() });
    expect(await left(kept)).toEqual(before);
    expect((await fresh.query(`SELECT id FROM namespaces WHERE id = '${gone.namespaceId}'`)).length).toBe(1);
  });

  it('may be repeated, and done by two at once', async () => {
    const { rooms, eraser } = await opened();
    const home = await furnished(rooms, 5);
    await Promise.all([eraseAll(eraser, home), eraseAll(eraser, home)]);
    expect(await left(home)).toEqual(nothing);
    await eraseAll(eraser, home);
    expect(await left(home)).toEqual(nothing);
  });

  it('fails for a namespace that is not the tenant’s, and takes nothing of it', async () => {
    const { rooms, eraser } = await opened();
    const [home, other] = [await furnished(rooms, 1), await furnished(rooms, 1)];
    const before = await left(other);
    for (const step of ['keys', 'queues', 'subscriptions', 'sources', 'exchanges'] as const) {
      await expect(eraser.erase({ ...standing, tenantId: home.caller.tenantId, namespaceId: null }, other.namespaceId as NamespaceId, step)).rejects.toMatchObject({ code: 'namespace_not_found' });
    }
    expect(await left(other)).toEqual(before);
  });
});
