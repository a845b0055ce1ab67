import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, silentLogger } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { Redis } from 'ioredis';
import { LedgerStore } from '../ledger.store.js';
import { usageKeys } from '../testing/usage-keys.js';
import { batchOf } from '../usage-batch.js';
import { UsageCounterStore } from '../usage-counter.store.js';
import { UsageDrain } from '../usage-drain.js';
import { HourLedger } from './hour-ledger.js';
import { HourLedgerStore } from './hour-ledger.store.js';
import { HourSealer } from './hour-sealer.js';
import { SealStore } from './seal.store.js';

const hourMs = 3_600_000;

describe('the sealer of hours', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let counters: UsageCounterStore;
  let ledger: LedgerStore;
  let marks: SealStore;
  let reader: HourLedger;
  let sealer: HourSealer;
  /** The hour that ended last, by the clock that counts. */
  let hour: number;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    counters = new UsageCounterStore(redis, usageKeys);
    ledger = new LedgerStore(fresh.database);
    marks = new SealStore(fresh.database);
    reader = new HourLedger(new HourLedgerStore(fresh.database));
    sealer = new HourSealer(marks, counters, ledger, { drain: async () => ({ booked: 0, entries: 0, parked: 0 }) }, silentLogger);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
    hour = Math.floor(Number((await redis.time())[0]) / 3_600) - 3;
  });

  const count = (at: number, resource: string, by: number) => redis.hincrby(usageKeys.openUsage(home.namespaceId), `${at}|mq_kib_in|publish|${resource}`, by);
  const drain = () => new UsageDrain(counters, ledger, silentLogger).drain(home.namespaceId);
  const mark = async () => {
    const found = (await marks.behind({ sealedMs: Number.MAX_SAFE_INTEGER / 2 ** 12, archiveMs: 0 }, '', 10_000)).find(({ namespaceId }) => namespaceId === home.namespaceId);
    return found!;
  };
  const hourlyDone = async () => {
    for (const done of ['minutes', 'archive'] as const) await marks.moveOn(await mark(), done, (hour + 3) * hourMs);
  };
  const rows = async () => {
    const all = [];
    for await (const page of reader.rows(home.caller, { fromMs: 0, toMs: (hour + 10) * hourMs })) all.push(...page);
    return all;
  };

  it('seals an hour when all of it is booked, and notes what it was', async () => {
    await count(hour, 'x_b', 2);
    await count(hour, 'x_a', 3);
    await drain();
    await hourlyDone();
    expect(await sealer.seal(await mark())).toEqual({ hours: 1, forced: false });
    expect(await reader.state(home.caller, home.namespaceId, hour * hourMs, (hour + 3) * hourMs)).toBe('sealed');
    const digest = createHash('sha256').update('mq_kib_in|publish|x_a=3\nmq_kib_in|publish|x_b=2').digest('hex');
    expect(await new HourLedgerStore(fresh.database).sealedHours(home.caller, home.namespaceId, { fromMs: 0, toMs: (hour + 10) * hourMs })).toEqual([
      { hourMs: hour * hourMs, records: 2, sealedBy: 'watermark', sha256: digest },
    ]);
    expect(await sealer.seal(await mark())).toEqual({ hours: 0, forced: false });
  });

  it('waits for counters that are on their way, but no longer than an hour', async () => {
    await count(hour, 'x_a', 3);
    await drain();
    await hourlyDone();
    await count(hour + 2, 'x_a', 1);
    await counters.seal(home.namespaceId, newId('usageBatch'));
    const [batchId] = await counters.sealed(home.namespaceId);
    const sealedMs = (hour + 0.5) * hourMs;
    await redis.hset(usageKeys.usageBatch(home.namespaceId, batchId!), '@sealedAtMs', sealedMs);
    await fresh.query(`UPDATE usage_batches SET sealed_at = '${new Date((hour + 0.4) * hourMs).toISOString()}' WHERE namespace_id = '${home.namespaceId}'`);
    const state = await counters.state(home.namespaceId);
    expect(state.oldestOutstandingMs).toBe(sealedMs);
    expect(await sealer.seal(await mark())).toEqual({ hours: 1, forced: true });
    expect((await mark()).sealedThroughMs).toBe((hour + 2) * hourMs);
  });

  it('seals nothing while minutes and archive are not booked, unless an hour has passed', async () => {
    await count(hour + 2, 'x_a', 3);
    await drain();
    await fresh.query(`UPDATE usage_watermarks SET minutes_through = '${new Date(hour * hourMs).toISOString()}' WHERE namespace_id = '${home.namespaceId}'`);
    expect(await sealer.seal(await mark())).toMatchObject({ forced: true });
    expect((await mark()).sealedThroughMs).toBe((hour + 2) * hourMs);
    await hourlyDone();
    await marks.moveOn(await mark(), 'minutes', (hour + 2) * hourMs);
    expect((await mark()).minutesThroughMs).toBe((hour + 3) * hourMs);
  });

  it('28 (metering): usage that comes after its hour was sealed is an adjustment of this month; the record stays, and the trigger refuses', async () => {
    await count(hour, 'x_a', 3);
    await drain();
    await hourlyDone();
    await sealer.seal(await mark());
    await count(hour, 'x_a', 4);
    await count(hour + 3, 'x_a', 1);
    expect(await drain()).toEqual({ booked: 1, entries: 2, parked: 0 });
    expect(await drain()).toEqual({ booked: 0, entries: 0, parked: 0 });

    expect((await rows()).map(({ hourMs: at, quantity, revision }) => [at / hourMs, quantity, revision])).toEqual([[hour, 3n, 1], [hour + 3, 1n, 1]]);
    expect(await reader.adjustments(home.caller, Date.now())).toMatchObject([
      { kind: 'late', hourMs: hour * hourMs, dimension: 'mq_kib_in', cause: 'publish', resourceId: 'x_a', quantity: 4n, actor: 'system', approver: null },
    ]);
    const where = `WHERE namespace_id = '${home.namespaceId}' AND hour = '${new Date(hour * hourMs).toISOString()}'`;
    await expect(fresh.query(`UPDATE usage_records SET quantity = 1 ${where}`)).rejects.toThrow('usage of a sealed hour is never changed');
    await expect(
      fresh.query(`INSERT INTO usage_records SELECT tenant_id, namespace_id, hour, dimension, cause, 'x_new', 1, 1 FROM usage_records ${where}`),
    ).rejects.toThrow('usage of a sealed hour is never changed');
  });

  it('27 (metering): another tenant reads none of it, and no sum of it', async () => {
    await count(hour, 'x_a', 3);
    await drain();
    const other = await newHome(fresh.database);
    for await (const page of reader.rows(other.caller, { fromMs: 0, toMs: (hour + 10) * hourMs }, { namespaceId: home.namespaceId })) expect(page).toEqual([]);
    for await (const page of reader.totals(other.caller, { fromMs: 0, toMs: (hour + 40) * hourMs })) expect(page).toEqual([]);
    const tables = ['usage_records', 'usage_days', 'usage_months', 'usage_namespace_days', 'usage_hours', 'usage_watermarks', 'usage_adjustments', 'usage_evidence', 'usage_samples', 'resource_lifetimes', 'publish_terms'];
    for (const table of tables) {
      const seen = await fresh.database.withTenant(other.caller.tenantId, (tx) => tx.$queryRawUnsafe<unknown[]>(`SELECT * FROM ${table} WHERE tenant_id <> '${other.caller.tenantId}'`));
      expect(seen).toEqual([]);
    }
    await expect(fresh.database.asSystem((tx) => tx.$queryRaw`SELECT * FROM usage_records_202611`)).rejects.toThrow('permission denied');
  });

  it('streams records in pages that neither repeat nor miss one, and days add up to the same', async () => {
    const entries = Array.from({ length: 7_001 }, (_, i) => ({
      hour: hour + (i % 2), dimension: 'mq_messages' as const, cause: 'publish', resourceId: `x_${String(i).padStart(5, '0')}`, delta: BigInt(i + 1),
    }));
    await ledger.book(home.namespaceId, newId('usageBatch'), batchOf((hour + 2) * hourMs, entries));
    const found = await rows();
    expect(found).toHaveLength(7_001);
    expect(new Set(found.map(({ resourceId }) => resourceId)).size).toBe(7_001);
    let [sum, tenants] = [0n, 0];
    const dayMs = 24 * hourMs;
    const days = { fromMs: Math.floor((hour * hourMs) / dayMs) * dayMs, toMs: (hour + 48) * hourMs };
    for await (const page of reader.totals(home.caller, days)) for (const { quantity } of page) sum += quantity;
    expect(sum).toBe(found.reduce((total, { quantity }) => total + quantity, 0n));
    const at = new Date(hour * hourMs);
    const month = { fromMs: Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1), toMs: Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1) };
    const ofMonth: bigint[] = [];
    for await (const page of reader.totals(home.caller, month)) ofMonth.push(...page.map(({ quantity }) => quantity));
    expect(ofMonth).toHaveLength(7_001);
    expect(ofMonth.reduce((total, quantity) => total + quantity, 0n)).toBe(sum);
    for await (const page of reader.tenants(days)) tenants += page.filter((id) => id === home.caller.tenantId).length;
    expect(tenants).toBe(1);
  });

  it('parks a batch of an hour that no clock has shown', async () => {
    await count(hour + 4, 'x_a', 1);
    expect(await drain()).toEqual({ booked: 0, entries: 0, parked: 1 });
  });
});
