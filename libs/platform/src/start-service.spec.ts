import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import cookie from '@fastify/cookie';
import { operation } from '@waybill/contracts';
import type { Parsed } from '@waybill/contracts';
import { silentLogger, WaybillError } from '@waybill/kernel';
import type { Caller, Logger, Permission, TenantId } from '@waybill/kernel';
import { z } from 'zod';
import { AccessModule } from './access.js';
import { Authentication } from './authentication.js';
import { loadConfig } from './config.js';
import { Endpoint, From, Input, Unchanged } from './endpoint.js';
import { measured } from './metrics.js';
import { startService } from './start-service.js';
import type { RunningService, ServiceOptions } from './start-service.js';

const item = z.object({ name: z.string(), by: z.string() });
const putItem = operation({
  id: 'putItem', tag: 'Items', method: 'PUT', path: '/items/{namespace}', permission: 'topology:write', status: 201, statusUnchanged: 200,
  summary: 'Put', params: z.object({ namespace: z.string() }), body: z.object({ name: z.string() }).strict(), reply: item, errors: ['request_invalid'],
});
const fail = operation({ id: 'fail', tag: 'Items', method: 'GET', path: '/fail', permission: 'public', status: 200, summary: 'Fail', reply: item, errors: [] });
const who = operation({ id: 'who', tag: 'Items', method: 'GET', path: '/who', permission: 'signed_in', status: 200, summary: 'Who', reply: item, errors: [] });

const caller = (kind: 'user' | 'api_key', ...permissions: Permission[]): Caller => ({ actor: { kind, id: `${kind}_1` }, tenantId: 'tnt_1' as TenantId, namespaceId: null, permissions: new Set(permissions) });

class KnownCallers extends Authentication {
  password(): Promise<never> {
    throw new WaybillError('credentials_wrong');
  }
  async session(token: string): Promise<Caller> {
    if (token !== 'good') throw new WaybillError('session_expired');
    return caller('user', 'topology:write');
  }
  apiKey(token: string): Caller {
    if (token === 'writes') return caller('api_key', 'topology:write');
    if (token === 'reads') return caller('api_key', 'topology:read');
    throw new WaybillError('api_key_invalid');
  }
  async openNamespace(_caller: Caller, id: string): Promise<void> {
    if (id !== 'ns_mine') throw new WaybillError('namespace_not_found');
  }
}

@Controller()
class ItemsController {
  @Endpoint(putItem)
  put(@From() from: Caller, @Input() { body }: Parsed<typeof putItem>): { name: string; by: string } | Unchanged<{ name: string; by: string }> {
    const reply = { name: body.name, by: from.actor.id };
    return body.name === 'old' ? new Unchanged(reply) : reply;
  }
  @Endpoint(fail)
  fail(): { name: string; by: string } {
    throw new Error('the database password is hunter2');
  }
  @Endpoint(who)
  who(@From() from: Caller): { name: string; by: string } {
    return { name: '', by: from.actor.id };
  }
}

@Controller()
class UndeclaredController {
  @Get('open-to-everyone')
  leak(): string {
    return 'secret';
  }
}

const access = AccessModule.forRoot({ publicUrl: 'http://localhost:3000', imports: [], authentication: KnownCallers });
function app(controller: Type, guarded = true): Type {
  @Module({ imports: guarded ? [access] : [], controllers: [controller] })
  class AppModule {}
  return AppModule;
}

describe('startService', () => {
  let service: RunningService | undefined;
  afterEach(() => service?.close());
  const start = async (options: Partial<ServiceOptions> = {}): Promise<string> => {
    service = await startService({
      name: 'test', module: app(ItemsController), config: loadConfig({}), logger: silentLogger, port: 0, readiness: {}, bodyLimitBytes: 1024,
      configure: async (nest) => void (await nest.register(cookie)), ...options,
    });
    return service.url;
  };
  const put = (url: string, init: RequestInit & { token?: string; namespace?: string } = {}) =>
    fetch(`${url}/items/${init.namespace ?? 'ns_mine'}`, {
      method: 'PUT', body: JSON.stringify({ name: 'new' }), ...init, headers: { 'content-type': 'application/json', authorization: `Bearer ${init.token ?? 'writes'}`, ...init.headers },
    });

  it('refuses to start with a handler that has no operation, and names it', async () => {
    await expect(start({ module: app(UndeclaredController) })).rejects.toThrow('UndeclaredController.leak');
  });

  it('refuses to start with handlers and no guard', async () => {
    await expect(start({ module: app(ItemsController, false) })).rejects.toThrow('AccessModule');
  });

  it('answers with the status of the operation, and with the second one when nothing changed', async () => {
    const url = await start();
    const created = await put(url);
    expect([created.status, await created.json()]).toEqual([201, { name: 'new', by: 'api_key_1' }]);
    expect((await put(url, { body: '{"name":"old"}' })).status).toBe(200);
  });

  it.each([
    ['no credentials', { authorization: '' }, 401, 'auth_required'],
    ['another scheme', { authorization: 'Basic eDp5' }, 401, 'auth_required'],
    ['a wrong key', { authorization: 'Bearer x' }, 401, 'api_key_invalid'],
    ['a key without the permission', { authorization: 'Bearer reads' }, 403, 'permission_missing'],
  ])('answers %s with its own problem', async (_case, headers, status, code) => {
    const answer = await put(await start(), { headers });
    expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([status, 'application/problem+json', expect.objectContaining({ code, status })]);
    expect(answer.headers.get('www-authenticate') !== null).toBe(status === 401);
  });

  it('takes a session cookie, and refuses it from another site', async () => {
    const url = await start();
    const headers = { 'content-type': 'application/json', cookie: 'waybill_session=good' };
    const send = (more: Record<string, string>) => fetch(`${url}/items/ns_mine`, { method: 'PUT', body: '{"name":"new"}', headers: { ...headers, ...more } });
    expect(await (await send({ 'sec-fetch-site': 'same-origin' })).json()).toEqual({ name: 'new', by: 'user_1' });
    expect(await (await send({ 'sec-fetch-site': 'cross-site' })).json()).toMatchObject({ code: 'cross_site_refused' });
    expect(await (await fetch(`${url}/who`, { headers: { cookie: 'waybill_session=old' } })).json()).toMatchObject({ code: 'session_expired' });
    expect(await (await fetch(`${url}/who`)).json()).toMatchObject({ code: 'auth_required' });
  });

  it('does not let a key into a route that asks for a session', async () => {
    const answer = await fetch(`${await start()}/who`, { headers: { authorization: 'Bearer writes' } });
    expect(await answer.json()).toMatchObject({ code: 'auth_required' });
  });

  it('opens the namespace of the path before the handler runs', async () => {
    expect(await (await put(await start(), { namespace: 'ns_theirs' })).json()).toMatchObject({ code: 'namespace_not_found', status: 404 });
  });

  it.each([
    ['malformed JSON', '{"name":', {}, 'request_malformed_json'],
    ['an empty JSON body', '', {}, 'request_malformed_json'],
    ['a prototype in JSON', '{"name":"x","__proto__":{"admin":true}}', {}, 'request_malformed_json'],
    ['a body over the limit', JSON.stringify({ name: 'x'.repeat(2000) }), {}, 'request_body_too_large'],
    ['another content type', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 'request_content_type_unsupported'],
    ['plain text', 'x', { 'content-type': 'text/plain' }, 'request_content_type_unsupported'],
    ['a wrong field', '{"name":1}', {}, 'request_invalid'],
  ])('answers %s with its own code', async (_case, body, headers, code) => {
    expect(await (await put(await start(), { body, headers })).json()).toMatchObject({ code });
  });

  it.each(['/nowhere', '/items/%E0%A4%A', '//'])('answers route_not_found for %s', async (path) => {
    expect(await (await fetch(`${await start()}${path}`)).json()).toMatchObject({ code: 'route_not_found', status: 404 });
  });

  it('tells nothing of an unknown error but the request id, and logs it once', async () => {
    const lines: { event: string; error?: unknown }[] = [];
    const logger: Logger = { ...silentLogger, error: (event, facts) => void lines.push({ event, error: facts?.['error'] }) };
    const answer = await fetch(`${await start({ logger })}/fail`);
    const problem = (await answer.json()) as { instance: string };
    expect(answer.status).toBe(500);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(problem.instance).toBe(answer.headers.get('x-request-id'));
    expect(problem.instance).toMatch(/^req_[0-9a-z]{32}$/);
    expect(lines).toEqual([{ event: 'request.refused', error: expect.objectContaining({ message: 'the database password is hunter2' }) }]);
  });

  it('translates the errors the app knows', async () => {
    const answer = await fetch(`${await start({ translateError: () => new WaybillError('store_full', { retryAfterSeconds: 1.2 }) })}/fail`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });

  it('is ready while its checks pass, and says which one fails', async () => {
    let broken = false;
    const url = await start({ readiness: { redis: async () => { if (broken) throw new Error('refused'); } } });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    broken = true;
    const answer = await fetch(`${url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'not_ready', checks: { redis: 'failed' } }]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('measures the routes that ask for it and no other', async () => {
    const url = await start({
      configure: async (nest) => {
        await nest.register(cookie);
        const fastify = nest.getHttpAdapter().getInstance();
        fastify.get('/measured', { config: { ...measured, operation: 'hot' } }, () => 'x');
        fastify.get('/bare', () => 'x');
      },
    });
    await Promise.all(['/measured', '/bare', '/fail'].map(async (path) => (await fetch(url + path)).text()));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('http_request_duration_seconds_count{service="test",operation="hot",status="200"} 1');
    expect(metrics).toContain('operation="fail",status="500"');
    expect(metrics).not.toContain('bare');
    expect(metrics).toContain('nodejs_eventloop_lag_seconds');
  });

  it('lists what it serves, with the operation of each', async () => {
    await start();
    expect(service?.routes).toEqual(
      expect.arrayContaining([{ method: 'PUT', url: '/items/:namespace', operation: 'putItem' }, { method: 'GET', url: '/healthz', operation: null }]),
    );
  });

  it('finishes the requests under way before it closes its stores', async () => {
    const order: string[] = [];
    let arrived: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (arrived = resolve));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    @Module({})
    class Stores {
      onApplicationShutdown(): void {
        order.push('stores closed');
      }
    }
    const url = await start({
      module: Stores,
      configure: (nest) => {
        nest.getHttpAdapter().getInstance().get('/slow', async () => {
          arrived();
          await held;
          order.push('answered');
          return 'done';
        });
      },
    });
    const slow = fetch(`${url}/slow`).then((answer) => answer.text());
    await started;
    const closed = service?.close();
    release();
    expect(await slow).toBe('done');
    await closed;
    expect(order).toEqual(['answered', 'stores closed']);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('cuts off a client that drips its headers', async () => {
    const { port } = new URL(await start());
    const socket = connect(Number(port), '127.0.0.1');
    const startedMs = Date.now();
    socket.on('error', () => undefined).resume();
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
    await once(socket, 'close');
    expect(Date.now() - startedMs).toBeLessThan(10_000);
  });
});
