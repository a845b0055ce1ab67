import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openRedis, MessageStore, Publisher, PushStore, QueueStore, SnapshotStore, TaskStore, TopologyCache, whenReady } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { AttemptStore } from '@waybill/delivery';
import type { Attempt } from '@waybill/delivery';
import { newId } from '@waybill/kernel';
import type { NamespaceId, SubscriptionId } from '@waybill/kernel';
import { testServer } from '@waybill/testing';
import { ControlPlaneUnderTest } from '../../test/control-plane-under-test.js';
import type { Ask, Owner } from '../../test/control-plane-under-test.js';
import { callsThisMachine, Receiver, signatureOf } from '../../test/receiver.js';

let plane: ControlPlaneUnderTest;
let receiver: Receiver;
let redis: Redis;
let owner: Owner;

beforeAll(async () => {
  redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
  [plane, receiver] = await Promise.all([ControlPlaneUnderTest.start(callsThisMachine), Receiver.open(), whenReady(redis)]);
});
afterAll(async () => {
  redis?.disconnect();
  await plane?.stop();
  await receiver?.close();
});
beforeEach(async () => {
  owner = await plane.newOwner();
  receiver.status = 200;
  await ask('PUT', 'queues/orders', { body: {} });
});

const ask = (method: string, path: string, more: Ask = {}) => plane.ask(method, `/api/v1/namespaces/${owner.namespace}/${path}`, { cookie: owner.cookie, ...more });
const put = (more: object = {}) => ask('PUT', 'subscriptions/crm', { body: { queue: 'orders', kind: 'webhook', settings: { url: receiver.url }, ...more } });

describe('subscriptions over HTTP', () => {
  it('are created, repeated, listed, paused and deleted; a key that manages may do it', async () => {
    const key = await plane.newKey(owner, ['manage']);
    const created = await ask('PUT', 'subscriptions/crm', { cookie: undefined, key, body: { queue: 'orders', kind: 'webhook', settings: { url: receiver.url } } });
    expect(created).toMatchObject({ status: 201, body: { name: 'crm', state: 'active', secrets: [{ name: 'signing', value: expect.stringMatching(/^whsec_/) }] } });
    expect(await put()).toMatchObject({ status: 200, body: { id: created.body.id, secrets: [] } });
    expect((await ask('GET', 'subscriptions')).body.items).toHaveLength(1);
    expect((await ask('POST', 'subscriptions/crm/pause')).body.state).toBe('paused');
    expect((await ask('GET', 'subscriptions?state=paused')).body.items).toHaveLength(1);
    expect((await ask('POST', 'subscriptions/crm/resume')).body.state).toBe('active');
    expect((await ask('DELETE', 'subscriptions/crm')).status).toBe(204);
    expect((await ask('GET', 'subscriptions/crm')).body).toMatchObject({ status: 404, code: 'subscription_not_found' });
  });

  it('say which kinds of destination there are, with forms for their settings', async () => {
    const { items } = (await ask('GET', 'destination-kinds')).body;
    const webhook = items.find(({ kind }: { kind: string }) => kind === 'webhook');
    expect(webhook).toMatchObject({ available: true, unavailableReason: null, settings: { type: 'object', properties: { url: { type: 'string', description: expect.any(String) } }, required: ['url'] } });
    expect(webhook.secrets).toContainEqual(expect.objectContaining({ name: 'signing', generated: true }));
  });

  it('go with their queue', async () => {
    await put();
    await ask('DELETE', 'queues/orders');
    expect((await ask('GET', 'subscriptions')).body.items).toEqual([]);
  });

  it.each([
    ['an attempt of ten minutes', { delivery: { timeoutSeconds: 600 } }, 'request_invalid'],
    ['no attempt at all', { delivery: { scheduleSeconds: [] } }, 'request_invalid'],
    ['a delay of a month', { delivery: { scheduleSeconds: [2_592_000] } }, 'request_invalid'],
    ['a rate of nothing', { delivery: { ratePerSecond: 0 } }, 'request_invalid'],
    ['a setting of delivery nobody knows', { delivery: { magic: 1 } }, 'request_invalid'],
    ['a customer that cannot be named', { customer: 'a/b' }, 'request_invalid'],
    ['another address of this installation', { settings: { url: 'http://169.254.169.254/latest/meta-data' } }, 'egress_refused'],
    ['settings that are no object', { settings: [] }, 'request_invalid'],
    ['a queue that is not there', { queue: 'absent' }, 'queue_not_found'],
  ])('are refused with %s', async (_case, more, code) => {
    expect((await put(more)).body.code).toBe(code);
    expect((await ask('GET', 'subscriptions')).body.items).toEqual([]);
  });

  it('are tried with an event of our own, signed with every live secret', async () => {
    const { secrets: [first] } = (await put()).body;
    const second = await ask('POST', 'subscriptions/crm/secrets', { body: { name: 'signing' } });
    expect(second).toMatchObject({ status: 201, body: { generated: true } });
    const tested = await ask('POST', 'subscriptions/crm/test');
    expect(tested).toMatchObject({ status: 200, body: { outcome: 'delivered', status: 200, answer: 'thanks', reason: null } });
    const call = receiver.received.at(-1)!;
    expect(call.headers['webhook-id']).toBe(tested.body.message);
    expect(JSON.parse(call.body)).toMatchObject({ specversion: '1.0', id: tested.body.message, type: 'waybill.test' });
    for (const { value } of [first, second.body]) expect(String(call.headers['webhook-signature']).split(' ')).toContain(signatureOf(call, value));
    receiver.status = 500;
    expect((await ask('POST', 'subscriptions/crm/test')).body).toMatchObject({ outcome: 'failed', status: 500 });
    expect((await ask('GET', 'attempts')).body.items).toEqual([]);
    expect(await plane.fresh.query(`SELECT FROM usage_records WHERE namespace_id = '${owner.namespace}'`)).toEqual([]);
  });

  it('answer a test of what cannot be reached as a failure, not as an error', async () => {
    await put({ settings: { url: 'http://127.0.0.1:1024/' } });
    expect((await ask('POST', 'subscriptions/crm/test')).body).toMatchObject({ outcome: 'failed', status: null, reason: expect.any(String) });
  });

  it('keep an operator from changing and let it operate', async () => {
    await put();
    await plane.fresh.query(`UPDATE memberships SET role = 'operator' WHERE user_id = (SELECT id FROM users WHERE email = '${owner.email}')`);
    expect((await put()).body.code).toBe('permission_missing');
    expect((await ask('DELETE', 'subscriptions/crm')).body.code).toBe('permission_missing');
    expect((await ask('POST', 'subscriptions/crm/pause')).status).toBe(200);
    expect((await ask('GET', 'subscriptions/crm/secrets')).status).toBe(200);
  });
});

describe('attempts over HTTP', () => {
  let entries = 0;
  /** As the worker records them. */
  async function record(subscriptionId: string, ...attempts: Partial<Attempt>[]): Promise<Attempt[]> {
    const whole = attempts.map((more): Attempt => ({
      id: newId('attempt'), subscriptionId: subscriptionId as SubscriptionId, messageId: 'msg_0000000001a', attempt: 1, startedAtMs: Date.now(), durationMs: 7, outcome: 'failed', status: 500,
      reason: null, requestId: 'r-1', head: Buffer.from([0x6e, 0x6f, 0x20, 0, 0xff]), batchIndex: 0, batchMessages: 1, ...more,
    }));
    const store = new AttemptStore(plane.fresh.database);
    entries += 1;
    const ns = owner.namespace as NamespaceId;
    expect(await store.append(ns, (await store.lastEntry(ns)) ?? '0-0', `1764331200000-${entries}`, [{ subscriptionId: subscriptionId as SubscriptionId, countedAtMs: Date.now(), delivered: undefined, others: whole }])).toBe('stored');
    return whole;
  }
  const queueOf = async () => ({ ns: owner.namespace as NamespaceId, name: 'orders', id: (await ask('GET', 'queues/orders')).body.id as string });
  async function publish(): Promise<string> {
    const publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
    const [message] = await publisher.publish(owner.namespace as NamespaceId, { queue: 'orders' }, [{ properties: { key: 'k', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from('x') }]);
    return message!.id;
  }
  /** Claims the message and ends the lease so. */
  async function settle(...[how]: [{ action: 'reject'; reason: string } | { action: 'release'; delayMs: number } | { action: 'accept' }]): Promise<void> {
    const queues = new QueueStore(redis);
    const claim = await queues.claim(await queueOf(), { max: 1, holder: 'push' });
    if (claim.kind === 'empty') throw new Error('nothing to claim');
    await queues.settle(await queueOf(), claim.deliveries.map(({ receipt }) => ({ ...how, receipt })));
  }
  const figures = async () => new QueueStore(redis).figures(await queueOf());

  it('are found by subscription, message, outcome, status and time, page by page, and shown one by one', async () => {
    const { id } = (await put()).body;
    const atMs = Date.now();
    const [first, second, third] = await record(id, { startedAtMs: atMs - 3_000 }, { startedAtMs: atMs - 2_000, outcome: 'delivered', status: 204 }, { startedAtMs: atMs - 1_000, messageId: 'msg_0000000001b', status: null, reason: 'timeout' });
    const list = async (query: string) => (await ask('GET', `attempts?${query}`)).body.items.map((attempt: { id: string }) => attempt.id);
    expect(await list('')).toEqual([third!.id, second!.id, first!.id]);
    expect(await list('subscription=crm&outcome=failed')).toEqual([third!.id, first!.id]);
    expect([await list('message=msg_0000000001b'), await list('status=204'), await list(`from=${new Date(atMs - 1_500).toISOString()}`)]).toEqual([[third!.id], [second!.id], [third!.id]]);
    const page = (await ask('GET', 'attempts?limit=2')).body;
    expect(await list(`limit=2&after=${page.next}`)).toEqual([first!.id]);
    expect((await ask('GET', `attempts/${first!.id}`)).body).toEqual({
      id: first!.id, subscriptionId: id, subscription: 'crm', message: 'msg_0000000001a', attempt: 1, at: new Date(atMs - 3_000).toISOString(), durationMs: 7, outcome: 'failed', status: 500,
      reason: null, requestId: 'r-1', answer: 'no ��', batchMessages: 1,
    });
    expect((await ask('GET', 'attempts?subscription=none')).body.code).toBe('subscription_not_found');
    expect((await ask('GET', 'attempts?after=x')).body.code).toBe('page_token_invalid');
    for (const absent of ['x', newId('attempt'), newId('subscription')]) expect((await ask('GET', `attempts/${absent}`)).body.code).toBe('attempt_not_found');
    expect((await ask('GET', 'subscriptions/crm/health?hours=1')).body).toMatchObject({ circuit: 'closed', calls: 3, delivered: 1, failed: 2, successRate: 1 / 3, p50Ms: 7, p99Ms: 7, lastFailureAt: new Date(atMs - 1_000).toISOString() });
    await ask('DELETE', 'subscriptions/crm');
    expect((await ask('GET', `attempts/${first!.id}`)).body.subscription).toBeNull();
  });

  it('of another tenant are as absent as one that does not exist', async () => {
    const [attempt] = await record((await put()).body.id, {});
    const stranger = await plane.newOwner();
    const foreign = await plane.ask('GET', `/api/v1/namespaces/${stranger.namespace}/attempts/${attempt!.id}`, { cookie: stranger.cookie });
    expect(foreign.body).toMatchObject({ status: 404, code: 'attempt_not_found' });
    expect((await plane.ask('POST', `/api/v1/namespaces/${stranger.namespace}/attempts/${attempt!.id}/resend`, { cookie: stranger.cookie })).body.code).toBe('attempt_not_found');
  });

  it('are sent again: at once when the message waits for its next attempt', async () => {
    const { id } = (await put()).body;
    const messageId = await publish();
    await settle({ action: 'release', delayMs: 3_600_000 });
    const [attempt] = await record(id, { messageId });
    expect(await figures()).toMatchObject({ delayed: 1, ready: 0 });
    expect(await ask('POST', `attempts/${attempt!.id}/resend`)).toMatchObject({ status: 202, body: { message: messageId, from: 'retry' } });
    expect(await figures()).toMatchObject({ delayed: 0, ready: 1 });
    expect((await ask('POST', `attempts/${attempt!.id}/resend`)).body).toEqual({ message: messageId, from: 'retry' });
  });

  it('are sent again: from the dead letters, as a task that names the message alone', async () => {
    const { id } = (await put()).body;
    const messageId = await publish();
    const [attempt] = await record(id, { messageId });
    await settle({ action: 'reject', reason: 'delivery_failed:500' });
    expect(await ask('POST', `attempts/${attempt!.id}/resend`)).toMatchObject({ status: 202, body: { message: messageId, from: 'dead' } });
    const tasks = new TaskStore(redis);
    const [task] = await tasks.running(owner.namespace as NamespaceId);
    const spec = await tasks.get(owner.namespace as NamespaceId, task!);
    expect(spec).toMatchObject({ kind: 'redrive', from: 'dead', queue: 'orders', to: { queue: 'orders' }, filter: { ids: [messageId] } });
  });

  it('are not sent again when the message is settled, or while the subscription is disabled', async () => {
    const { id } = (await put()).body;
    const messageId = await publish();
    const [attempt] = await record(id, { messageId });
    await plane.fresh.query(`UPDATE subscriptions SET state = 'disabled', disabled_reason = 'failing' WHERE id = '${id}'`);
    for (const path of [`attempts/${attempt!.id}/resend`, 'subscriptions/crm/pause']) expect((await ask('POST', path)).body.code).toBe('subscription_disabled');
    expect((await ask('POST', 'subscriptions/crm/resend', { body: { since: new Date(0).toISOString() } })).body.code).toBe('subscription_disabled');
    expect((await ask('POST', 'subscriptions/crm/enable')).body).toMatchObject({ state: 'active', disabledReason: null });
    await settle({ action: 'accept' });
    expect((await ask('POST', `attempts/${attempt!.id}/resend`)).body).toMatchObject({ status: 409, code: 'message_settled' });
  });

  it('are sent again since a moment: what waits for its next attempt is due now, counted first', async () => {
    const { id } = (await put()).body;
    await publish();
    const queue = await queueOf();
    const push = new PushStore(redis);
    const { run } = await push.begin({ queue, subscriptionId: id });
    const claim = await push.claim({ queue, subscriptionId: id }, run, { max: 1, holder: 'push' });
    if (claim === 'superseded' || claim.kind !== 'claimed') throw new Error('nothing was claimed');
    const settlements = claim.deliveries.map(({ receipt }) => ({ action: 'again' as const, receipt, delayMs: 3_600_000, tries: '1' }));
    await push.settle({ queue, subscriptionId: id }, { id: `${run}:1`, calls: 1, attempts: '', state: null, settlements });
    await publish();
    await settle({ action: 'reject', reason: 'delivery_failed:500' });

    const since = new Date(Date.now() - 60_000).toISOString();
    const later = new Date(Date.now() + 60_000).toISOString();
    expect(await ask('POST', 'subscriptions/crm/resend', { body: { since: later, dryRun: true } })).toMatchObject({ status: 200, body: { dead: 0, retries: 0 } });
    expect(await ask('POST', 'subscriptions/crm/resend', { body: { since, dryRun: true } })).toMatchObject({ status: 200, body: { dryRun: true, dead: 1, retries: 1, complete: true } });
    expect(await figures()).toMatchObject({ delayed: 1, ready: 0, dead: 1 });
    expect(await ask('POST', 'subscriptions/crm/resend', { body: { since } })).toMatchObject({ status: 202, body: { state: 'running', retries: 1 } });
    expect(await figures()).toMatchObject({ delayed: 0, ready: 1 });
  });

  it('are sent again by the hundred, as a task with a rate that can be watched and stopped', async () => {
    await put();
    const since = new Date(Date.now() - 60_000).toISOString();
    const started = await ask('POST', 'subscriptions/crm/resend', { body: { since, ratePerSecond: 5 } });
    expect(started).toMatchObject({ status: 202, body: { state: 'running', since, ratePerSecond: 5, done: 0, endedAt: null } });
    const { retries, ...task } = started.body;
    expect(retries).toBe(0);
    expect((await ask('GET', `subscriptions/crm/resends/${started.body.id}`)).body).toEqual(task);
    expect((await ask('DELETE', `subscriptions/crm/resends/${started.body.id}`)).body.state).toBe('cancelled');
    await ask('PUT', 'queues/other', { body: {} });
    await ask('PUT', 'subscriptions/else', { body: { queue: 'other', kind: 'webhook', settings: { url: receiver.url } } });
    expect((await ask('GET', `subscriptions/else/resends/${started.body.id}`)).body.code).toBe('task_not_found');
    expect((await ask('GET', 'subscriptions/crm/resends/none')).body.code).toBe('task_not_found');
  });
});
