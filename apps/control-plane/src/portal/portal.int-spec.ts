import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { controlOperations } from '@waybill/contracts';
import type { Operation } from '@waybill/contracts';
import { ControlPlaneUnderTest } from '../../test/control-plane-under-test.js';
import type { Answer, Ask, Owner } from '../../test/control-plane-under-test.js';
import { callsThisMachine, Receiver, signatureOf } from '../../test/receiver.js';

const ofPortal = controlOperations.filter(({ permission }) => permission === 'portal:use');
const ofOneEndpoint = ofPortal.filter(({ path }) => path.includes('{subscription}'));

describe('the portal', () => {
  let plane: ControlPlaneUnderTest;
  let receiver: Receiver;
  let owner: Owner;
  let acme: string;

  beforeAll(async () => {
    [plane, receiver] = await Promise.all([ControlPlaneUnderTest.start({ ...callsThisMachine, SMTP_URL: 'smtp://127.0.0.1:2525' }), Receiver.open()]);
  });
  afterAll(async () => {
    await plane?.stop();
    await receiver?.close();
  });
  beforeEach(async () => {
    owner = await newOwner();
    acme = await link(owner, 'acme');
  });

  const admin = (method: string, path: string, more: Ask = {}, who: Owner = owner) => plane.ask(method, `/api/v1/namespaces/${who.namespace}/${path}`, { cookie: who.cookie, ...more });
  const portal = (method: string, path: string, more: Ask & { token?: string } = {}) => plane.ask(method, `/api/v1/portal${path}`, { key: more.token ?? acme, ...more });
  const settings = () => ({ url: receiver.url });
  const queues = async () => (await admin('GET', 'queues')).body.items.map(({ name }: { name: string }) => name);

  async function newOwner(): Promise<Owner> {
    const made = await plane.newOwner();
    expect((await admin('PUT', 'exchanges/shop', { body: { kind: 'topic' } }, made)).status).toBe(201);
    return made;
  }
  async function link(who: Owner, customer: string, more: object = {}): Promise<string> {
    const answer = await admin('POST', 'portal-links', { body: { customer, exchange: 'shop', keyPrefix: customer, ...more } }, who);
    expect(answer).toMatchObject({ status: 201, body: { url: `http://localhost:3000/portal#${answer.body.token}` } });
    return answer.body.token;
  }
  async function endpoint(token = acme, body: object = {}) {
    const created = await portal('POST', '/subscriptions', { token, body: { settings: settings(), ...body } });
    expect(created.status).toBe(201);
    return created.body;
  }

  it('shows the customer what it is for, and nothing at first', async () => {
    const themed = await link(owner, 'acme', { theme: { name: 'Shop', accentColor: '#0b7285', logoUrl: 'https://shop.example/logo.svg', scheme: 'dark' }, minutes: 5 });
    const shown = await portal('GET', '', { token: themed });
    expect(shown).toMatchObject({ status: 200, body: { customer: 'acme', wildcards: true, theme: { name: 'Shop', scheme: 'dark' }, kinds: [{ kind: 'webhook', available: true, settings: { type: 'object' } }] } });
    expect(Date.parse(shown.body.expiresAt) - Date.now()).toBeLessThanOrEqual(300_000);
    expect((await portal('GET', '/subscriptions')).body).toEqual({ items: [] });
  });

  it('is listed by its link until that expires, and closed when it is revoked, alone or with all of the customer', async () => {
    const [second, other] = [await link(owner, 'acme'), await link(owner, 'globex', { keyPrefix: 'globex.eu' })];
    const { items } = (await admin('GET', 'portal-links?customer=acme&limit=1')).body;
    expect(items).toMatchObject([{ id: expect.stringMatching(/^plk_/), customer: 'acme', exchange: 'shop', keyPrefix: 'acme', revokedAt: null }]);
    const rest = (await admin('GET', `portal-links?customer=acme&limit=1&after=${items[0].id}`)).body;
    expect(rest).toMatchObject({ items: [{ customer: 'acme' }], next: null });
    expect((await admin('GET', 'portal-links')).body.items).toMatchObject([{ customer: 'globex', keyPrefix: 'globex.eu' }, { customer: 'acme' }, { customer: 'acme' }]);

    for (const repeated of [1, 2]) expect({ repeated, ...(await admin('DELETE', `portal-links/${items[0].id}`)) }).toMatchObject({ status: 204 });
    expect((await portal('GET', '', { token: second })).body).toMatchObject({ status: 401, code: 'portal_link_invalid' });
    expect((await portal('GET', '')).status).toBe(200);
    expect((await admin('GET', 'portal-links?customer=acme')).body.items).toMatchObject([{ id: items[0].id, revokedAt: expect.any(String) }, { revokedAt: null }]);

    expect((await admin('POST', 'portal-links/revoke', { body: { customer: 'acme' } })).body).toEqual({ revoked: 2 });
    expect((await portal('GET', '')).body.code).toBe('portal_link_invalid');
    expect((await portal('GET', '', { token: other })).status).toBe(200);
    expect((await portal('GET', '', { token: await link(owner, 'acme') })).status).toBe(200);
  });

  it('is revoked by nobody but its tenant', async () => {
    const stranger = await newOwner();
    const { id } = (await admin('GET', 'portal-links')).body.items[0];
    expect((await admin('DELETE', `portal-links/${id}`, {}, stranger)).body).toMatchObject({ status: 404, code: 'portal_link_not_found' });
    expect((await admin('POST', 'portal-links/revoke', { body: { customer: 'acme' } }, stranger)).body).toEqual({ revoked: 0 });
    expect((await admin('GET', 'portal-links', {}, stranger)).body.items).toEqual([]);
    expect((await portal('GET', '')).status).toBe(200);
  });

  it('creates an endpoint with a queue, bindings under the prefix, and a secret', async () => {
    const made = await endpoint(acme, { description: 'mine', events: ['order.*', 'refund.#'] });
    const name = `portal.acme.${made.id}`;
    expect(made).toMatchObject({ kind: 'webhook', state: 'active', description: 'mine', events: ['order.*', 'refund.#'], secrets: [{ name: 'signing', generated: true, value: expect.stringMatching(/^whsec_/) }] });
    expect((await admin('GET', `queues/${name}`)).body).toMatchObject({ deliveryLimit: null, deleteWhenIdleSeconds: null });
    expect((await admin('GET', `bindings?queue=${name}`)).body.items.map(({ pattern }: { pattern: string }) => pattern).sort()).toEqual(['acme.order.*', 'acme.refund.#']);
    expect((await admin('GET', `subscriptions/${name}`)).body).toMatchObject({ id: made.id, queue: name, customer: 'acme' });
    const { secrets: _, ...shown } = made;
    expect((await portal('GET', '/subscriptions')).body.items).toEqual([shown]);
  });

  it.each([
    ['a pattern that no exchange takes', { events: ['order.*', 'a*b'] }, 'pattern_invalid'],
    ['a pattern that is too long with its prefix', { events: ['a'.repeat(253)] }, 'pattern_too_long'],
    ['a kind that the link does not offer', { kind: 'mail' }, 'destination_kind_unknown'],
    ['an address inside', { settings: { url: 'http://10.0.0.1/' } }, 'egress_refused'],
    ['a setting nobody knows', { settings: { url: 'https://example.com/', magic: 1 } }, 'request_invalid'],
    ['text that no store holds', { description: '\0' }, 'text_invalid'],
    ['no event', { events: [] }, 'request_invalid'],
  ])('creates nothing at all with %s', async (_case, body, code) => {
    const refused = await portal('POST', '/subscriptions', { body: { settings: settings(), ...body } });
    expect(refused.body.code).toBe(code);
    expect(await queues()).toEqual([]);
    expect((await admin('GET', 'bindings')).body.items).toEqual([]);
    expect((await admin('GET', 'subscriptions')).body.items).toEqual([]);
  });

  it('changes settings and events, leaves out no event that stays, and deletes everything', async () => {
    const { id } = await endpoint(acme, { events: ['order.*', 'refund.#'] });
    const before = (await admin('GET', `bindings?queue=portal.acme.${id}`)).body.items;
    const changed = await portal('PUT', `/subscriptions/${id}`, { body: { settings: { ...settings(), format: 'raw' }, description: 'new', events: ['refund.#', 'sale'] } });
    expect(changed).toMatchObject({ status: 200, body: { description: 'new', settings: { format: 'raw' }, events: ['refund.#', 'sale'] } });
    const after = (await admin('GET', `bindings?queue=portal.acme.${id}`)).body.items;
    const idOf = (items: { pattern: string; id: string }[]) => items.find(({ pattern }) => pattern === 'acme.refund.#')?.id;
    expect(idOf(after)).toBe(idOf(before));
    expect((await portal('PUT', `/subscriptions/${id}`, { body: { settings: { url: 'http://10.0.0.1/' }, events: ['x'] } })).body.code).toBe('egress_refused');
    expect((await portal('GET', `/subscriptions/${id}`)).body.events).toEqual(['refund.#', 'sale']);
    expect((await portal('DELETE', `/subscriptions/${id}`)).status).toBe(204);
    expect([await queues(), (await admin('GET', 'bindings')).body.items, (await admin('GET', 'subscriptions')).body.items]).toEqual([[], [], []]);
    expect((await portal('GET', `/subscriptions/${id}`)).body.code).toBe('subscription_not_found');
  });

  it('never touches a queue that the tenant made itself', async () => {
    await admin('PUT', 'queues/orders', { body: {} });
    await admin('PUT', 'subscriptions/by-us', { body: { queue: 'orders', kind: 'webhook', settings: settings(), customer: 'acme' } });
    const [{ id, events }] = (await portal('GET', '/subscriptions')).body.items;
    expect(events).toEqual([]);
    expect((await portal('PUT', `/subscriptions/${id}`, { body: { settings: settings(), events: ['#'] } })).body.events).toEqual([]);
    expect((await admin('GET', 'bindings')).body.items).toEqual([]);
    expect((await portal('DELETE', `/subscriptions/${id}`)).status).toBe(204);
    expect(await queues()).toEqual(['orders']);
  });

  it('pauses, resumes, tests, shows and changes secrets', async () => {
    const { id, secrets: [first] } = await endpoint();
    expect((await portal('POST', `/subscriptions/${id}/pause`)).body.state).toBe('paused');
    expect((await portal('POST', `/subscriptions/${id}/resume`)).body.state).toBe('active');
    expect((await portal('POST', `/subscriptions/${id}/enable`)).body.state).toBe('active');
    const second = (await portal('POST', `/subscriptions/${id}/secrets`, { body: { graceSeconds: 60 } })).body;
    const tested = await portal('POST', `/subscriptions/${id}/test`);
    expect(tested).toMatchObject({ status: 200, body: { outcome: 'delivered', status: 200, answer: 'thanks' } });
    const call = receiver.received.at(-1)!;
    expect(call.headers['webhook-id']).toBe(tested.body.message);
    for (const { value } of [first, second]) expect(String(call.headers['webhook-signature']).split(' ')).toContain(signatureOf(call, value));
    const { items } = (await portal('GET', `/subscriptions/${id}/secrets`)).body;
    expect(items.map((secret: { id: string }) => secret.id)).toEqual([second.id, first.id]);
    expect(JSON.stringify(items)).not.toContain('whsec_');
    expect((await portal('POST', `/subscriptions/${id}/secrets/${first.id}/reveal`)).body.value).toBe(first.value);
    const given = (await portal('POST', `/subscriptions/${id}/secrets`, { body: { name: 'password', value: 'hunter22' } })).body;
    expect((await portal('POST', `/subscriptions/${id}/secrets/${given.id}/reveal`)).body.code).toBe('secret_not_found');
    expect((await portal('GET', `/subscriptions/${id}/attempts`)).body).toEqual({ items: [], next: null });
    expect((await portal('GET', `/subscriptions/${id}/health`)).body).toMatchObject({ calls: 0, successRate: null, backlog: { ready: 0, dead: 0 } });
  });

  it('asks a recipient of mails again, not before ten minutes are over, and nobody who is none or has answered', async () => {
    const token = await link(owner, 'acme', { kinds: ['mail'] });
    const { id, recipients, held } = await endpoint(token, { kind: 'mail', settings: { to: ['ops@example.com'] } });
    expect([held, recipients]).toMatchObject([true, [{ address: 'ops@example.com', state: 'waiting' }]]);
    const ask = (address: string) => portal('POST', `/subscriptions/${id}/recipients/ask`, { token, body: { address } });
    const requests = async () => (await plane.fresh.query(`SELECT subscription FROM mail_requests WHERE address = 'ops@example.com' AND subscription = 'portal.acme.${id}'`)).length;
    expect([await requests(), (await ask('OPS@example.com')).body]).toMatchObject([1, { status: 429, code: 'confirmations_limited' }]);
    await plane.fresh.query(`UPDATE mail_requests SET requested_at = requested_at - interval '10 minutes' WHERE subscription = 'portal.acme.${id}'`);
    expect(await ask('OPS@example.com')).toMatchObject({ status: 200, body: { id, recipients: [{ address: 'ops@example.com', state: 'waiting' }] } });
    expect(await requests()).toBe(2);
    expect((await ask('other@example.com')).body).toMatchObject({ status: 404, code: 'recipient_not_found' });
    await plane.fresh.query(`UPDATE mail_recipients SET state = 'confirmed', confirmed_at = now() WHERE address = 'ops@example.com'`);
    expect((await ask('ops@example.com')).body).toMatchObject({ status: 409, code: 'recipient_settled' });
  });

  it('refuses to be opened on an exchange that would mix customers up, and on one that is gone', async () => {
    await admin('PUT', 'exchanges/all', { body: { kind: 'fanout' } });
    const body = { customer: 'acme', exchange: 'all', keyPrefix: 'acme' };
    expect((await admin('POST', 'portal-links', { body })).body).toMatchObject({ status: 409, code: 'exchange_unsuitable' });
    expect((await admin('POST', 'portal-links', { body: { ...body, exchange: 'none' } })).body.code).toBe('exchange_not_found');
    expect((await admin('POST', 'portal-links', { body: { ...body, exchange: 'shop', kinds: ['pigeon'] } })).body.code).toBe('destination_kind_unknown');
    for (const wrong of [{ keyPrefix: 'acme.#' }, { keyPrefix: '*' }, { keyPrefix: '.' }, { customer: 'a/b' }, { minutes: 1_441 }, { theme: { logoUrl: 'http://a.b/' } }, { theme: { logoUrl: 'javascript:x' } }]) {
      expect((await admin('POST', 'portal-links', { body: { ...body, exchange: 'shop', ...wrong } })).body.code).toBe('request_invalid');
    }
    await admin('DELETE', 'exchanges/shop');
    await admin('PUT', 'exchanges/shop', { body: { kind: 'fanout' } });
    expect((await portal('POST', '/subscriptions', { body: { settings: settings() } })).body.code).toBe('exchange_unsuitable');
  });

  describe('reaches nothing of others', () => {
    const bodyOf = (operation: Operation): Pick<Ask, 'body'> => {
      if (operation.body === undefined) return {};
      if (operation.id === 'rotatePortalSecret') return { body: {} };
      if (operation.id === 'askPortalRecipient') return { body: { address: 'ops@example.com' } };
      return { body: { settings: settings(), events: ['#'] } };
    };
    const call = (operation: Operation, subscription: string, token: string): Promise<Answer> =>
      plane.ask(operation.method, operation.path.replace('{subscription}', subscription).replace(/\{\w+\}/g, 'any'), { key: token, ...bodyOf(operation) });
    const absent = 'sub_06gzqqyxpwgv21p0t6djy5mm5m';

    it.each(ofOneEndpoint.map((operation) => [operation.id, operation] as const))('%s answers another customer, namespace and tenant exactly as for an endpoint that does not exist', async (_id, operation) => {
      const { id } = await endpoint();
      const stranger = await newOwner();
      const before = await plane.fresh.query('SELECT * FROM subscriptions ORDER BY id');
      for (const token of [await link(owner, 'globex'), await link(stranger, 'acme')]) {
        const [foreign, missing] = [await call(operation, id, token), await call(operation, absent, token)];
        expect(foreign.status).toBe(404);
        expect({ ...foreign.body, instance: '' }).toEqual({ ...missing.body, instance: '' });
      }
      expect(await plane.fresh.query('SELECT * FROM subscriptions ORDER BY id')).toEqual(before);
    });

    it('lists only the endpoints of its customer in its namespace', async () => {
      const { id } = await endpoint();
      const others = [await link(owner, 'globex'), await link(await newOwner(), 'acme')];
      for (const token of others) expect((await portal('GET', '/subscriptions', { token })).body.items).toEqual([]);
      expect((await portal('GET', '/subscriptions')).body.items.map((item: { id: string }) => item.id)).toEqual([id]);
    });

    it('opens no other operation of the control plane', async () => {
      const elsewhere = controlOperations.filter(({ permission }) => permission !== 'portal:use' && permission !== 'public');
      expect(elsewhere.length).toBeGreaterThan(30);
      for (const { method, path } of elsewhere) {
        const answer = await plane.ask(method, path.replace('{namespace}', owner.namespace).replace(/\{\w+\}/g, 'any'), { key: acme, ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }) });
        expect(['permission_missing', 'auth_required']).toContain(answer.body.code);
      }
    });

    it('is not opened by a member, by an API key, or by a token that was changed', async () => {
      const key = await plane.newKey(owner, ['publish', 'consume', 'manage']);
      for (const { method, path, ...operation } of ofPortal) {
        const at = path.replace(/\{\w+\}/g, 'any');
        const body = operation.body === undefined ? {} : { body: {} };
        expect((await plane.ask(method, at, { cookie: owner.cookie, ...body })).body.code).toBe('permission_missing');
        expect((await plane.ask(method, at, { key, ...body })).body.code).toBe('permission_missing');
        expect((await plane.ask(method, at, { key: `${acme.slice(0, -1)}${acme.endsWith('A') ? 'B' : 'A'}`, ...body })).body).toMatchObject({ status: 401, code: 'portal_link_invalid' });
        expect((await plane.ask(method, at, body)).body.code).toBe('auth_required');
      }
    });
  });
});
