import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listQueueFigures, publishToQueue, receive } from '@waybill/contracts';
import { ProblemError, TransportError } from './failure.js';
import { Gateway } from './gateway.js';
import { pathOf } from './operation-call.js';

interface Seen {
  readonly url: string;
  readonly token: string | null;
  readonly contentType: string | null;
  readonly body: string | null;
}

const realFetch = globalThis.fetch;
let seen: Seen[];
/** Tokens the pretended gateway takes. */
let valid: Set<string>;
let issued: number;
let lifeMs: number;

const problem = { type: '', title: 'The token is not valid', status: 401, code: 'data_token_invalid', detail: 'Ask for a new one.', retryable: false };

/** Both servers in one: the control plane hands out tokens t1, t2, …; the gateway takes those in `valid`. */
function pretend(url: string, init: RequestInit): Response {
  const headers = new Headers(init.headers);
  const token = headers.get('authorization')?.replace('Bearer ', '') ?? null;
  seen.push({ url, token, contentType: headers.get('content-type'), body: typeof init.body === 'string' ? init.body : null });
  if (url.endsWith('/data-tokens')) {
    issued += 1;
    return Response.json({ token: `t${issued}`, expiresAt: new Date(Date.now() + lifeMs).toISOString(), gatewayUrl: 'http://gateway.example/' }, { status: 201 });
  }
  if (token === null || !valid.has(token)) return Response.json(problem, { status: 401 });
  return Response.json({ items: [], next: null, at: '2026-03-10T00:00:00Z', messages: [] });
}

beforeEach(() => {
  seen = [];
  issued = 0;
  lifeMs = 300_000;
  valid = new Set(['t1', 't2']);
  globalThis.fetch = (async (url: string, init: RequestInit) => pretend(url, init)) as typeof fetch;
});
afterEach(() => {
  globalThis.fetch = realFetch;
});

describe('the gateway client', () => {
  it('asks for one token however many calls start together', async () => {
    const gateway = new Gateway('ns_1');
    await Promise.all([gateway.call(listQueueFigures, {}), gateway.call(listQueueFigures, {}), gateway.url()]);
    expect(issued).toBe(1);
    expect(await gateway.url()).toBe('http://gateway.example');
  });

  it('asks again, once, when the gateway refuses the token', async () => {
    valid = new Set(['t2']);
    await expect(new Gateway('ns_1').call(listQueueFigures, {})).resolves.toMatchObject({ items: [] });
    expect(seen.filter((call) => !call.url.endsWith('/data-tokens')).map((call) => call.token)).toEqual(['t1', 't2']);
  });

  it('gives up after the second refusal instead of asking for ever', async () => {
    valid = new Set();
    await expect(new Gateway('ns_1').call(listQueueFigures, {})).rejects.toBeInstanceOf(ProblemError);
    expect(issued).toBe(2);
  });

  it('renews a token before it ends', async () => {
    const gateway = new Gateway('ns_1');
    const realNow = Date.now;
    await gateway.call(listQueueFigures, {});
    try {
      Date.now = () => realNow() + lifeMs - 10_000;
      await gateway.call(listQueueFigures, {});
    } finally {
      Date.now = realNow;
    }
    expect(issued).toBe(2);
  });

  it('asks anew after the control plane could not give a token', async () => {
    const gateway = new Gateway('ns_1');
    globalThis.fetch = async () => Promise.reject(new TypeError('connection refused'));
    await expect(gateway.call(listQueueFigures, {})).rejects.toMatchObject({ reason: 'unreachable', side: 'control plane' });
    globalThis.fetch = (async (url: string, init: RequestInit) => pretend(url, init)) as typeof fetch;
    await expect(gateway.call(listQueueFigures, {})).resolves.toBeDefined();
  });

  it('says that the gateway is away, not the control plane', async () => {
    globalThis.fetch = (async (url: string, init: RequestInit) => {
      if (url.startsWith('http://gateway.example')) throw new TypeError('connection refused');
      return pretend(url, init);
    }) as typeof fetch;
    await expect(new Gateway('ns_1').call(listQueueFigures, {})).rejects.toMatchObject({ reason: 'unreachable', side: 'gateway' });
  });

  it('says so when something that is not ours answers', async () => {
    globalThis.fetch = async () => new Response('<html>Bad gateway</html>', { status: 502 });
    const failure = await new Gateway('ns_1').url().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ reason: 'unreadable', status: 502 });
  });

  it('sends bytes as they are and JSON as JSON', async () => {
    const gateway = new Gateway('ns_1');
    await gateway.call(publishToQueue, { params: { queue: 'orders' }, body: 'hello', contentType: 'text/plain' });
    await gateway.call(receive, { params: { queue: 'orders' }, body: { max: 1 } });
    expect(seen.slice(1).map(({ contentType, body }) => [contentType, body])).toEqual([['text/plain', 'hello'], ['application/json', '{"max":1}']]);
  });
});

describe('a path', () => {
  it('is filled from the contract, with every part escaped', () => {
    expect(pathOf(publishToQueue, { queue: 'a/b ?' })).toBe('/v1/queues/a%2Fb%20%3F/messages');
    expect(pathOf(listQueueFigures, {}, { limit: 1000, after: undefined })).toBe('/v1/queues?limit=1000');
  });
});
