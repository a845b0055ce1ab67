import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NamespaceId } from '@waybill/kernel';
import { newId, silentLogger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import { LedgerStore } from './ledger.store.js';
import type { UsageKeys } from './usage-counter.store.js';
import { UsageCounterStore } from './usage-counter.store.js';
import { UsageDrain } from './usage-drain.js';

const keys: UsageKeys = {
  openUsage: (ns) => `{${ns}}:usage:open`,
  sealedBatches: (ns) => `{${ns}}:usage:sealed`,
  usageBatch: (ns, id) => `{${ns}}:usage:batch:${id}`,
};
const hour = 496_032;
const field = (resource: string, dimension = 'mq_kib_in', at = hour) => `${at}|${dimension}|publish|${resource}`;

class Crash extends Error {}

/** The real store, in which one call of `method` ends the process: before it did its work, or after. */
function crashing<T extends object>(store: T, method: string, when: 'before' | 'after'): T {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (name === method && when === 'before') throw new Crash();
        const result: unknown = await Reflect.apply(value, target, args);
        if (name === method) throw new Crash();
        return result;
      };
    },
  });
}

describe('the usage drain', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let counters: UsageCounterStore;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    counters = new UsageCounterStore(redis, keys);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
  });

  const drainer = () => new UsageDrain(counters, new LedgerStore(fresh.database), silentLogger);
  const count = (name: string, by: number | string, namespaceId: NamespaceId = home.namespaceId) => redis.hincrby(keys.openUsage(namespaceId), name, by);
  const leftovers = () => redis.keys(`{${home.namespaceId}}:usage:*`);

  async function ledger(): Promise<Map<string, bigint>> {
    const rows = await new LedgerStore(fresh.database).read(home.caller, home.namespaceId, { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER / 2 ** 12 });
    return new Map(rows.map((row) => [`${row.hourMs / 3_600_000}|${row.dimension}|${row.cause}|${row.resourceId}`, row.quantity]));
  }
  /** Entries sum up to records, and no entry lacks its batch (billing.md §8, invariants). */
  async function expectSumsToHold(): Promise<void> {
    const wrong = await fresh.database.asSystem((tx) => tx.$queryRaw<unknown[]>`
      SELECT * FROM (SELECT namespace_id, hour, dimension, cause, resource_id, sum(delta) AS quantity FROM usage_entries GROUP BY 1, 2, 3, 4, 5) e
      FULL JOIN usage_records r USING (namespace_id, hour, dimension, cause, resource_id) WHERE e.quantity IS DISTINCT FROM r.quantity`);
    expect(wrong).toEqual([]);
  }

  it('books what was counted by hour, dimension, cause and resource, to the unit beyond 2^53', async () => {
    await count(field('x_a'), 3);
    await count(field('q_b', 'mq_kib_out', hour + 1), '9007199254740993');
    await count(`${hour}|mq_queue_passes|dead-letter|q_b`, 1);
    expect(await drainer().drain(home.namespaceId)).toEqual({ booked: 1, entries: 3, parked: 0 });
    await count(field('x_a'), 4);
    expect(await drainer().drain(home.namespaceId)).toEqual({ booked: 1, entries: 1, parked: 0 });
    expect(await drainer().drain(home.namespaceId)).toEqual({ booked: 0, entries: 0, parked: 0 });
    expect(await ledger()).toEqual(new Map([[field('x_a'), 7n], [`${hour}|mq_queue_passes|dead-letter|q_b`, 1n], [field('q_b', 'mq_kib_out', hour + 1), 9_007_199_254_740_993n]]));
    expect(await leftovers()).toEqual([]);
    await expectSumsToHold();
  });

  for (const [store, methods] of [['counters', ['unpark', 'seal', 'sealed', 'read', 'forget']], ['ledger', ['book']]] as const) {
    for (const method of methods) {
      for (const when of ['before', 'after'] as const) {
        it(`loses nothing and books nothing twice when it dies ${when} ${store}.${method}`, async () => {
          const books = new LedgerStore(fresh.database);
          const dying = new UsageDrain(
            store === 'counters' ? crashing(counters, method, when) : counters,
            store === 'ledger' ? crashing(books, method, when) : books,
            silentLogger,
          );
          await count(field('x_a'), 5);
          await expect(dying.drain(home.namespaceId)).rejects.toBeInstanceOf(Crash);
          await count(field('x_a'), 2);
          await expect(dying.drain(home.namespaceId)).rejects.toBeInstanceOf(Crash);
          await count(field('x_b'), 1);
          await drainer().drain(home.namespaceId);
          expect(await ledger()).toEqual(new Map([[field('x_a'), 7n], [field('x_b'), 1n]]));
          expect(await leftovers()).toEqual([]);
          await expectSumsToHold();
        });
      }
    }
  }

  it('2: books as if once when four drainers run at once while counting goes on', async () => {
    let counting = true;
    const drainLane = async () => {
      const drain = drainer();
      while (counting) await drain.drain(home.namespaceId);
    };
    const countLane = async (lane: number) => {
      for (let i = 0; i < 300; i += 1) await count(field(`x_${(i + lane) % 7}`), i);
    };
    const drains = [0, 1, 2, 3].map(drainLane);
    await Promise.all([0, 1, 2].map(countLane));
    counting = false;
    await Promise.all(drains);
    await drainer().drain(home.namespaceId);
    const expected = new Map<string, bigint>();
    for (let lane = 0; lane < 3; lane += 1) {
      for (let i = 0; i < 300; i += 1) expected.set(field(`x_${(i + lane) % 7}`), (expected.get(field(`x_${(i + lane) % 7}`)) ?? 0n) + BigInt(i));
    }
    expect(await ledger()).toEqual(expected);
    expect(await leftovers()).toEqual([]);
    await expectSumsToHold();
  });

  it('2: books a batch once however often it is handed in', async () => {
    await count(field('x_a'), 5);
    await counters.seal(home.namespaceId, newId('usageBatch'));
    const [batchId] = await counters.sealed(home.namespaceId);
    const held = await redis.hgetall(keys.usageBatch(home.namespaceId, batchId!));
    for (let round = 0; round < 3; round += 1) {
      await redis.hset(keys.usageBatch(home.namespaceId, batchId!), held);
      await redis.rpush(keys.sealedBatches(home.namespaceId), batchId!);
      await Promise.all([drainer().drain(home.namespaceId), drainer().drain(home.namespaceId)]);
    }
    expect(await ledger()).toEqual(new Map([[field('x_a'), 5n]]));
    expect(await leftovers()).toEqual([]);
  });

  it('parks a batch with a field it does not understand, whole, and goes on with the next', async () => {
    const errors: unknown[] = [];
    const drain = new UsageDrain(counters, new LedgerStore(fresh.database), { ...silentLogger, error: (event, facts) => void errors.push([event, facts?.['namespaceId']]) });
    await count(field('x_a'), 5);
    await count('not|a|field', 1);
    expect(await drain.drain(home.namespaceId)).toEqual({ booked: 0, entries: 0, parked: 1 });
    expect(errors).toEqual([['usage.batch_parked', home.namespaceId]]);
    await count(field('x_a'), 2);
    expect(await drain.drain(home.namespaceId)).toEqual({ booked: 1, entries: 1, parked: 0 });
    expect(await ledger()).toEqual(new Map([[field('x_a'), 2n]]));
    const [parked] = await redis.lrange(counters.parkedBatches(home.namespaceId), 0, -1);
    expect(await redis.hgetall(keys.usageBatch(home.namespaceId, parked!))).toMatchObject({ [field('x_a')]: '5', 'not|a|field': '1' });
    // A newer worker, to which the field means something: here, once it is repaired.
    await redis.hdel(keys.usageBatch(home.namespaceId, parked!), 'not|a|field');
    expect(await drainer().drain(home.namespaceId)).toEqual({ booked: 1, entries: 1, parked: 0 });
    expect(await ledger()).toEqual(new Map([[field('x_a'), 7n]]));
    expect(await leftovers()).toEqual([]);
  });

  it('tells of a batch whose counters are gone, and leaves it in line until it could', async () => {
    let away = true;
    const lost: string[] = [];
    const tell = { parked: () => Promise.resolve(), lost: async ({ batchId }: { batchId: string }) => (away ? Promise.reject(new Error('no database')) : void lost.push(batchId)) };
    await count(field('x_a'), 5);
    await counters.seal(home.namespaceId, newId('usageBatch'));
    const [batchId] = await counters.sealed(home.namespaceId);
    await redis.unlink(keys.usageBatch(home.namespaceId, batchId!));
    const drain = new UsageDrain(counters, new LedgerStore(fresh.database), silentLogger, tell);
    await expect(drain.drain(home.namespaceId)).rejects.toThrow('no database');
    away = false;
    await drain.drain(home.namespaceId);
    await drain.drain(home.namespaceId);
    expect([lost, await leftovers()]).toEqual([[batchId], []]);
  });

  it('does not take a batch for lost that somebody took from the line while it was looked at', async () => {
    const lost: string[] = [];
    const tell = { parked: () => Promise.resolve(), lost: async ({ batchId }: { batchId: string }) => void lost.push(batchId) };
    await count(field('x_a'), 5);
    await count('not|a|field', 1);
    const seen = new Proxy(counters, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'read' || typeof value !== 'function') return typeof value === 'function' ? value.bind(target) : value;
        return async (namespaceId: NamespaceId, batchId: string) => {
          await counters.park(namespaceId, batchId);
          await counters.dropParked(namespaceId, batchId);
          return Reflect.apply(value, target, [namespaceId, batchId]) as unknown;
        };
      },
    });
    await new UsageDrain(seen, new LedgerStore(fresh.database), silentLogger, tell).drain(home.namespaceId);
    expect(lost).toEqual([]);
  });

  it('parks a batch whose id the ledger knows with other content', async () => {
    await count(field('x_a'), 5);
    await counters.seal(home.namespaceId, newId('usageBatch'));
    const [batchId] = await counters.sealed(home.namespaceId);
    await drainer().drain(home.namespaceId);
    await redis.hset(keys.usageBatch(home.namespaceId, batchId!), { [field('x_a')]: '6', '@sealedAtMs': '1790000000000' });
    await redis.rpush(keys.sealedBatches(home.namespaceId), batchId!);
    expect(await drainer().drain(home.namespaceId)).toMatchObject({ booked: 0, parked: 1 });
    expect(await ledger()).toEqual(new Map([[field('x_a'), 5n]]));
  });

  it('parks usage of a namespace that PostgreSQL does not know', async () => {
    const unknown = newId('namespace');
    await count(field('x_a'), 5, unknown);
    expect(await drainer().drain(unknown)).toMatchObject({ booked: 0, parked: 1 });
    expect(await redis.exists(counters.parkedBatches(unknown))).toBe(1);
  });

  it('books 20,000 counters of one batch in one go', async () => {
    const fields = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [field(`q_${i}`, 'mq_queue_passes'), String(i + 1)]));
    await redis.hset(keys.openUsage(home.namespaceId), fields);
    expect(await drainer().drain(home.namespaceId)).toEqual({ booked: 1, entries: 20_000, parked: 0 });
    const booked = await ledger();
    expect(booked.size).toBe(20_000);
    expect(booked.get(field('q_19999', 'mq_queue_passes'))).toBe(20_000n);
  });
});
