import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, silentLogger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import { LedgerStore } from './ledger.store.js';
import type { UsageKeys } from './usage-counter.store.js';
import { UsageCounterStore } from './usage-counter.store.js';
import { UsageDrain } from './usage-drain.js';
import { UsageReader } from './usage-reader.js';

const keys: UsageKeys = {
  openUsage: (ns) => `{${ns}}:usage:open`,
  sealedBatches: (ns) => `{${ns}}:usage:sealed`,
  usageBatch: (ns, id) => `{${ns}}:usage:batch:${id}`,
};
const hour = 496_032;
const hours = { fromMs: hour * 3_600_000, toMs: (hour + 1) * 3_600_000 };

describe('the usage reader', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let counters: UsageCounterStore;
  let reader: UsageReader;
  let drain: UsageDrain;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    counters = new UsageCounterStore(redis, keys);
    reader = new UsageReader(new LedgerStore(fresh.database), counters, silentLogger);
    drain = new UsageDrain(counters, new LedgerStore(fresh.database), silentLogger);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
  });

  const count = (field = `${hour}|mq_kib_in|publish|x_a`) => redis.hincrby(keys.openUsage(home.namespaceId), field, 1);
  const serverMs = async () => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  };
  const creationMs = async () => {
    const { createdAt } = await fresh.database.asSystem((tx) => tx.namespace.findUniqueOrThrow({ where: { id: home.namespaceId } }));
    return createdAt.getTime();
  };
  const read = () => reader.read(home.caller, home.namespaceId, hours);

  it('gives the rows of the hours asked for and no others', async () => {
    for (const at of [hour - 1, hour, hour, hour + 1]) await count(`${at}|mq_kib_in|publish|x_a`);
    await drain.drain(home.namespaceId);
    expect((await read()).rows).toEqual([{ hourMs: hour * 3_600_000, dimension: 'mq_kib_in', cause: 'publish', resourceId: 'x_a', quantity: 2n }]);
  });

  it('is as of now when nothing is on its way', async () => {
    await count();
    await drain.drain(home.namespaceId);
    const before = await serverMs();
    expect((await read()).asOfMs).toBeGreaterThanOrEqual(before);
  });

  it('is as of the newest seal in the ledger while something is open', async () => {
    await count();
    const before = await serverMs();
    await drain.drain(home.namespaceId);
    const after = await serverMs();
    await count();
    const { asOfMs } = await read();
    expect(asOfMs).toBeGreaterThanOrEqual(before);
    expect(asOfMs).toBeLessThanOrEqual(after);
  });

  it('never promises more than the ledger holds while a batch is sealed or parked before a booked one', async () => {
    await count('broken');
    await counters.seal(home.namespaceId, newId('usageBatch'));
    const createdMs = await creationMs();
    expect((await read()).asOfMs).toBe(createdMs);
    await drain.drain(home.namespaceId);
    await count();
    await drain.drain(home.namespaceId);
    expect((await read()).rows).toHaveLength(1);
    expect((await read()).asOfMs).toBe(createdMs);
  });

  it('falls back to the creation of the namespace while Redis is away, and still shows the ledger', async () => {
    await count();
    await drain.drain(home.namespaceId);
    const away = await openTestRedis();
    away.disconnect();
    const cut = new UsageReader(new LedgerStore(fresh.database), new UsageCounterStore(away, keys), silentLogger);
    const reading = await cut.read(home.caller, home.namespaceId, hours);
    expect(reading.asOfMs).toBe(await creationMs());
    expect(reading.rows).toHaveLength(1);
  });

  it('answers a foreign namespace exactly like an absent one', async () => {
    await count();
    await drain.drain(home.namespaceId);
    const other = await newHome(fresh.database);
    const key = { ...home.caller, namespaceId: newId('namespace') };
    for (const [caller, namespaceId] of [[other.caller, home.namespaceId], [other.caller, newId('namespace')], [other.caller, "ns_'\0"], [key, home.namespaceId]] as const) {
      await expect(reader.read(caller, namespaceId, hours)).rejects.toMatchObject({ code: 'namespace_not_found' });
    }
  });
});
