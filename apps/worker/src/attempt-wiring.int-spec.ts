import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keys, openRedis, whenReady } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { AttemptReader, AttemptSearchStore, AttemptStore, encodeAttempts } from '@waybill/delivery';
import { HeldClock, newId, silentLogger } from '@waybill/kernel';
import { UsageCounterStore } from '@waybill/metering';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, testServer } from '@waybill/testing';
import { ActiveNamespaces } from './active-namespaces.js';
import { attemptWork } from './attempt-wiring.js';
import { PushAttemptProcessor } from './push-attempt.processor.js';
import { WorkerMetrics } from './worker-metrics.js';

const dayMs = 86_400_000;

/** The job as the worker wires it, on real stores. */
describe('the job of attempts', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  let clock: HeldClock;

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    home = await newHome(fresh.database);
    clock = new HeldClock(Date.now());
  });
  afterAll(async () => {
    const left = await redis.keys(`{${home.namespaceId}}*`);
    if (left.length > 0) await redis.unlink(...left);
    redis.disconnect();
    await fresh.drop();
  });

  function worker() {
    const metrics = new WorkerMetrics();
    const active = new ActiveNamespaces(redis, new UsageCounterStore(redis, keys));
    const ours: Pick<ActiveNamespaces, 'list' | 'withAttempts'> = { list: () => Promise.resolve([{ id: home.namespaceId, markedMs: '0' }]), withAttempts: (ids) => active.withAttempts(ids) };
    const work = attemptWork({ database: fresh.database, redis, attempts: new AttemptStore(fresh.database), keptDays: 30, clock, logger: silentLogger, metrics });
    return new PushAttemptProcessor(ours, work, clock, silentLogger, metrics);
  }
  const addEntry = (subscriptionId: string, attempts: string) => redis.xadd(keys.attempts(home.namespaceId), '*', 's', subscriptionId, 'a', attempts, 't', String(clock.nowMs()));
  const alerts = async () => (await fresh.query(`SELECT subject, tenant_id, detail, cleared_at IS NOT NULL AS over FROM billing_alerts WHERE code = 'push_attempts_parked'`)).map((row) => ({ ...row }));
  const parked = async () => Number((await fresh.query('SELECT count(*) AS n FROM push_attempts_parked'))[0]!['n']);
  const understood = () => JSON.stringify(encodeAttempts([{
    messageId: 'msg_0000000001a', attempt: 1, startedAtMs: clock.nowMs(), durationMs: 7, outcome: 'failed', status: 500, reason: null, requestId: null, head: new Uint8Array(), batchIndex: 0, batchMessages: 1,
  }])).slice(1, -1);

  it('tells the operator of entries that it does not understand, keeps them, and ends the alert when a worker has understood them', async () => {
    const sub = newId('subscription');
    await addEntry(sub, 'of a newer version');
    const old = worker();
    await old.run();
    const open = { subject: home.namespaceId, tenant_id: home.caller.tenantId, detail: expect.stringContaining('no blocks of attempts'), over: false };
    expect([await redis.xlen(keys.attempts(home.namespaceId)), await parked(), await alerts()]).toEqual([0, 1, [open]]);

    await fresh.query(`UPDATE push_attempts_parked SET fields = replace(fields, 'of a newer version', '${understood()}')`);
    await worker().run();
    expect([await parked(), await alerts()]).toEqual([0, [{ ...open, over: true }]]);
    const { attempts } = await new AttemptReader(new AttemptSearchStore(fresh.database)).search(home.caller, home.namespaceId, { limit: 10 });
    expect(attempts.map(({ subscriptionId, status }) => [subscriptionId, status])).toEqual([[sub, 500]]);
  });

  it('keeps what nobody ever understands as long as attempts', async () => {
    await addEntry(newId('subscription'), 'of no version');
    const one = worker();
    await one.run();
    clock.advance(29 * dayMs);
    await one.run();
    expect([await parked(), await alerts()]).toEqual([1, [expect.objectContaining({ over: false })]]);
    clock.advance(2 * dayMs);
    await one.run();
    expect([await parked(), await alerts()]).toEqual([0, [expect.objectContaining({ over: true })]]);
  });
});
