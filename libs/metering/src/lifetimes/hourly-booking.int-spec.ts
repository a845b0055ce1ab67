import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { Redis } from 'ioredis';
import { ArchiveBooker } from '../archive/archive-booker.js';
import { ArchiveSampleStore } from '../archive/archive-sample.store.js';
import { ArchiveSampler } from '../archive/archive-sampler.js';
import { RetainedBytesStore } from '../archive/retained-bytes.store.js';
import { SealStore } from '../hours/seal.store.js';
import type { WatermarkedNamespace } from '../hours/seal.store.js';
import { LedgerStore } from '../ledger.store.js';
import { usageKeys } from '../testing/usage-keys.js';
import { LifetimeStore } from './lifetime.store.js';
import { MinuteBooker } from './minute-booker.js';

const hourMs = 3_600_000;
const mib = 1_048_576;

describe('what is booked by the hour', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let marks: SealStore;
  let ledger: LedgerStore;
  let lifetimes: LifetimeStore;
  let samples: ArchiveSampleStore;
  /** Start of the current hour, ms. */
  let now: number;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
    marks = new SealStore(fresh.database);
    ledger = new LedgerStore(fresh.database);
    lifetimes = new LifetimeStore(fresh.database);
    samples = new ArchiveSampleStore(fresh.database);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
    now = Math.floor(Number((await redis.time())[0]) / 3_600) * hourMs;
  });

  const at = (ms: number) => new Date(ms).toISOString();
  const mark = async (): Promise<WatermarkedNamespace> =>
    (await marks.behind({ sealedMs: Number.MAX_SAFE_INTEGER / 2 ** 12, archiveMs: 0 }, '', 10_000)).find(({ namespaceId }) => namespaceId === home.namespaceId)!;
  const begunHoursAgo = async (hours: number) => {
    await mark();
    await fresh.query(`UPDATE usage_watermarks SET minutes_through = '${at(now - hours * hourMs)}', archive_through = '${at(now - hours * hourMs)}' WHERE namespace_id = '${home.namespaceId}'`);
  };
  const lived = (kind: 'queue' | 'exchange', name: string, bornMs: number, goneMs: number | null) =>
    fresh.query(`INSERT INTO resource_lifetimes VALUES ('${home.caller.tenantId}', '${home.namespaceId}', '${kind[0]}_${name}_${bornMs}', '${kind}', '${name}', '${at(bornMs)}', ${goneMs === null ? 'NULL' : `'${at(goneMs)}'`})`);
  const minutes = () => new MinuteBooker(lifetimes, ledger, marks, silentLogger);
  const rows = async () =>
    (await ledger.read(home.caller, home.namespaceId, { fromMs: 0, toMs: now + hourMs })).map((row) => [(row.hourMs - now) / hourMs, row.dimension, row.resourceId.split('_')[1], Number(row.quantity)]);

  it('8: minutes of queues and exchanges, hour by hour, made up when it starts late, and once', async () => {
    await begunHoursAgo(3);
    await lived('queue', 'a', now - 2.5 * hourMs, null);
    await lived('exchange', 'x', now - 2 * hourMs, now - 2 * hourMs + 90_000);
    for (let i = 0; i < 1_000; i += 1) await fresh.query(`INSERT INTO resource_lifetimes SELECT '${home.caller.tenantId}', '${home.namespaceId}', 'q_churn_' || i, 'queue', 'churn', TIMESTAMPTZ '${at(now - hourMs)}' + i * INTERVAL '3600 ms', TIMESTAMPTZ '${at(now - hourMs)}' + i * INTERVAL '3600 ms' + INTERVAL '1 s' FROM generate_series(${i}, ${i}) i`);
    const booker = minutes();
    const before = await mark();
    const throughMs = await booker.book(before);
    expect(throughMs).toBeGreaterThanOrEqual(now - hourMs);
    // What was over two minutes ago is booked; run twice from the same mark, as after a crash before the mark moved.
    expect(await minutes().book(before)).toBe(throughMs);
    const booked = await rows();
    expect(booked.filter(([, , name]) => name === 'a').slice(0, 2)).toEqual([[-3, 'mq_queue_minutes', 'a', 30], [-2, 'mq_queue_minutes', 'a', 60]]);
    expect(booked.filter(([, dimension]) => dimension === 'mq_exchange_minutes')).toEqual([[-2, 'mq_exchange_minutes', 'x', 2]]);
    const churned = booked.filter(([, , name]) => name === 'churn').reduce((sum, [, , , quantity]) => sum + Number(quantity), 0);
    expect(churned).toBeLessThanOrEqual(60);
    if (throughMs === now) expect(churned).toBe(59);
    expect((await mark()).minutesThroughMs).toBe(throughMs);
  });

  it('archive: bytes of queues, dead letters and outside bodies, each rounded up; missed hours from the next sample, and said so', async () => {
    await begunHoursAgo(2);
    await lived('queue', 'a', now - 5 * hourMs, null);
    await lived('queue', 'gone', now - 5 * hourMs, now - 2 * hourMs);
    await lived('queue', 'empty', now - 5 * hourMs, null);
    await redis.hset(usageKeys.queue(home.namespaceId, `q_a_${now - 5 * hourMs}`), { bytes: mib, deadBytes: 1 });
    await redis.hset(usageKeys.queue(home.namespaceId, `q_gone_${now - 5 * hourMs}`), { bytes: mib });
    await redis.hset(usageKeys.queue(home.namespaceId, `q_empty_${now - 5 * hourMs}`), { bytes: 0, deadBytes: -7 });
    await redis.hset(usageKeys.bodies(home.namespaceId), '@bytes', 5 * mib);
    const booker = new ArchiveBooker(new ArchiveSampler(new RetainedBytesStore(redis, usageKeys), lifetimes, samples), ledger, marks, silentLogger);
    const before = await mark();
    expect(await booker.book(before)).toBe(now);
    await redis.hset(usageKeys.queue(home.namespaceId, `q_a_${now - 5 * hourMs}`), { bytes: 9 * mib });
    expect(await booker.book(before)).toBe(now);
    expect(await booker.book(await mark())).toBe(now);
    const bodies = home.namespaceId.split('_')[1];
    expect((await rows()).sort()).toEqual([
      [-1, 'mq_archive_mib_hours', bodies, 5], [-1, 'mq_archive_mib_hours', 'a', 2], [-2, 'mq_archive_mib_hours', bodies, 5], [-2, 'mq_archive_mib_hours', 'a', 2],
    ].sort());
    const notes = await fresh.query(`SELECT note FROM usage_batches WHERE namespace_id = '${home.namespaceId}' ORDER BY id`);
    expect(notes[0]!['note']).toMatch(/the sample at the end of this hour was missed/);
  });
});
