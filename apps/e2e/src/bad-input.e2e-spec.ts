import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, call, Customer, eventually } from './customer.js';
import type { Answer, Problem } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

let stack: Stack;
let customer: Customer;
let other: Customer;
let app: Application;
let key: string;

beforeAll(async () => {
  stack = await startInstallation({ settings: { INLINE_LIMIT_BYTES: '65536' } });
  [customer, other] = await Promise.all([Customer.signUp(stack.controlPlane.url), Customer.signUp(stack.controlPlane.url)]);
  await customer.queue('q');
  await customer.queue('second');
  await customer.exchange('x', 'topic');
  await customer.bind('x', { destination: { queue: 'q' }, pattern: '#' });
  key = (await customer.key()).secret;
  app = new Application(gatewayUrl(stack), key);
});
afterAll(() => stack?.stop());

interface Case {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  ask(): Promise<Answer>;
}

const batch = (raw: string) => ({ raw, headers: { 'content-type': 'application/vnd.waybill.batch+json' } });
const flipped = (text: string, index: number) => text.slice(0, index) + (text[index] === 'a' ? 'b' : 'a') + text.slice(index + 1);
const withKey = (secret: string) => new Application(gatewayUrl(stack), secret).call('POST', '/queues/q/messages', { raw: 'x' });

const cases: Case[] = [
  { name: 'a body of malformed JSON', code: 'request_malformed_json', status: 400, ask: () => app.call('POST', '/queues/q/receive', { raw: '{"max":', headers: { 'content-type': 'application/json' } }) },
  { name: 'a batch of malformed JSON', code: 'request_malformed_json', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"messages": [')) },
  { name: 'a batch without messages', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{}')) },
  { name: 'a batch with one bad message', code: 'batch_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"messages":[{"body":"ok"},{"body":"x","priority":99}]}')) },
  { name: 'a batch with a body that is not base64', code: 'batch_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"messages":[{"body":"%%%","bodyEncoding":"base64"}]}')) },
  { name: 'a batch of too many messages', code: 'batch_too_large', status: 413, ask: () => app.call('POST', '/queues/q/messages', batch(JSON.stringify({ messages: Array(1001).fill({ body: 'x' }) }))) },
  { name: 'a body over the limit', code: 'request_body_too_large', status: 413, ask: () => app.call('POST', '/queues/q/messages', { raw: 'x'.repeat(65_537) }) },
  { name: 'an unknown field', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/queues/q/receive', { body: { maximum: 3 } }) },
  { name: 'a number out of range', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/queues/q/receive', { body: { max: 1e9 } }) },
  { name: 'a negative delay', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/queues/q/settle', { body: { release: [{ receipt: 'r', delaySeconds: -1 }] } }) },
  { name: 'a priority that is not a digit', code: 'request_header_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', { raw: 'x', headers: { 'waybill-priority': 'high' } }) },
  { name: 'a routing key of 10,000 characters', code: 'pattern_too_long', status: 400, ask: () => app.call('POST', '/exchanges/x/messages', { raw: 'x', headers: { 'waybill-key': 'k'.repeat(10_000) } }) },
  { name: 'an unknown exchange', code: 'exchange_not_found', status: 404, ask: () => app.call('POST', '/exchanges/none/messages', { raw: 'x' }) },
  { name: 'an unknown queue', code: 'queue_not_found', status: 404, ask: () => app.call('POST', '/queues/none/messages', { raw: 'x' }) },
  { name: 'an unknown queue to receive from', code: 'queue_not_found', status: 404, ask: () => app.call('POST', '/queues/none/receive', { body: {} }) },
  { name: 'an exchange name with odd characters', code: 'name_invalid', status: 400, ask: () => app.call('POST', `/exchanges/${encodeURIComponent('a{b}:*\n')}/messages`, { raw: 'x' }) },
  { name: 'a queue name with odd characters', code: 'name_invalid', status: 400, ask: () => app.call('POST', `/queues/${encodeURIComponent('🙂/..')}/receive`, { body: {} }) },
  { name: 'no key', code: 'auth_required', status: 401, ask: () => call('POST', `${gatewayUrl(stack)}/v1/queues/q/messages`, { raw: 'x' }) },
  { name: 'another scheme', code: 'auth_required', status: 401, ask: () => call('POST', `${gatewayUrl(stack)}/v1/queues/q/messages`, { raw: 'x', headers: { authorization: `Basic ${key}` } }) },
  { name: 'a key that was mistyped', code: 'api_key_invalid', status: 401, ask: () => withKey(flipped(key, 30)) },
  { name: 'a key that never was', code: 'api_key_invalid', status: 401, ask: () => withKey('wb_live_nonsense') },
  { name: 'a data token that was changed', code: 'data_token_invalid', status: 401, ask: () => withKey('wbd_eyJ0IjoieCJ9_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA') },
  { name: 'a call the key has no scope for', code: 'permission_missing', status: 403, ask: async () => new Application(gatewayUrl(stack), (await customer.key('publish')).secret).call('POST', '/queues/q/receive', { body: {} }) },
  { name: 'the queue of another tenant', code: 'queue_not_found', status: 404, ask: async () => new Application(gatewayUrl(stack), (await other.key()).secret).call('POST', '/queues/q/messages', { raw: 'x' }) },
  { name: 'the exchange of another tenant', code: 'exchange_not_found', status: 404, ask: async () => new Application(gatewayUrl(stack), (await other.key()).secret).call('POST', '/exchanges/x/messages', { raw: 'x' }) },
  { name: 'no such route', code: 'route_not_found', status: 404, ask: () => app.call('GET', '/nothing') },
];

describe('the gateway refuses', () => {
  it.each(cases)('$name with $code, and stores nothing', async ({ code, status, ask }) => {
    const before = await app.figures('q');
    const { status: answered, body, headers } = (await ask()) as unknown as Answer<Problem>;
    expect({ code: body.code, status: answered }).toEqual({ code, status });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String), instance: headers.get('x-request-id') });
    expect(await app.figures('q')).toEqual(before);
  });

  it('a revoked key within 5 seconds, with a code of its own', async () => {
    const revoked = await customer.key('publish');
    const user = new Application(gatewayUrl(stack), revoked.secret);
    await user.publish('/queues/second', 'still good');
    expect((await customer.manage('DELETE', `/keys/${revoked.id}`)).status).toBe(204);
    await eventually(async () => {
      const { status, body } = await user.call<Problem>('POST', '/queues/second/messages', { raw: 'x' });
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'api_key_revoked' });
    }, 5_000);
  });

  it('a receipt of another queue, a broken one and a lost lease, each with its own code, and loses no message', async () => {
    await app.publish('/queues/second', 'kept');
    const [message] = await app.receive('second', { max: 1, leaseSeconds: 0 });
    const problemOf = async (queue: string, receipt: string) => (await app.settle(queue, { accept: [receipt] }))[0]?.problem;
    expect(await problemOf('q', message!.receipt)).toMatchObject({ code: 'receipt_wrong_queue', status: 409 });
    expect(await problemOf('second', 'nonsense')).toMatchObject({ code: 'receipt_invalid', status: 400 });
    expect(await problemOf('second', message!.receipt)).toMatchObject({ code: 'lease_lost', status: 409 });
    await eventually(async () => {
      const [again] = await app.receive('second', { leaseSeconds: 60 });
      expect(again).toMatchObject({ id: message!.id });
      expect(await app.settle('second', { accept: [again!.receipt] })).toMatchObject([{ outcome: 'accepted' }]);
    });
  });
});

describe('the control plane refuses', () => {
  const definitions: { name: string; code: string; status: number; ask: () => Promise<Answer> }[] = [
    { name: 'malformed JSON', code: 'request_malformed_json', status: 400, ask: () => call('PUT', `${stack.controlPlane.url}/api/v1/namespaces/${customer.namespaceId}/queues/z`, { raw: '{', headers: { cookie: customer.cookie, 'content-type': 'application/json' } }) },
    { name: 'a name with odd characters', code: 'name_invalid', status: 400, ask: () => customer.manage('PUT', `/queues/${encodeURIComponent('ä b')}`, {}) },
    { name: 'a pattern of 10,000 characters', code: 'pattern_too_long', status: 400, ask: () => customer.manage('PUT', '/exchanges/x/bindings', { bindings: [{ destination: { queue: 'q' }, pattern: 'p'.repeat(10_000) }] }) },
    { name: 'a malformed topic pattern', code: 'pattern_invalid', status: 400, ask: () => customer.manage('PUT', '/exchanges/x/bindings', { bindings: [{ destination: { queue: 'q' }, pattern: 'a.b*' }] }) },
    { name: 'a binding to an unknown queue', code: 'queue_not_found', status: 404, ask: () => customer.manage('PUT', '/exchanges/x/bindings', { bindings: [{ destination: { queue: 'none' } }] }) },
    { name: 'an exchange of another kind under the same name', code: 'exchange_conflict', status: 409, ask: () => customer.manage('PUT', '/exchanges/x', { kind: 'fanout' }) },
    { name: 'a change of the built-in exchange', code: 'exchange_builtin', status: 409, ask: () => customer.manage('DELETE', '/exchanges/default') },
    { name: 'the namespace of another tenant', code: 'namespace_not_found', status: 404, ask: () => call('GET', `${stack.controlPlane.url}/api/v1/namespaces/${other.namespaceId}/queues`, { headers: { authorization: `Bearer ${key}` } }) },
  ];

  it.each(definitions)('$name with $code', async ({ code, status, ask }) => {
    const { status: answered, body } = (await ask()) as unknown as Answer<Problem>;
    expect({ code: body.code, status: answered }).toEqual({ code, status });
  });

  it('a binding that would close a loop', async () => {
    await customer.exchange('a', 'fanout');
    await customer.exchange('b', 'fanout');
    await customer.bind('a', { destination: { exchange: 'b' } });
    const { status, body } = await customer.manage<Problem>('PUT', '/exchanges/b/bindings', { bindings: [{ destination: { exchange: 'a' } }] });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'binding_loop' });
  });
});

describe('the OpenAPI documents', () => {
  it('list every code met here under the operations that gave it', async () => {
    const { body: data } = await call(`GET`, `${gatewayUrl(stack)}/v1/openapi.json`);
    const { body: control } = await call('GET', `${stack.controlPlane.url}/api/v1/openapi.json`);
    const text = JSON.stringify([data, control]);
    const missing = [...cases.map(({ code }) => code), 'binding_loop', 'api_key_revoked', 'receipt_wrong_queue', 'lease_lost']
      .filter((code) => code !== 'route_not_found' && !text.includes(`"${code}"`));
    expect(missing).toEqual([]);
  });
});
