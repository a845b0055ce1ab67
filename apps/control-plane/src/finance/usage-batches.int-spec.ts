import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, openRedis, whenReady } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { newId, silentLogger } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import { LedgerStore, UsageCounterStore, UsageDrain } from '@waybill/metering';
import { testServer } from '@waybill/testing';
import { ControlPlaneUnderTest } from '../../test/control-plane-under-test.js';
import type { Ask, Owner } from '../../test/control-plane-under-test.js';

const desk = '/api/v1/finance';

/** What a worker could not book, seen to by two persons of finance. */
describe('usage that could not be booked', () => {
  let plane: ControlPlaneUnderTest;
  let redis: Redis;
  let counters: UsageCounterStore;
  let [finance, approver, other]: Owner[] = [];
  let namespaceId: NamespaceId;
  let tenantId: string;

  beforeAll(async () => {
    plane = await ControlPlaneUnderTest.start();
    redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    counters = new UsageCounterStore(redis, keys);
    [finance, approver, other] = [await plane.newOwner(), await plane.newOwner(), await plane.newOwner()];
    for (const [person, role] of [[finance, 'finance'], [approver, 'finance_approver'], [other, 'finance_approver']] as const) {
      await plane.fresh.query(`INSERT INTO operators (user_id, role) SELECT id, '${role}' FROM users WHERE email = '${person!.email}'`);
    }
  });
  beforeEach(async () => {
    namespaceId = (await plane.newOwner()).namespace as NamespaceId;
    tenantId = String((await plane.fresh.query(`SELECT tenant_id FROM namespaces WHERE id = '${namespaceId}'`))[0]!['tenant_id']);
    await plane.fresh.query('DELETE FROM billing_alerts');
  });
  afterAll(async () => {
    redis?.disconnect();
    await plane?.stop();
  });

  const ask = (method: string, path: string, who: Owner, more: Ask = {}) => plane.ask(method, `${desk}${path}`, { cookie: who.cookie, ...more });
  const alert = (code: string, subject: string) =>
    plane.fresh.query(`INSERT INTO billing_alerts (code, subject, tenant_id, detail, raised_at, seen_at) VALUES ('${code}', '${subject}', '${tenantId}', 'why', now(), now())`);
  const openAlerts = async () => (await plane.fresh.query('SELECT code FROM billing_alerts WHERE cleared_at IS NULL')).map(({ code }) => code);
  const batches = async () => (await ask('GET', '/usage-batches', finance!)).body.items;
  const drain = () => new UsageDrain(counters, new LedgerStore(plane.fresh.database), silentLogger, { parked: async ({ namespaceId: ns }) => void (await alert('usage_batch_parked', ns)), lost: () => Promise.resolve() });
  /** A batch that the drain put aside. */
  async function parked(): Promise<string> {
    const hour = Math.floor(Number((await redis.time())[0]) / 3_600);
    await redis.hset(keys.openUsage(namespaceId), 'not|a|field', '1', `${hour}|mq_kib_in|publish|q_a`, '7');
    expect(await drain().drain(namespaceId)).toMatchObject({ parked: 1 });
    return (await counters.parked(namespaceId))[0]!;
  }
  const resolve = (batch: string, decision: string, who = finance!, reason = 'a test wrote it') => ask('POST', `/usage-batches/${batch}/resolve`, who, { body: { namespaceId, decision, reason } });
  async function approved(batch: string, decision: string) {
    const asked = await resolve(batch, decision);
    expect(asked).toMatchObject({ status: 200, body: { outcome: 'approval_needed', approval: { action: 'usage_batch', subject: batch, tenantId, payload: { decision } } } });
    return (who = approver!, by = 'approve') => ask('POST', `/approvals/${asked.body.approval.id}/decision`, who, { body: { decision: by } });
  }
  const history = async (batch: string) => (await ask('GET', `/events?subject=${batch}`, finance!)).body.items;

  it('is listed with what is wrong with it', async () => {
    const batch = await parked();
    expect(await batches()).toEqual([{ namespaceId, tenantId, tenant: expect.any(String), batchId: batch, state: 'parked', sealedAt: expect.any(String), counters: 2, reason: 'not understood: field "not|a|field"' }]);
  });

  it('is dropped when another person has approved it, and the history says who, why and what', async () => {
    const batch = await parked();
    const decide = await approved(batch, 'drop');
    expect((await batches()).length).toBe(1);
    expect((await decide()).body).toMatchObject({ state: 'approved' });
    expect([await batches(), await redis.exists(keys.usageBatch(namespaceId, batch)), await openAlerts()]).toEqual([[], 0, []]);
    const [, dropped] = await history(batch);
    expect(dropped).toMatchObject({
      action: 'usage_batch.dropped', actor: { email: finance!.email }, approvedBy: { email: approver!.email }, tenantId, at: expect.any(String), after: { namespaceId, reason: 'a test wrote it' },
      before: { counters: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), lines: [expect.stringMatching(/\|mq_kib_in\|publish\|q_a=7$/), 'not|a|field=1'] },
    });
  });

  it('is tried again when another person has approved it, and is booked when the cause is gone', async () => {
    const batch = await parked();
    const decide = await approved(batch, 'retry');
    await redis.hdel(keys.usageBatch(namespaceId, batch), 'not|a|field');
    expect((await decide()).status).toBe(200);
    const same = drain();
    expect(await same.drain(namespaceId)).toMatchObject({ booked: 1, parked: 0 });
    expect(await plane.fresh.query(`SELECT quantity FROM usage_records WHERE namespace_id = '${namespaceId}' AND dimension = 'mq_kib_in'`)).toMatchObject([{ quantity: '7' }]);
    expect((await history(batch)).map(({ action }: { action: string }) => action)).toContain('usage_batch.retried');
  });

  it('stays as it is when the other person says no, and nothing is done by one person alone', async () => {
    const batch = await parked();
    expect((await resolve(batch, 'drop', other!)).body.outcome).toBe('approval_needed');
    const [{ id }] = (await ask('GET', '/approvals', finance!)).body.items;
    expect((await ask('POST', `/approvals/${id}/decision`, other!, { body: { decision: 'approve' } })).body.code).toBe('approval_same_person');
    expect((await ask('POST', `/approvals/${id}/decision`, approver!, { body: { decision: 'reject' } })).body.state).toBe('rejected');
    expect((await batches()).map(({ batchId }: { batchId: string }) => batchId)).toEqual([batch]);
    expect((await resolve(batch, 'drop', finance!, '')).body.code).toBe('request_invalid');
  });

  it('waits again for a decision when it was booked before it could be dropped, and is not dropped from the line', async () => {
    const batch = await parked();
    const decide = await approved(batch, 'drop');
    await counters.unparkOne(namespaceId, batch);
    expect((await decide()).body).toMatchObject({ status: 404, code: 'usage_batch_not_found' });
    expect(await redis.exists(keys.usageBatch(namespaceId, batch))).toBe(1);
    expect((await history(batch)).map(({ action }: { action: string }) => action)).toEqual(['approval.requested']);
    expect((await decide(approver!, 'reject')).body.state).toBe('rejected');
  });

  it('that is lost is not tried again; dropping it ends its alert', async () => {
    const batch = newId('usageBatch');
    expect((await resolve(batch, 'drop')).body.code).toBe('usage_batch_not_found');
    await alert('usage_batch_lost', `${namespaceId} ${batch}`);
    expect(await batches()).toMatchObject([{ batchId: batch, namespaceId, state: 'lost', counters: null }]);
    expect((await resolve(batch, 'retry')).body).toMatchObject({ status: 409, code: 'usage_batch_lost' });
    expect((await (await approved(batch, 'drop'))()).status).toBe(200);
    expect([await batches(), await openAlerts()]).toEqual([[], []]);
  });

  it('of a namespace that nobody knows can be dropped too', async () => {
    await plane.fresh.query('DELETE FROM billing_alerts');
    [namespaceId, tenantId] = [newId('namespace'), ''];
    await redis.hset(keys.openUsage(namespaceId), '500000|mq_kib_in|publish|q_a', '7');
    await new UsageDrain(counters, new LedgerStore(plane.fresh.database), silentLogger).drain(namespaceId);
    await plane.fresh.query(`INSERT INTO billing_alerts (code, subject, detail, raised_at, seen_at) VALUES ('usage_batch_parked', '${namespaceId}', 'why', now(), now())`);
    const [batch] = await batches();
    expect(batch).toMatchObject({ tenantId: null, tenant: null, reason: expect.any(String) });
    expect((await (await approved(batch.batchId, 'drop'))()).body).toMatchObject({ state: 'approved', tenant: 'This installation' });
    expect(await redis.keys(`{${namespaceId}}*`)).toEqual([]);
  });
});
