import { request as httpRequest } from 'node:http';
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
  stack = await startInstallation({ settings: { INLINE_LIMIT_BYTES: '65536', LARGE_LIMIT_BYTES: '1000000', BODY_STORE_URL: '' } });
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

const publish = (headers: Record<string, string>, raw: string | Uint8Array = 'x') => app.call('POST', '/queues/q/messages', { raw, headers });
const oneOf = (message: Record<string, unknown>) => app.call('POST', '/queues/q/messages', batch(JSON.stringify({ messages: [{ body: 'x', ...message }] })));
const inOneYear = (days: number) => new Date(Date.now() + (366 + days) * 86_400_000).toISOString();
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const event = (attributes: Record<string, unknown>) => ({ raw: JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', ...attributes }), headers: { 'content-type': 'application/cloudevents+json' } });

/** Headers as they are, repeated ones and odd bytes included, which fetch does not send. */
function withHeaders(...headers: readonly (readonly [string, string])[]): Promise<Answer> {
  const { hostname, port } = new URL(gatewayUrl(stack));
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, method: 'POST', path: '/v1/queues/q/messages', headers: ['host', hostname, 'authorization', `Bearer ${key}`, 'content-length', '1', ...headers.flat()] }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: new Headers(answer.headers as Record<string, string>), body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown> }));
    });
    // As bytes: a text would be sent as UTF-8 together with the headers.
    sent.on('error', reject).end(Buffer.from('x'));
  });
}

const cases: Case[] = [
  { name: 'a body of malformed JSON', code: 'request_malformed_json', status: 400, ask: () => app.call('POST', '/queues/q/receive', { raw: '{"max":', headers: { 'content-type': 'application/json' } }) },
  { name: 'a batch of malformed JSON', code: 'request_malformed_json', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"messages": [')) },
  { name: 'a batch of malformed CBOR', code: 'request_malformed_cbor', status: 400, ask: () => publish({ 'content-type': 'application/vnd.waybill.batch+cbor' }, Uint8Array.from([0xa1, 0x68, 0x6d])) },
  { name: 'a receive of malformed CBOR', code: 'request_malformed_cbor', status: 400, ask: () => app.call('POST', '/queues/q/receive', { raw: Uint8Array.from([0xff]), headers: { 'content-type': 'application/cbor' } }) },
  { name: 'a batch without messages', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{}')) },
  { name: 'a batch with one bad message', code: 'batch_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"messages":[{"body":"ok"},{"body":"x","priority":99}]}')) },
  { name: 'a batch with a body that is not base64', code: 'batch_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"messages":[{"body":"%%%","bodyEncoding":"base64"}]}')) },
  { name: 'a batch of too many messages', code: 'batch_too_large', status: 413, ask: () => app.call('POST', '/queues/q/messages', batch(JSON.stringify({ messages: Array(1001).fill({ body: 'x' }) }))) },
  { name: 'a body over the limit, where larger ones are not taken', code: 'body_store_missing', status: 413, ask: () => app.call('POST', '/queues/q/messages', { raw: 'x'.repeat(65_537) }) },
  { name: 'a body over the largest limit of all', code: 'request_body_too_large', status: 413, ask: () => app.call('POST', '/queues/q/messages', { raw: new Uint8Array(1_000_001) }) },
  { name: 'a batch over its limit', code: 'request_body_too_large', status: 413, ask: () => app.call('POST', '/queues/q/messages', batch(JSON.stringify({ messages: [{ body: 'x'.repeat(9_000_000) }] }))) },
  { name: 'a batch of deeply nested JSON', code: 'body_too_deep', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch(`{"messages":${nested(100_000)}}`)) },
  { name: 'megabytes of brackets', code: 'body_too_deep', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('['.repeat(8_000_000))) },
  { name: 'a batch that is not UTF-8', code: 'text_invalid', status: 400, ask: () => publish({ 'content-type': 'application/vnd.waybill.batch+json' }, Uint8Array.from([0x7b, 0x22, 0xff, 0x22])) },
  { name: 'a batch of an unknown mode', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"mode":"some","messages":[{"body":"x"}]}')) },
  { name: 'a batch with properties in headers', code: 'request_header_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', { raw: '{"messages":[{"body":"x"}]}', headers: { 'content-type': 'application/vnd.waybill.batch+json', 'waybill-key': 'k' } }) },
  { name: 'half a character in a batch', code: 'batch_invalid', status: 400, ask: () => oneOf({ group: '\ud800' }) },
  { name: 'a NUL in a batch', code: 'batch_invalid', status: 400, ask: () => oneOf({ headers: { a: 'b\0c' } }) },
  { name: 'an absurd number in a batch', code: 'batch_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', batch('{"messages":[{"body":"x","delaySeconds":1e400}]}')) },
  { name: 'a header sent twice', code: 'header_duplicated', status: 400, ask: () => withHeaders(['waybill-key', 'a'], ['Waybill-Key', 'b']) },
  { name: 'a header that is not UTF-8', code: 'text_invalid', status: 400, ask: () => withHeaders(['waybill-group', '\u00ff\u00fe']) },
  { name: 'a control character in a header', code: 'text_invalid', status: 400, ask: () => withHeaders(['waybill-h-a', '\u00c2\u0080']) },
  { name: 'a header that is not known', code: 'request_header_invalid', status: 400, ask: () => publish({ 'waybill-prority': '1' }) },
  { name: 'a delay below zero', code: 'delay_invalid', status: 400, ask: () => publish({ 'waybill-delay': '-1' }) },
  { name: 'an absurd delay', code: 'delay_invalid', status: 400, ask: () => publish({ 'waybill-delay': '9'.repeat(300) }) },
  { name: 'a delay of more than a year', code: 'delay_invalid', status: 400, ask: () => publish({ 'waybill-delay': '31622401' }) },
  { name: 'a date past the limit', code: 'delay_invalid', status: 400, ask: () => publish({ 'waybill-not-before': inOneYear(1) }) },
  { name: 'a date that does not exist', code: 'delay_invalid', status: 400, ask: () => publish({ 'waybill-not-before': '2027-02-30T00:00:00Z' }) },
  { name: 'an expiry that has passed', code: 'delay_invalid', status: 400, ask: () => publish({ 'waybill-expires-at': '2020-01-01T00:00:00Z' }) },
  { name: 'two delays at once', code: 'delay_invalid', status: 400, ask: () => publish({ 'waybill-delay': '1', 'waybill-not-before': inOneYear(-300) }) },
  { name: 'a CloudEvent of another version', code: 'cloudevent_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages', event({ specversion: '0.3' })) },
  { name: 'a CloudEvent without an id', code: 'cloudevent_invalid', status: 400, ask: () => publish({ 'ce-specversion': '1.0', 'ce-source': '/s', 'ce-type': 't' }) },
  { name: 'a CloudEvent with data nested too deep', code: 'body_too_deep', status: 400, ask: () => app.call('POST', '/queues/q/messages', { ...event({}), raw: `{"specversion":"1.0","id":"1","source":"s","type":"t","data":${nested(5_000)}}` }) },
  { name: 'an Idempotency-Key that is too long', code: 'request_header_invalid', status: 400, ask: () => publish({ 'idempotency-key': 'k'.repeat(129) }) },
  { name: 'a question nobody asks', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/queues/q/messages?explain=perhaps', { raw: 'x' }) },
  { name: 'a reply to nobody', code: 'reply_gone', status: 410, ask: () => app.call('POST', '/queues/reply.nobody/messages', { raw: 'x' }) },
  { name: 'a request that reaches no queue', code: 'request_unroutable', status: 422, ask: () => app.call('POST', '/exchanges/default/request', { raw: 'x', headers: { 'waybill-key': 'none' } }) },
  { name: 'a request that would wait for an hour', code: 'request_invalid', status: 400, ask: () => app.call('POST', '/exchanges/x/request?timeoutSeconds=3600', { raw: 'x' }) },
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

  it('a bad line of a stream alone: the lines around it are stored', async () => {
    const lines = ['{"body":"1"}', '{"body":', nested(1_000), '{"body":"2","priority":-1}', '{"body":"3"}'].join('\n');
    const answer = await fetch(`${gatewayUrl(stack)}/v1/queues/second/messages`, { method: 'POST', body: lines, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' } });
    const results = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line) as { id?: string; problem?: Problem });
    expect(results.map(({ problem }) => problem?.code ?? 'stored')).toEqual(['stored', 'request_malformed_json', 'body_too_deep', 'request_invalid', 'stored']);
    for (const message of await app.receive('second', { max: 2 })) await app.settle('second', { accept: [message.receipt] });
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
    const [message] = await app.receive('second', { max: 1, leaseSeconds: 1 });
    const problemOf = async (queue: string, receipt: string) => (await app.settle(queue, { accept: [receipt] }))[0]?.problem;
    expect(await problemOf('q', message!.receipt)).toMatchObject({ code: 'receipt_wrong_queue', status: 409 });
    expect(await problemOf('second', 'nonsense')).toMatchObject({ code: 'receipt_invalid', status: 400 });
    const again = await eventually(async () => {
      const [found] = await app.receive('second', { leaseSeconds: 60 });
      expect(found).toMatchObject({ id: message!.id });
      return found!;
    });
    expect(await problemOf('second', message!.receipt)).toMatchObject({ code: 'lease_lost', status: 409 });
    expect(await app.settle('second', { accept: [again.receipt] })).toMatchObject([{ outcome: 'accepted' }]);
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
