import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeldTime } from './testing/held-time.js';
import { cutAnswer, json, lostAnswer, problem, ScriptedServer, stalledAnswer } from './testing/scripted-server.js';
import type { ClientOptions } from './waybill-client.js';
import { WaybillClient } from './waybill-client.js';

let server: ScriptedServer;
let time: HeldTime;
const receipt = { id: 'msg_1', exchanges: ['shop'], queues: ['orders'], units: { messages: 1, kibIn: 1, exchangePasses: 1, queuePasses: 1 } };
const stored = json(receipt, 201);

beforeEach(async () => {
  server = await ScriptedServer.start();
  time = new HeldTime(undefined, true);
});
afterEach(() => server.stop());

const client = (options: Partial<ClientOptions> = {}) => new WaybillClient({ url: server.url, key: 'wb_test_k_s', time, ...options });
const publish = (options?: Partial<ClientOptions>) => client(options).exchange('shop').publish({ key: 'order.created', json: { order: 1 } });
const keysSent = () => server.requests.map(({ headers }) => headers['idempotency-key']);

describe('a publish', () => {
  it('sends body and properties and answers the receipt', async () => {
    server.script(stored);
    await expect(publish()).resolves.toEqual(receipt);
    expect(server.requests[0]).toMatchObject({ method: 'POST', url: '/v1/exchanges/shop/messages', headers: { authorization: 'Bearer wb_test_k_s', 'content-type': 'application/json', 'waybill-key': 'order.created' } });
    expect(server.requests[0]?.body.toString()).toBe('{"order":1}');
  });

  it.each([
    ['is lost', lostAnswer],
    ['breaks off', cutAnswer],
    ['is an unknown outcome', problem(503, 'outcome_unknown', true)],
    ['says that the first try is still under way', problem(409, 'idempotency_key_in_use', true)],
  ])('is tried again with the same Idempotency-Key when the answer %s', async (_name, fault) => {
    server.script(fault, stored);
    await expect(publish()).resolves.toEqual(receipt);
    const [first, second, ...more] = keysSent();
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
    expect(more).toEqual([]);
  });

  it('is tried again when the answer stalls', async () => {
    server.script(stalledAnswer, stored);
    await expect(publish({ retry: { attemptMs: 200 } })).resolves.toEqual(receipt);
    expect(server.requests).toHaveLength(2);
  });

  it('has another Idempotency-Key than the next one, and takes one that is given', async () => {
    server.script(stored);
    await publish();
    await publish();
    await client().queue('orders').publish({ body: 'x' }, { idempotencyKey: 'order-1' });
    const [first, second, given] = keysSent();
    expect(second).not.toBe(first);
    expect(given).toBe('order-1');
  });

  it('without idempotency is not tried again when its answer is lost', async () => {
    server.script(lostAnswer, stored);
    await expect(publish({ idempotency: false })).rejects.toMatchObject({ name: 'WaybillConnectionError', code: 'connection_failed', retryable: true, neverSent: false });
    expect(keysSent()).toEqual([undefined]);
  });

  it('waits as long as Retry-After says', async () => {
    server.script(problem(429, 'rate_limited', true, { 'retry-after': '7' }), stored);
    await publish();
    expect(time.slept).toEqual([8400]); // 7 s and, with the chance of this clock, a fifth of it
  });

  it('understands a Retry-After that is a date', async () => {
    server.script(problem(503, 'store_full', true, { 'retry-after': new Date(time.now() + 10_000).toUTCString() }), stored);
    await publish();
    expect(time.slept[0]).toBeGreaterThanOrEqual(9_000);
  });

  it('fails at once with the code of an answer that is final', async () => {
    server.script(problem(404, 'exchange_not_found', false), stored);
    await expect(publish()).rejects.toMatchObject({ name: 'WaybillApiError', code: 'exchange_not_found', status: 404, detail: 'About exchange_not_found.', requestId: 'req_1', retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it('believes the problem, not the status', async () => {
    server.script(problem(503, 'odd', false), stored);
    await expect(publish()).rejects.toMatchObject({ code: 'odd', status: 503 });
    expect(server.requests).toHaveLength(1);
  });

  it('gives up at the deadline with the last error', async () => {
    server.script(problem(503, 'store_unavailable', true));
    const from = time.now();
    await expect(publish({ retry: { deadlineMs: 20_000 } })).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(time.now() - from).toBeLessThanOrEqual(20_000);
    expect(server.requests.length).toBeGreaterThan(5);
    expect(new Set(keysSent()).size).toBe(1);
  });

  it('does not wait for a Retry-After past the deadline', async () => {
    server.script(problem(429, 'rate_limited', true, { 'retry-after': '3600' }));
    await expect(publish()).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 3_600_000 });
    expect(time.slept).toEqual([]);
  });

  it('ends with the reason of its signal and sends nothing more', async () => {
    const stop = new AbortController();
    server.script(() => stop.abort(new Error('enough')), stored);
    await expect(client().queue('q').publish({ body: 'x' }, { signal: stop.signal })).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });

  it('tells an answer that is not from Waybill by its status', async () => {
    server.script((answer) => answer.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Forbidden</h1>'));
    await expect(publish()).rejects.toMatchObject({ code: 'http_403', status: 403, detail: '<h1>Forbidden</h1>', retryable: false });
  });

  it('asks for a key that changes before every try', async () => {
    server.script(problem(503, 'store_unavailable', true), stored);
    let asked = 0;
    await publish({ key: () => `k${(asked += 1)}` });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer k1', 'Bearer k2']);
  });

  it('goes as a batch of one when a property does not travel as a header', async () => {
    server.script(json({ messages: [receipt] }, 201));
    await expect(client().queue('q').publish({ body: 'x', headers: { note: 'two\nlines' }, group: ' g ' })).resolves.toEqual(receipt);
    expect(server.requests[0]?.headers['content-type']).toBe('application/vnd.waybill.batch+json');
    expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toMatchObject({ messages: [{ body: 'x', headers: { note: 'two\nlines' }, group: ' g ' }] });
  });
});

describe('batches', () => {
  it('of mode each answer a receipt or an error per message', async () => {
    server.script(json({ messages: [receipt, { problem: { type: '', title: '', status: 429, code: 'queue_full', detail: 'Full.', retryable: true } }] }, 201));
    const results = await client().exchange('shop').publishEach([{ body: 'a' }, { body: new Uint8Array([0, 255]) }]);
    expect(results).toMatchObject([{ receipt }, { error: { code: 'queue_full', retryable: true } }]);
    expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toMatchObject({ mode: 'each', messages: [{ body: 'a' }, { body: 'AP8=', bodyEncoding: 'base64' }] });
  });

  it('as a stream send a line per message and yield results while it runs', async () => {
    server.script((answer, { body }) => {
      const lines = body.toString().trim().split('\n').map((line) => JSON.parse(line) as { key: string });
      answer.writeHead(201, { 'content-type': 'application/x-ndjson' });
      for (const { key } of lines) answer.write(`${JSON.stringify(key === 'bad' ? { problem: { code: 'batch_invalid', status: 400, detail: 'Bad.', retryable: false } } : { ...receipt, id: key })}\n`);
      answer.end();
    });
    const seen: unknown[] = [];
    for await (const { receipt: one, error } of client().queue('q').publishStream([{ body: '1', key: 'a' }, { body: '2', key: 'bad' }, { body: '3', key: 'c' }])) seen.push(one?.id ?? error?.code);
    expect(seen).toEqual(['a', 'batch_invalid', 'c']);
  });
});

describe('a request', () => {
  it('answers the reply with its headers', async () => {
    server.script((answer) => answer.writeHead(200, { 'content-type': 'application/json', 'waybill-correlation-id': 'c1', 'waybill-h-city': Buffer.from('Köln').toString('latin1') }).end('{"ok":true}'));
    const reply = await client().exchange('rpc').request({ json: {} }, { timeoutSeconds: 5 });
    expect(reply).toMatchObject({ contentType: 'application/json', correlationId: 'c1', headers: { city: 'Köln' } });
    expect(reply.json()).toEqual({ ok: true });
    expect(server.requests[0]?.url).toBe('/v1/exchanges/rpc/request?timeoutSeconds=5');
  });

  it.each([
    ['when nobody replied', problem(504, 'request_timed_out', true), 'request_timed_out'],
    ['when the answer is lost', lostAnswer, 'connection_failed'],
  ])('is not sent twice %s', async (_name, fault, code) => {
    server.script(fault, json({}));
    await expect(client().exchange('rpc').request({ body: 'x' })).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an operation', () => {
  const redrive = () => client().queue('orders').redrive({ ratePerSecond: 5 });

  it('is tried again while the gateway is busy', async () => {
    server.script(problem(503, 'gateway_overloaded', true), json({ task: { id: 't1' } }, 202));
    await expect(redrive()).resolves.toEqual({ id: 't1' });
  });

  it('is not begun twice when its answer is lost', async () => {
    server.script(lostAnswer, json({ task: { id: 't1' } }, 202));
    await expect(redrive()).rejects.toMatchObject({ code: 'connection_failed' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a list', () => {
  it('is read page by page', async () => {
    server.script(json({ items: [{ name: 'a' }], next: 'a' }), json({ items: [{ name: 'b' }], next: null }));
    const names = [];
    for await (const { name } of client().schedules.list()) names.push(name);
    expect(names).toEqual(['a', 'b']);
    expect(server.requests.map(({ url }) => url)).toEqual(['/v1/schedules', '/v1/schedules?after=a']);
  });
});

describe('a client', () => {
  it.each([
    ['no address', { url: undefined }, 'url'],
    ['an address without a scheme', { url: 'localhost:3001' }, 'url'],
    ['no key', { key: undefined }, 'key'],
  ])('says what is missing with %s', (_name, options, named) => {
    expect(() => client(options as Partial<ClientOptions>)).toThrow(named);
  });

  it('says what the topology needs', () => {
    expect(() => client().topology).toThrow('controlUrl and namespace');
    expect(() => client().subscriptions).toThrow('controlUrl and namespace');
  });
});
