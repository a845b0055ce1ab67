import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { controlOperations } from '@waybill/contracts';
import type { Operation } from '@waybill/contracts';
import { ControlPlaneUnderTest } from '../test/control-plane-under-test.js';
import type { Answer, Ask, Owner } from '../test/control-plane-under-test.js';

const inNamespace = controlOperations.filter(({ path }) => path.includes('{namespace}'));
/** A body that the operation would take. */
const bodies: Record<string, unknown> = {
  createApiKey: { name: 'intruder', scopes: ['manage'] },
  changeNamespace: { messageLog: false },
  putExchange: { kind: 'topic' },
  putQueue: {},
  putSubscription: { queue: 'mail', kind: 'webhook', settings: {} },
  createPortalLink: { customer: 'acme', exchange: 'orders', keyPrefix: 'acme' },
  revokePortalLinks: { customer: 'acme' },
  resendFailed: { since: '2026-11-28T00:00:00.000Z' },
  addSubscriptionSecret: { name: 'signing' },
  askRecipient: { address: 'ops@example.com' },
  putSource: { exchange: 'orders', key: 'hook', scheme: { kind: 'github' }, secret: 'a secret of at least sixteen' },
  addSourceSecret: {},
  putBindings: { bindings: [{ destination: { queue: 'mail' }, pattern: '#' }] },
};

/** What an operation cannot do without. */
const queries: Readonly<Record<string, string>> = { reconcileUsage: '?hour=2026-11-28T10:00:00Z' };

describe('a namespace', () => {
  let plane: ControlPlaneUnderTest;
  let mine: Owner;
  let theirs: Owner;
  let keyOfMine: string;

  beforeAll(async () => {
    plane = await ControlPlaneUnderTest.start();
    [mine, theirs] = [await plane.newOwner(), await plane.newOwner()];
    keyOfMine = await plane.newKey(mine, ['publish', 'consume', 'manage']);
    for (const owner of [mine, theirs]) await fill(owner);
  });
  afterAll(() => plane?.stop());

  async function fill({ namespace, cookie }: Owner): Promise<void> {
    const base = `/api/v1/namespaces/${namespace}`;
    for (const [path, body] of [['queues/mail', {}], ['exchanges/orders', { kind: 'topic' }], ['exchanges/orders/bindings', bodies['putBindings']]] as const) {
      expect((await plane.ask('PUT', `${base}/${path}`, { cookie, body })).status).toBe(201);
    }
  }
  const call = (operation: Operation, namespace: string, ask: Ask): Promise<Answer> => {
    const path = operation.path.replace('{namespace}', namespace).replace('{exchange}', 'orders').replace('{queue}', 'mail').replace(/\{\w+\}/, 'any');
    const body = bodies[operation.id];
    return plane.ask(operation.method, `${path}${queries[operation.id] ?? ''}`, { ...ask, ...(body === undefined ? {} : { body }) });
  };
  const stateOf = async () => {
    const tables = ['namespaces', 'api_keys', 'exchanges', 'queues', 'bindings', 'topology_outbox', 'usage_records', 'subscriptions', 'subscription_secrets', 'sources', 'portal_links'];
    return Promise.all(tables.map((table) => plane.fresh.query(`SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS sum FROM ${table} t`)));
  };

  it('is covered by this test with every operation that names one', () => {
    expect(inNamespace.length).toBeGreaterThanOrEqual(16);
    expect(inNamespace.filter(({ body, id }) => body !== undefined && bodies[id] === undefined)).toEqual([]);
  });

  it.each(inNamespace.map((operation) => [operation.id, operation] as const))('of another tenant answers %s exactly like one that does not exist, and nothing changes', async (_id, operation) => {
    const before = await stateOf();
    const absent = 'ns_06gzqqyxpwgv21p0t6djy5mm5m';
    // Keys and tokens are for people: a key is sent away before anything is looked at.
    const asKey = await call(operation, theirs.namespace, { key: keyOfMine });
    expect([401, 403, 404]).toContain(asKey.status);
    for (const ask of [{ cookie: mine.cookie }, { key: keyOfMine }]) {
      const [foreign, missing] = [await call(operation, theirs.namespace, ask), await call(operation, absent, ask)];
      expect({ ...foreign.body, instance: '' }).toEqual({ ...missing.body, instance: '' });
      expect(foreign.status).toBe(missing.status);
      if ('cookie' in ask) expect(foreign).toMatchObject({ status: 404, body: { code: 'namespace_not_found' } });
    }
    expect(await stateOf()).toEqual(before);
  });

  it.each(inNamespace.map((operation) => [operation.id, operation] as const))('answers %s only to those who say who they are', async (_id, operation) => {
    expect((await call(operation, mine.namespace, {})).body.code).toBe('auth_required');
    expect((await call(operation, mine.namespace, { cookie: 'no-session' })).body.code).toBe('session_expired');
    expect((await call(operation, mine.namespace, { key: 'wb_test_x' })).body.code).toBe('api_key_invalid');
  });

  it.each(inNamespace.filter(({ method }) => method !== 'GET').map((operation) => [operation.id, operation] as const))('refuses %s from another site', async (_id, operation) => {
    const before = await stateOf();
    const answer = await call(operation, mine.namespace, { cookie: mine.cookie, headers: { 'sec-fetch-site': 'cross-site' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'cross_site_refused' } });
    expect(await stateOf()).toEqual(before);
  });

  it('is open to its own key as far as the scopes reach', async () => {
    const [publish, manage] = [await plane.newKey(mine, ['publish']), await plane.newKey(mine, ['manage'])];
    const outcomes = async (key: string) =>
      Object.fromEntries(await Promise.all(inNamespace.filter(({ method }) => method === 'GET').map(async (operation) => [operation.id, (await call(operation, mine.namespace, { key })).status])));
    const opened = new Set(['getNamespace', 'listExchanges', 'getExchange', 'listQueues', 'getQueue', 'listBindings', 'getUsage', 'listDestinationKinds', 'listSubscriptions', 'listAttempts', 'listPortalLinks', 'listSources', 'reconcileUsage']);
    const reads = inNamespace.filter(({ method }) => method === 'GET').map(({ id }) => id);
    /** Opened, and then there is no subscription of this name. */
    const manages = (id: string): number => (id === 'listApiKeys' ? 403 : opened.has(id) ? 200 : 404);
    expect(await outcomes(manage)).toEqual(Object.fromEntries(reads.map((id) => [id, manages(id)])));
    expect(await outcomes(publish)).toEqual(Object.fromEntries(reads.map((id) => [id, 403])));
  });

  it('names the permission that a caller lacks', async () => {
    const answer = await plane.ask('GET', `/api/v1/namespaces/${mine.namespace}/keys`, { key: keyOfMine });
    expect(answer.body).toMatchObject({ code: 'permission_missing', detail: expect.stringContaining('keys:read') });
  });

  it('lets a role do what it may and no more', async () => {
    const member = await plane.newOwner();
    await plane.fresh.query(`UPDATE memberships SET role = 'auditor' WHERE user_id = (SELECT id FROM users WHERE email = '${member.email}')`);
    const base = `/api/v1/namespaces/${member.namespace}`;
    expect((await plane.ask('GET', `${base}/keys`, { cookie: member.cookie })).status).toBe(200);
    expect((await plane.ask('PUT', `${base}/queues/mail`, { cookie: member.cookie, body: {} })).body.code).toBe('permission_missing');
  });
});
