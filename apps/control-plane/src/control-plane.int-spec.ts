import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { controlOperations } from '@waybill/contracts';
import { DataTokens } from '@waybill/identity';
import { silentLogger, systemClock } from '@waybill/kernel';
import type { Logger, LogFacts } from '@waybill/kernel';
import { loadConfig } from '@waybill/platform';
import { ControlPlaneUnderTest } from '../test/control-plane-under-test.js';
import type { Ask, Owner } from '../test/control-plane-under-test.js';
import { eventually } from '@waybill/testing';

describe('the control plane', () => {
  let plane: ControlPlaneUnderTest;
  let owner: Owner;
  const lines: { event: string; facts: LogFacts | undefined }[] = [];
  const note = (event: string, facts?: LogFacts) => void lines.push({ event, facts });
  const logger: Logger = { debug: note, info: note, warn: note, error: note };

  beforeAll(async () => {
    plane = await ControlPlaneUnderTest.start({}, logger);
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    owner = await plane.newOwner();
  });
  const ask = (method: string, path: string, more: Ask = {}) => plane.ask(method, `/api/v1/namespaces/${owner.namespace}/${path}`, { cookie: owner.cookie, ...more });

  describe('keys', () => {
    it('shows a key once and keeps no secret of it', async () => {
      const created = await ask('POST', 'keys', { body: { name: 'worker', scopes: ['consume'] } });
      expect(created).toMatchObject({ status: 201, body: { name: 'worker', scopes: ['consume'], revokedAt: null, secret: expect.stringMatching(/^wb_test_/) } });
      const secretPart = created.body.secret.split('_')[3];
      const listed = await ask('GET', 'keys');
      const kept = JSON.stringify([listed.body, await plane.fresh.query('SELECT api_keys::text FROM api_keys'), lines]);
      expect(kept).not.toContain(secretPart);
      expect(listed.body.items).toEqual([{ ...created.body, secret: undefined }].map(({ secret: _, ...shown }) => shown));
    });

    it('refuses a revoked key within seconds, and says that it was revoked', async () => {
      const key = await plane.newKey(owner, ['manage']);
      expect((await ask('GET', 'queues', { cookie: undefined, key })).status).toBe(200);
      const [{ id }] = (await ask('GET', 'keys')).body.items;
      expect((await ask('DELETE', `keys/${id}`)).status).toBe(204);
      await eventually(async () => expect((await ask('GET', 'queues', { cookie: undefined, key })).body).toMatchObject({ status: 401, code: 'api_key_revoked' }));
      expect((await ask('DELETE', 'keys/no-such-key')).body.code).toBe('api_key_not_found');
    });

    it('refuses an expired key', async () => {
      const expiresAt = new Date(Date.now() + 300).toISOString();
      const { body } = await ask('POST', 'keys', { body: { name: 'brief', scopes: ['manage'], expiresAt } });
      await eventually(async () => expect((await ask('GET', 'queues', { cookie: undefined, key: body.secret })).body.code).toBe('api_key_expired'));
    });

    it('gives a browser a token that the gateway takes for this namespace', async () => {
      const answer = await ask('POST', 'data-tokens');
      expect(answer).toMatchObject({ status: 201, body: { gatewayUrl: 'http://localhost:3001', expiresAt: expect.any(String) } });
      const caller = new DataTokens(loadConfig({}).dataTokenSecret, systemClock).verify(answer.body.token);
      expect(caller.namespaceId).toBe(owner.namespace);
    });
  });

  describe('topology', () => {
    it('creates, repeats without change, lists and deletes', async () => {
      const exchange = await ask('PUT', 'exchanges/orders', { body: { kind: 'topic' } });
      expect(exchange).toMatchObject({ status: 201, body: { name: 'orders', kind: 'topic', builtIn: false } });
      expect(await ask('PUT', 'exchanges/orders', { body: { kind: 'topic' } })).toMatchObject({ status: 200, body: exchange.body });
      expect(await ask('PUT', 'queues/mail', { body: { leaseSeconds: 5 } })).toMatchObject({ status: 201, body: { leaseSeconds: 5, deliveryLimit: 10 } });
      expect(await ask('PUT', 'queues/mail', { body: { leaseSeconds: 6 } })).toMatchObject({ status: 200, body: { leaseSeconds: 6 } });
      const bindings = { bindings: [{ destination: { queue: 'mail' }, pattern: 'order.#' }] };
      const bound = await ask('PUT', 'exchanges/orders/bindings', { body: bindings });
      expect(bound).toMatchObject({ status: 201, body: { items: [{ source: 'orders', destination: { queue: 'mail' }, pattern: 'order.#', created: true }] } });
      expect(await ask('PUT', 'exchanges/orders/bindings', { body: bindings })).toMatchObject({ status: 200, body: { items: [{ created: false }] } });
      expect((await ask('GET', 'exchanges')).body.items.map(({ name }: { name: string }) => name)).toEqual(['default', 'orders']);
      expect((await ask('GET', 'bindings?queue=mail')).body.items).toHaveLength(1);
      expect((await ask('DELETE', `bindings/${bound.body.items[0].id}`)).status).toBe(204);
      expect((await ask('DELETE', 'queues/mail')).status).toBe(204);
      expect((await ask('DELETE', 'exchanges/orders')).status).toBe(204);
      expect((await ask('GET', 'exchanges/orders')).body.code).toBe('exchange_not_found');
    });

    it.each([
      ['a name with a blank', 'PUT', 'queues/a%20b', {}, 400, 'name_invalid'],
      ['a name with a slash', 'PUT', 'queues/a%2Fb', {}, 400, 'name_invalid'],
      ['a name of 10,000 characters', 'PUT', `queues/${'a'.repeat(10_000)}`, {}, 400, 'name_invalid'],
      ['a name with a hash tag', 'PUT', 'exchanges/%7Bns%7D', { kind: 'topic' }, 400, 'name_invalid'],
      ['the built-in exchange', 'PUT', 'exchanges/default', { kind: 'topic' }, 409, 'exchange_builtin'],
      ['an unknown kind', 'PUT', 'exchanges/x', { kind: 'magic' }, 400, 'request_invalid'],
      ['an unknown queue', 'GET', 'queues/absent', undefined, 404, 'queue_not_found'],
      ['an unknown binding', 'DELETE', 'bindings/absent', undefined, 404, 'binding_not_found'],
      ['a page of no size', 'GET', 'queues?limit=0', undefined, 400, 'request_invalid'],
    ])('answers %s with its own code', async (_case, method, path, body, status, code) => {
      expect(await ask(method, path, body === undefined ? {} : { body })).toMatchObject({ status, body: { code, status } });
    });

    it.each([
      ['a pattern of 10,000 characters', { destination: { queue: 'mail' }, pattern: 'a'.repeat(10_000) }, 'pattern_too_long'],
      ['a malformed pattern', { destination: { queue: 'mail' }, pattern: 'a*.b' }, 'pattern_invalid'],
      ['an absent queue', { destination: { queue: 'absent' } }, 'queue_not_found'],
      ['a loop', { destination: { exchange: 'orders' } }, 'binding_loop'],
      ['two destinations', { destination: { queue: 'mail', exchange: 'orders' } }, 'request_invalid'],
    ])('answers a binding with %s with its own code, and stores none of the batch', async (_case, binding, code) => {
      await ask('PUT', 'exchanges/orders', { body: { kind: 'topic' } });
      await ask('PUT', 'queues/mail', { body: {} });
      const good = { destination: { queue: 'mail' }, pattern: 'good' };
      expect((await ask('PUT', 'exchanges/orders/bindings', { body: { bindings: [good, binding] } })).body.code).toBe(code);
      expect((await ask('GET', 'bindings')).body.items).toEqual([]);
    });
  });

  describe('usage', () => {
    it('answers the ledger of today with names and totals', async () => {
      const { body: queue } = await ask('PUT', 'queues/mail', { body: {} });
      const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
      const [{ tenant_id: tenant } = {}] = await plane.fresh.query(`SELECT tenant_id FROM namespaces WHERE id = '${owner.namespace}'`);
      for (const [resource, quantity] of [[queue.id, '3'], ['q_gone', '9007199254740993']]) {
        await plane.fresh.query(`INSERT INTO usage_records VALUES ('${tenant}', '${owner.namespace}', '${hour.toISOString()}', 'mq_messages', 'publish', '${resource}', ${quantity})`);
      }
      const answer = await ask('GET', 'usage');
      expect(answer.body.totals).toEqual({ mq_messages: '9007199254740996' });
      expect(answer.body.rows).toEqual(
        expect.arrayContaining([
          { hour: hour.toISOString(), dimension: 'mq_messages', cause: 'publish', quantity: '3', resource: { id: queue.id, kind: 'queue', name: 'mail' } },
          { hour: hour.toISOString(), dimension: 'mq_messages', cause: 'publish', quantity: '9007199254740993', resource: { id: 'q_gone', kind: 'queue', name: null } },
        ]),
      );
      expect(Date.parse(answer.body.asOf)).toBeLessThanOrEqual(Date.now() + 1_000);
    });

    it('opens to namespaces, resources, days and hours, each adding up to the one above; messages end where there is no log', async () => {
      const { body: queue } = await ask('PUT', 'queues/mail', { body: {} });
      const [{ tenant_id: tenant } = {}] = await plane.fresh.query(`SELECT tenant_id FROM namespaces WHERE id = '${owner.namespace}'`);
      const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString();
      const day = hour.slice(0, 10);
      await plane.fresh.query(`INSERT INTO usage_records VALUES ('${tenant}', '${owner.namespace}', '${hour}', 'mq_queue_passes', 'publish', '${queue.id}', 5)`);
      await plane.fresh.query(`INSERT INTO usage_days VALUES ('${tenant}', 'mq_queue_passes', '${owner.namespace}', '${queue.id}', 'publish', '${day}', 5)`);
      await plane.fresh.query(`INSERT INTO usage_namespace_days VALUES ('${tenant}', '${day}', 'mq_queue_passes', '${owner.namespace}', 'publish', 5)`);
      const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
      const open = async (more: string) => (await plane.ask('GET', `/api/v1/usage/drill-down?from=${day}&to=${next}${more}`, { cookie: owner.cookie })).body;
      expect(await open('')).toMatchObject({ level: 'dimensions', items: [{ id: 'mq_queue_passes', quantity: '5' }] });
      expect(await open('&dimension=mq_queue_passes')).toMatchObject({ level: 'namespaces', total: '5', items: [{ id: owner.namespace, quantity: '5' }] });
      const inNamespace = `&dimension=mq_queue_passes&namespace=${owner.namespace}`;
      expect(await open(inNamespace)).toMatchObject({ level: 'resources', total: '5', items: [{ id: queue.id, name: 'mail', quantity: '5' }] });
      expect(await open(`${inNamespace}&resource=${queue.id}`)).toMatchObject({ level: 'days', total: '5', items: [{ id: day, quantity: '5' }] });
      expect(await open(`${inNamespace}&resource=${queue.id}&day=${day}`)).toMatchObject({ level: 'hours', total: '5', items: [{ id: hour, quantity: '5', cause: 'publish', sealedBy: null }] });
      expect(await open(`${inNamespace}&resource=${queue.id}&hour=${hour}`)).toMatchObject({ level: 'messages', total: '5', items: [], endsAtHour: 'log_expired' });
      const report = (await ask('GET', `usage/reconciliation?hour=${hour}`)).body;
      expect(report).toMatchObject({ state: 'not_sealed', differences: [{ dimension: 'mq_queue_passes', record: '5', entries: '0', why: 'ledger_changed' }] });
      expect((await ask('GET', `usage/reconciliation?hour=${day}T00:00:01Z`)).body.code).toBe('request_invalid');
    });

    it.each(['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'from=yesterday'])('refuses the range %s', async (range) => {
      expect((await ask('GET', `usage?${range}`)).body).toMatchObject({ code: 'request_invalid', issues: [{ path: expect.stringMatching(/^query\./) }] });
    });
  });

  describe('routes', () => {
    it('are exactly the operations, beside health and metrics', () => {
      const served = plane.service.routes.filter(({ operation }) => operation !== null).map(({ method, url, operation }) => `${operation} ${method} ${url}`);
      const contracted = controlOperations.map(({ id, method, path }) => `${id} ${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`);
      expect(served.sort()).toEqual(contracted.sort());
      expect(plane.service.routes.filter(({ operation }) => operation === null).map(({ url }) => url).sort()).toEqual(['/healthz', '/metrics', '/readyz']);
    });

    it('are exactly those of the OpenAPI document', async () => {
      const { body } = await plane.ask('GET', '/api/v1/openapi.json');
      const documented = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`));
      const served = plane.service.routes.filter(({ url, operation }) => url.startsWith('/api/') || operation === 'unsubscribeByMailProgram').map(({ method, url }) => `${method} ${url}`);
      expect(documented.sort()).toEqual(served.sort());
    });

    it('answer anything else with route_not_found, never with the console', async () => {
      for (const [method, path] of [['GET', '/api/v1/nothing'], ['PATCH', '/api/v1/session'], ['GET', '/api'], ['POST', '/']] as const) {
        expect((await plane.ask(method, path)).body).toMatchObject({ code: 'route_not_found', status: 404 });
      }
    });
  });

  it('says that the database is away, without a detail, and that it is not ready', async () => {
    const broken = await ControlPlaneUnderTest.start({ DATABASE_URL: 'postgresql://nobody:hunter2@127.0.0.1:1/none' }, silentLogger);
    try {
      const answer = await broken.ask('GET', '/api/v1/session', { cookie: 'any' });
      expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable', retryable: true } });
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|127\.0\.0\.1/);
      expect(await broken.ask('GET', '/readyz')).toMatchObject({ status: 503, body: { checks: { postgres: 'failed', redis: 'ok' } } });
    } finally {
      await broken.stop();
    }
  });
});
