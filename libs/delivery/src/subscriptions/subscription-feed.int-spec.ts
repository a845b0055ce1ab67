import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, newHome } from '@waybill/testing';
import { SubscribedNamespace } from '../testing/subscribed-namespace.store.js';

const emptyInput = { kind: 'webhook', settings: { url: 'http://127.0.0.1:8080/hook' }, delivery: {}, description: '', customer: null, secrets: {} };
let at: SubscribedNamespace;
beforeAll(async () => {
  at = await SubscribedNamespace.start();
  await at.queue('orders');
});
afterAll(() => at?.stop());
beforeEach(() => at.fresh.query('DELETE FROM subscriptions'));

describe('the feed of subscriptions', () => {
  it('walks the active ones by id, a page at a time', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await at.put(name);
    await at.open.subscriptions.pause(at.caller, at.ns, { name: 'b' });
    const names: string[] = [];
    for (let after = ''; ; ) {
      const page = await at.open.feed.active(after, 2);
      if (page.length === 0) break;
      names.push(...page.map(({ subscription }) => subscription.name));
      after = page.at(-1)!.subscription.id;
    }
    expect(names.sort()).toEqual(['a', 'c', 'd']);
  });

  it('tells each change once, as things are now, and where to read on', async () => {
    const { feed, subscriptions } = at.open;
    const start = await feed.version();
    const { subscription: a } = await at.put('a');
    const { subscription: b } = await at.put('b');
    const made = await feed.changesSince(start, 10);
    expect(made).toMatchObject({ complete: true, changes: [{ id: a.id, active: { failingSinceMs: null, subscription: { name: 'a', queue: 'orders', kind: 'webhook', state: 'active' } } }, { id: b.id }] });
    expect(made.changes[0]!.active!.subscription.queueId).toMatch(/^q_/);
    expect(await feed.changesSince(made.version, 10)).toEqual({ changes: [], version: made.version, complete: true });
    await at.open.secrets.add(at.caller, at.ns, { name: 'a' }, { name: 'signing', graceSeconds: 0 });
    await subscriptions.pause(at.caller, at.ns, { name: 'a' });
    await subscriptions.delete(at.caller, at.ns, { name: 'b' });
    const later = await feed.changesSince(made.version, 10);
    expect(later.changes).toEqual([{ id: a.id, active: null }, { id: b.id, active: null }]);
    expect(await feed.changesSince(start, 1)).toMatchObject({ complete: false, changes: [{ id: a.id }] });
  });

  it('tells of a subscription that went with its queue', async () => {
    await at.queue('brief');
    const { subscription } = await at.put('a', { queue: 'brief' });
    const before = await at.open.feed.version();
    await at.deleteQueue('brief');
    expect((await at.open.feed.changesSince(before, 10)).changes).toEqual([{ id: subscription.id, active: null }]);
  });

  it('misses nothing: a version becomes visible after every earlier one', async () => {
    const { feed } = at.open;
    const stranger = await newHome(at.fresh.database);
    await at.queue('orders', stranger);
    const { subscription: early } = await at.put('early');
    const start = await feed.version();
    const [begun, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const earlier = at.fresh.database.withTenant(at.caller.tenantId, async (tx) => {
      await tx.subscription.update({ where: { id: early.id }, data: { description: 'slow' } });
      begun.resolve();
      await commit.promise;
    });
    await begun.promise;
    const late = at.open.subscriptions.put(stranger.caller, stranger.namespaceId, 'late', { ...emptyInput, queue: 'orders' });
    await eventually(async () => expect(await at.fresh.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).toHaveLength(1));
    expect((await feed.changesSince(start, 10)).changes).toEqual([]);
    commit.resolve();
    await earlier;
    const { id } = (await late).subscription;
    expect((await feed.changesSince(start, 10)).changes.map((change) => change.id)).toEqual([early.id, id]);
  });

  it('nudges who follows at every change, and not when nothing changed', async () => {
    let nudges = 0;
    await at.open.nudges.follow(() => (nudges += 1));
    await at.put('a');
    await eventually(() => expect(nudges).toBe(1));
    await at.put('a');
    await at.open.subscriptions.resume(at.caller, at.ns, { name: 'a' });
    await at.open.subscriptions.pause(at.caller, at.ns, { name: 'a' });
    await eventually(() => expect(nudges).toBe(2));
  });

  it('costs a change nothing when Redis is away: it is stored, and found by reading', async () => {
    const { feed } = at.open;
    const before = await feed.version();
    at.redis.disconnect();
    try {
      await at.put('a');
    } finally {
      await at.redis.connect();
    }
    expect((await feed.changesSince(before, 10)).changes).toHaveLength(1);
  });

  it('hides other tenants from a tenant, in the tables themselves', async () => {
    await at.put('a');
    const rows = await at.fresh.database.withTenant('tnt_other', async (tx) => [await tx.subscription.count(), await tx.subscriptionSecret.count(), await tx.subscriptionChange.count()]);
    expect(rows).toEqual([0, 0, 0]);
  });
});
