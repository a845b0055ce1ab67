import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keys, openRedis, whenReady } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { silentLogger } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import { LedgerStore, PublishGate, TermsCopyStore, TermsPublisher, TermsStore, UsageCounterStore, UsageDrain } from '@waybill/metering';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, testServer } from '@waybill/testing';
import { ActiveNamespaces } from './active-namespaces.js';
import type { JobProcessor } from './job.processor.js';
import { openUsage } from './usage-wiring.js';
import { WorkerMetrics } from './worker-metrics.js';

const hourMs = 3_600_000;

/** The jobs as the worker wires them, on real stores. */
describe('the jobs of usage', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let now: number;
  const told: string[] = [];
  const logger: Logger = { ...silentLogger, error: (name: string) => void told.push(name) };
  let jobs: Record<'hours' | 'audit' | 'terms', JobProcessor>;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    const counters = new UsageCounterStore(redis, keys);
    const { processors } = openUsage({ database: fresh.database, redis, counters, active: new ActiveNamespaces(redis, counters), logger, metrics: new WorkerMetrics() });
    const [hours, audit, terms] = processors;
    jobs = { hours: hours!, audit: audit!, terms: terms! };
    home = await newHome(fresh.database);
    now = Math.floor(Number((await redis.time())[0]) / 3_600) * hourMs;
    await fresh.query(`UPDATE namespaces SET created_at = '${at(now - 5 * hourMs)}'`);
  });
  afterAll(async () => {
    const left = await redis.keys(`{${home.namespaceId}}*`);
    if (left.length > 0) await redis.unlink(...left);
    redis.disconnect();
    await fresh.drop();
  });
  const at = (ms: number) => new Date(ms).toISOString();
  const rows = (sql: string) => fresh.query(sql);

  it('book minutes and archive of hours that are over, seal them, and do nothing twice', async () => {
    await rows(`INSERT INTO resource_lifetimes VALUES ('${home.caller.tenantId}', '${home.namespaceId}', 'q_a', 'queue', 'a', '${at(now - 4 * hourMs)}', NULL)`);
    await redis.hset(keys.queue(home.namespaceId, 'q_a'), 'bytes', 3_000_000);
    await redis.hincrby(keys.openUsage(home.namespaceId), `${now / hourMs - 4}|mq_kib_in|publish|q_a`, 7);
    const first = await jobs.hours.run();
    expect(first).toMatchObject({ namespaces: 1, failed: 0 });
    expect(first['sealed']).toBeGreaterThan(0);
    const ledger = await rows(`SELECT dimension, count(*)::int AS hours, sum(quantity)::int AS units FROM usage_records WHERE hour < '${at(now - 2 * hourMs)}' GROUP BY 1 ORDER BY 1`);
    expect(ledger).toEqual([
      { dimension: 'mq_archive_mib_hours', hours: 3, units: 9 }, { dimension: 'mq_kib_in', hours: 1, units: 7 }, { dimension: 'mq_queue_minutes', hours: 2, units: 120 },
    ]);
    await jobs.hours.run();
    expect(await rows(`SELECT count(*)::int AS n FROM usage_adjustments`)).toEqual([{ n: 0 }]);
    const [mark] = await rows(`SELECT sealed_through FROM usage_watermarks`);
    expect((mark!['sealed_through'] as Date).getTime()).toBeGreaterThanOrEqual(now - hourMs);
  });

  it('make partitions ahead', async () => {
    const in3Months = new Date(Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + 3, 1)).toISOString().slice(0, 7).replace('-', '');
    expect(await rows(`SELECT to_regclass('usage_records_${in3Months}') IS NOT NULL AS made`)).toEqual([{ made: true }]);
  });

  it('find at night what somebody changed', async () => {
    const calm = await jobs.audit.run();
    expect(calm).toMatchObject({ namespaces: 1, breaches: 0, failed: 0 });
    await rows(`INSERT INTO usage_days VALUES ('${home.caller.tenantId}', 'mq_messages', '${home.namespaceId}', 'q_a', 'publish', '${at(now - 48 * hourMs).slice(0, 10)}', 1)`);
    expect((await jobs.audit.run())['breaches']).toBeGreaterThan(0);
    expect(told).toContain('usage.invariant_broken');
  });

  it('tell finance of what cannot be booked, whichever worker found it, until it is', async () => {
    const worker = () => {
      const counters = new UsageCounterStore(redis, keys);
      const { drain, processors } = openUsage({ database: fresh.database, redis, counters, active: new ActiveNamespaces(redis, counters), logger, metrics: new WorkerMetrics() });
      return { drain: () => drain.drain(home.namespaceId), hours: processors[0]!, parked: counters.parkedBatches(home.namespaceId) };
    };
    const alerts = () => rows(`SELECT code, subject, tenant_id, detail, cleared_at IS NOT NULL AS over FROM billing_alerts WHERE code = 'usage_batch_parked'`);
    const [first, second] = [worker(), worker()];
    await redis.hset(keys.openUsage(home.namespaceId), 'not|a|field', 1);
    expect((await Promise.all([first.drain(), second.drain()])).reduce((sum, { parked }) => sum + parked, 0)).toBeGreaterThan(0);
    const open = [{ code: 'usage_batch_parked', subject: home.namespaceId, tenant_id: home.caller.tenantId, detail: expect.stringContaining('not understood: '), over: false }];
    expect(await alerts()).toEqual(open);
    await second.hours.run();
    expect(await alerts()).toEqual(open);
    const [batch] = await redis.lrange(first.parked, 0, -1);
    await redis.hdel(keys.usageBatch(home.namespaceId, batch!), 'not|a|field');
    await redis.hset(keys.usageBatch(home.namespaceId, batch!), `${now / hourMs}|mq_kib_in|publish|q_a`, 1);
    await worker().drain();
    await second.hours.run();
    expect(await alerts()).toEqual([{ ...open[0], over: true }]);
    expect(told).toContain('billing.alert_raised');
  });

  it('tell finance of a batch whose counters are gone, once', async () => {
    const counters = new UsageCounterStore(redis, keys);
    const worker = () => openUsage({ database: fresh.database, redis, counters, active: new ActiveNamespaces(redis, counters), logger, metrics: new WorkerMetrics() }).drain;
    await redis.rpush(keys.sealedBatches(home.namespaceId), 'ub_gone');
    await Promise.all([worker().drain(home.namespaceId), worker().drain(home.namespaceId)]);
    expect(await rows(`SELECT subject, tenant_id, detail, cleared_at FROM billing_alerts WHERE code = 'usage_batch_lost'`)).toEqual([
      { subject: `${home.namespaceId} ub_gone`, tenant_id: home.caller.tenantId, detail: expect.stringContaining('batch ub_gone: its counters are gone'), cleared_at: null },
    ]);
    expect([await counters.sealed(home.namespaceId), told.includes('usage.batch_lost')]).toEqual([[], true]);
  });

  it('leave a batch in line that finance could not be told of', async () => {
    const counters = new UsageCounterStore(redis, keys);
    const untold = new UsageDrain(counters, new LedgerStore(fresh.database), silentLogger, { parked: () => Promise.reject(new Error('no database')), lost: () => Promise.reject(new Error('no database')) });
    await redis.hset(keys.openUsage(home.namespaceId), 'not|a|field', 1);
    await expect(untold.drain(home.namespaceId)).rejects.toThrow('no database');
    expect([await redis.exists(counters.parkedBatches(home.namespaceId)), (await counters.sealed(home.namespaceId)).length]).toEqual([0, 1]);
    for (const id of await counters.sealed(home.namespaceId)) await counters.forget(home.namespaceId, id);
  });

  it('bring a gate back that Redis lost', async () => {
    const gate = new PublishGate(new TermsPublisher(new TermsStore(fresh.database), new TermsCopyStore(redis, keys), silentLogger));
    await gate.set(home.namespaceId, { kind: 'spend_cap' });
    await redis.del(keys.topology(home.namespaceId));
    expect(await jobs.terms.run()).toMatchObject({ failed: 0 });
    expect(await redis.hget(keys.topology(home.namespaceId), 'gate')).toBe('cap');
  });
});
