import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newHome } from '@waybill/testing';
import type { Home } from '@waybill/testing';
import { SubscribedNamespace } from '../testing/subscribed-namespace.store.js';
import { defaultDelivery } from '../subscription.js';

let at: SubscribedNamespace;
beforeAll(async () => {
  at = await SubscribedNamespace.start();
  await at.queue('orders');
  await at.queue('other');
});
afterAll(() => at?.stop());
beforeEach(() => at.fresh.query('DELETE FROM subscriptions'));

const code = (expected: string) => expect.objectContaining({ code: expected });
const ref = { name: 'crm' };

describe('a subscription', () => {
  it('is created with what was left out as usual, and says so when it is repeated', async () => {
    const { created, subscription, secrets } = await at.put('crm', { description: 'to the CRM' });
    expect(created).toBe(true);
    expect(subscription).toMatchObject({
      name: 'crm', queue: 'orders', kind: 'webhook', state: 'active', description: 'to the CRM', customer: null, disabledReason: null, failingSince: null,
      settings: { url: 'http://127.0.0.1:8080/hook', format: 'cloudevents' },
      delivery: { timeoutSeconds: defaultDelivery.timeoutMs / 1_000, scheduleSeconds: [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000], disableAfterSeconds: 432_000 },
    });
    expect(secrets).toMatchObject([{ name: 'signing', generated: true, value: expect.stringMatching(/^whsec_/), publicKey: null }]);
    const version = await at.open.feed.version();
    expect(await at.put('crm', { description: 'to the CRM' })).toEqual({ created: false, subscription, secrets: [] });
    expect(await at.open.feed.version()).toBe(version);
  });

  it('takes other settings and keeps id, state and secrets', async () => {
    const before = await at.put('crm');
    await at.open.subscriptions.pause(at.caller, at.ns, ref);
    const { created, subscription, secrets } = await at.put('crm', { settings: { url: 'http://127.0.0.1:9090/' }, delivery: { scheduleSeconds: [0, 1], ratePerSecond: 5 } });
    expect(created).toBe(false);
    expect(secrets).toEqual([]);
    expect(subscription).toMatchObject({ id: before.subscription.id, state: 'paused', settings: { url: 'http://127.0.0.1:9090/' }, delivery: { scheduleSeconds: [0, 1], ratePerSecond: 5, concurrency: 16 } });
    expect(await at.open.secrets.list(at.caller, at.ns, ref)).toHaveLength(1);
  });

  it.each([
    ['another queue', { queue: 'other' }, 'subscription_conflict'],
    ['another kind', { kind: 'waybill', settings: { url: 'http://127.0.0.1:8080/', exchange: 'in' } }, 'subscription_conflict'],
  ])('keeps its queue and kind: %s is refused', async (_case, more, expected) => {
    await at.put('crm');
    await expect(at.put('crm', more as never)).rejects.toEqual(code(expected as never));
  });

  it.each([
    ['a queue that is not there', { queue: 'absent' }, 'queue_not_found'],
    ['a kind nobody knows', { kind: 'pigeon' }, 'destination_kind_unknown'],
    ['a setting nobody knows', { settings: { url: 'http://127.0.0.1:8080/', magic: 1 } }, 'request_invalid'],
    ['no setting', { settings: {} }, 'request_invalid'],
    ['an address inside', { settings: { url: 'http://10.1.2.3/' } }, 'egress_refused'],
    ['NUL in its description', { description: 'a\0' }, 'text_invalid'],
    ['a secret nobody knows', { secrets: { magic: 'x' } }, 'setting_invalid'],
    ['a signing secret that is none', { secrets: { signing: 'hunter2' } }, 'request_invalid'],
  ])('is not created with %s', async (_case, more, expected) => {
    await expect(at.put('crm', more)).rejects.toEqual(code(expected));
    expect((await at.open.subscriptions.list(at.caller, at.ns, { limit: 10 })).items).toEqual([]);
    expect(await at.fresh.query('SELECT FROM subscription_secrets')).toEqual([]);
  });

  it('names every fault of its settings with its place', async () => {
    await expect(at.put('crm', { settings: { url: 7, magic: 1 } })).rejects.toMatchObject({ issues: [{ path: 'settings.url' }, { path: 'settings.magic', message: 'is not known here' }] });
  });

  it('is paused, resumed, disabled by a worker, and enabled by a person', async () => {
    const { subscription } = await at.put('crm');
    const { subscriptions, feed } = at.open;
    const [active] = await feed.active('', 10);
    expect((await subscriptions.pause(at.caller, at.ns, ref)).state).toBe('paused');
    expect((await subscriptions.pause(at.caller, at.ns, ref)).state).toBe('paused');
    await feed.disable(active!.subscription, 'failing');
    expect((await subscriptions.get(at.caller, at.ns, ref)).state).toBe('paused');
    expect((await subscriptions.resume(at.caller, at.ns, ref)).state).toBe('active');
    await feed.failing(active!.subscription, at.clock.nowMs() - 5_000);
    await feed.disable(active!.subscription, 'failing');
    expect(await subscriptions.get(at.caller, at.ns, ref)).toMatchObject({
      id: subscription.id, state: 'disabled', disabledReason: 'failing', disabledAt: new Date(at.clock.nowMs()).toISOString(), failingSince: new Date(at.clock.nowMs() - 5_000).toISOString(),
    });
    for (const change of ['pause', 'resume'] as const) await expect(subscriptions[change](at.caller, at.ns, ref)).rejects.toEqual(code('subscription_disabled'));
    expect(await subscriptions.enable(at.caller, at.ns, ref)).toMatchObject({ state: 'active', disabledReason: null, disabledAt: null, failingSince: null });
  });

  it('is listed by name, page by page, narrowed by queue, customer and state', async () => {
    for (const name of ['c', 'a', 'b']) await at.put(name, { customer: name === 'a' ? 'acme' : null, queue: name === 'c' ? 'other' : 'orders' });
    const list = async (query: object) => (await at.open.subscriptions.list(at.caller, at.ns, { limit: 10, ...query })).items.map(({ name }) => name);
    expect(await list({})).toEqual(['a', 'b', 'c']);
    expect([await list({ queue: 'other' }), await list({ customer: 'acme' }), await list({ state: 'paused' })]).toEqual([['c'], ['a'], []]);
    const first = await at.open.subscriptions.list(at.caller, at.ns, { limit: 2 });
    expect(await list({ after: first.next })).toEqual(['c']);
    await expect(at.open.subscriptions.list(at.caller, at.ns, { limit: 2, after: 'x' })).rejects.toEqual(code('request_invalid'));
  });

  it('of another tenant, namespace or customer is as absent as one that does not exist', async () => {
    const { subscription: { id } } = await at.put('crm', { customer: 'acme' });
    const stranger: Home = await newHome(at.fresh.database);
    const { subscriptions } = at.open;
    for (const [caller, ns] of [[stranger.caller, at.ns], [{ ...at.caller, namespaceId: stranger.namespaceId }, at.ns], [at.caller, 'no namespace'], [at.caller, 'ns_\0']] as const) {
      for (const ask of [() => subscriptions.get(caller, ns, ref), () => subscriptions.delete(caller, ns, ref), () => subscriptions.pause(caller, ns, ref), () => subscriptions.list(caller, ns, { limit: 1 })]) {
        await expect(ask()).rejects.toEqual(code('namespace_not_found'));
      }
    }
    await expect(subscriptions.get(stranger.caller, stranger.namespaceId, ref)).rejects.toEqual(code('subscription_not_found'));
    await expect(subscriptions.get(at.caller, at.ns, { id, customer: 'globex' })).rejects.toEqual(code('subscription_not_found'));
    expect((await subscriptions.get(at.caller, at.ns, { id, customer: 'acme' })).id).toBe(id);
  });

  it('goes with its queue', async () => {
    await at.queue('brief');
    await at.put('crm', { queue: 'brief' });
    await at.deleteQueue('brief');
    await expect(at.open.subscriptions.get(at.caller, at.ns, ref)).rejects.toEqual(code('subscription_not_found'));
    expect(await at.fresh.query('SELECT FROM subscription_secrets')).toEqual([]);
  });
});

describe('secrets of a subscription', () => {
  it('are never shown again, and lie sealed', async () => {
    const { secrets: [made] } = await at.put('crm', { secrets: { password: 'hunter22' } });
    const kept = JSON.stringify([await at.open.secrets.list(at.caller, at.ns, ref), await at.open.subscriptions.get(at.caller, at.ns, ref), await at.fresh.query('SELECT t::text FROM subscription_secrets t')]);
    expect(kept).not.toContain('hunter22');
    expect(kept).not.toContain(made!.value.slice(6));
  });

  it('overlap while they rotate, and end when their grace is over', async () => {
    const { secrets: [first] } = await at.put('crm');
    at.clock.advance(1_000);
    const second = await at.open.secrets.add(at.caller, at.ns, ref, { name: 'signing', graceSeconds: 60 });
    const [active] = await at.open.feed.active('', 10);
    const live = async () => (await at.open.feed.secretsOf(active!.subscription)).secrets['signing']?.map((secret) => secret.reveal());
    expect(await live()).toEqual([second.value, first!.value]);
    expect((await at.open.feed.secretsOf(active!.subscription)).untilMs).toBe(at.clock.nowMs() + 60_000);
    at.clock.advance(60_000);
    expect(await live()).toEqual([second.value]);
    expect((await at.open.secrets.list(at.caller, at.ns, ref)).map(({ id }) => id)).toEqual([second.id]);
  });

  it('are revoked, but for the last one that the kind needs', async () => {
    const { secrets: [first] } = await at.put('crm', { secrets: { token: 'abc' } });
    const revoke = (id: string) => at.open.secrets.revoke(at.caller, at.ns, ref, id);
    await expect(revoke(first!.id)).rejects.toEqual(code('secret_last'));
    await at.open.secrets.add(at.caller, at.ns, ref, { name: 'signing', graceSeconds: null });
    await revoke(first!.id);
    await expect(revoke(first!.id)).rejects.toEqual(code('secret_not_found'));
    const token = (await at.open.secrets.list(at.caller, at.ns, ref)).find(({ name }) => name === 'token');
    await revoke(token!.id);
    expect((await at.open.secrets.list(at.caller, at.ns, ref)).map(({ name }) => name)).toEqual(['signing']);
  });

  it('are replaced by a PUT only when they differ', async () => {
    await at.put('crm', { secrets: { token: 'one' } });
    const tokens = async () => (await at.open.secrets.list(at.caller, at.ns, ref)).filter(({ name }) => name === 'token').map(({ id }) => id);
    const before = await tokens();
    await at.put('crm', { secrets: { token: 'one' } });
    expect(await tokens()).toEqual(before);
    await at.put('crm', { secrets: { token: 'two' } });
    expect(await tokens()).toHaveLength(1);
    expect(await tokens()).not.toEqual(before);
  });

  it('have a bound, a name of the kind, and a way to be made', async () => {
    await at.put('crm');
    const add = (name: string, value?: string) => at.open.secrets.add(at.caller, at.ns, ref, { name, value, graceSeconds: null });
    await expect(add('magic')).rejects.toEqual(code('setting_invalid'));
    await expect(add('token')).rejects.toEqual(code('setting_invalid'));
    for (let i = 1; i < 10; i += 1) await add('signing');
    await expect(add('signing')).rejects.toEqual(code('limit_reached'));
  });

  it('of a key pair come with the half that the receiver needs', async () => {
    const { secrets } = await at.put('crm', { settings: { url: 'http://127.0.0.1:8080/', signature: 'v1a' } });
    expect(secrets).toMatchObject([{ value: expect.stringMatching(/^whsk_/), publicKey: expect.stringMatching(/^whpk_/) }]);
  });
});
