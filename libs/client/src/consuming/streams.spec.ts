import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { SettleBody } from '../settlements.js';
import { QueueServer } from '../testing/queue-server.js';
import { json, problem, ScriptedServer } from '../testing/scripted-server.js';
import { WaybillClient } from '../waybill-client.js';

let server: ScriptedServer;
let messages: QueueServer;

beforeEach(async () => {
  server = await ScriptedServer.start();
  messages = await QueueServer.start();
});
afterEach(async () => {
  await Promise.all([server.stop(), messages.stop()]);
});

const queue = () => new WaybillClient({ url: server.url, key: 'k', retry: { firstPauseMs: 1 } }).queue('orders');
const once = (check: () => boolean) =>
  new Promise<void>((resolve) => {
    const look = () => (check() ? resolve() : setImmediate(look));
    look();
  });

describe('server-sent events', () => {
  const streams: ServerResponse[] = [];
  const push = (...bodies: string[]) => bodies.forEach((body) => streams.at(-1)?.write(`event: message\ndata: ${JSON.stringify(messages.message(body))}\n\n`));

  beforeEach(() => {
    streams.length = 0;
    server.script((answer, request) => {
      if (request.url.endsWith('/settle')) return json({ results: messages.settle(JSON.parse(request.body.toString()) as SettleBody) })(answer, request);
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1000\n\n: here\n\n');
      streams.push(answer);
    });
  });

  it('bring messages and are asked for with credit and consumer', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const working = queue().work((message) => void (seen.push(message.text()), seen.length === 2 && stop.abort()), { transport: 'sse', prefetch: 5, leaseSeconds: 60, consumer: 'c1', signal: stop.signal });
    await once(() => streams.length === 1);
    push('a', 'b');
    await working;
    expect(seen).toEqual(['a', 'b']);
    expect(messages.with('accept')).toEqual(['r1', 'r2']);
    expect(server.requests[0]).toMatchObject({ url: '/v1/queues/orders/stream?credit=5&leaseSeconds=60&consumer=c1', headers: { accept: 'text/event-stream' } });
  });

  it('are asked for again when they break off', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const working = queue().work((message) => void (seen.push(message.text()), seen.length === 2 && stop.abort()), { transport: 'sse', signal: stop.signal });
    await once(() => streams.length === 1);
    push('a');
    await once(() => messages.with('accept').length === 1);
    streams[0]?.destroy();
    await once(() => streams.length === 2);
    push('b');
    await working;
    expect(seen).toEqual(['a', 'b']);
  });

  it('keep what was not begun until the work in hand is settled, because the server gives it back at the end', async () => {
    const stop = new AbortController();
    let finish = () => undefined as void;
    const held = new Promise<void>((resolve) => (finish = resolve));
    let begun = 0;
    const working = queue().work(async () => ((begun += 1), await held), { transport: 'sse', prefetch: 3, signal: stop.signal });
    await once(() => streams.length === 1);
    push('a', 'b');
    await once(() => begun === 1);
    stop.abort();
    expect(streams[0]?.closed).toBe(false);
    finish();
    await working;
    await once(() => streams[0]?.closed === true);
    expect(messages.settled.map(({ action, receipt }) => [action, receipt])).toEqual([['accept', 'r1']]);
  });

  it('end with a problem that is final', async () => {
    const working = queue().work(() => undefined, { transport: 'sse' });
    await once(() => streams.length === 1);
    streams[0]?.end(`event: problem\ndata: ${JSON.stringify({ code: 'queue_not_found', status: 404, detail: 'Gone.', retryable: false })}\n\n`);
    await expect(working).rejects.toMatchObject({ code: 'queue_not_found' });
  });
});

describe('a WebSocket', () => {
  let sockets: WebSocketServer;
  const open: WebSocket[] = [];
  const frames: Record<string, unknown>[] = [];
  const urls: (string | undefined)[] = [];
  const push = (...bodies: string[]) => bodies.forEach((body) => open.at(-1)?.send(JSON.stringify({ type: 'message', message: messages.message(body) })));

  beforeEach(() => {
    open.length = 0;
    frames.length = 0;
    urls.length = 0;
    server.script((answer, request) => json({ results: messages.settle(JSON.parse(request.body.toString()) as SettleBody) })(answer, request));
    sockets = new WebSocketServer({ server: server.http });
    sockets.on('connection', (socket, request) => {
      urls.push(`${request.url} ${request.headers.authorization}`);
      socket.on('message', (data: Buffer) => {
        const { action, id, ...body } = JSON.parse(data.toString()) as { action: string; id?: string };
        frames.push({ action, ...body });
        if (action === 'settle') socket.send(JSON.stringify({ type: 'settled', id, results: messages.settle(body as SettleBody) }));
      });
      open.push(socket);
    });
  });
  afterEach(() => {
    for (const socket of open) socket.terminate();
    sockets.close();
  });

  it('brings messages and takes settlements, with credit and key', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const working = queue().work((message) => void (seen.push(message.text()), seen.length === 2 && stop.abort()), { transport: 'websocket', prefetch: 4, consumer: 'c1', signal: stop.signal });
    await once(() => open.length === 1);
    push('a', 'b');
    await working;
    expect(urls).toEqual(['/v1/queues/orders/stream?credit=4&consumer=c1 Bearer k']);
    expect(messages.with('accept')).toEqual(['r1', 'r2']);
    expect(server.requests).toEqual([]);
    expect(frames.filter(({ action }) => action === 'credit')).toEqual([{ action: 'credit', credit: 0 }]);
    await once(() => open[0]?.readyState === open[0]?.CLOSED);
  });

  it('is opened again when it breaks, and settles by call meanwhile', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const working = queue().work(
      async (message) => {
        seen.push(message.text());
        if (seen.length === 2) return stop.abort();
        sockets.removeAllListeners('connection').on('connection', (socket) => socket.terminate());
        open[0]?.terminate();
        await once(() => open[0]?.readyState === open[0]?.CLOSED);
        await message.accept();
        sockets.removeAllListeners('connection').on('connection', (socket) => void open.push(socket));
      },
      { transport: 'websocket', signal: stop.signal },
    );
    await once(() => open.length === 1);
    push('a');
    await once(() => open.length === 2);
    expect(messages.with('accept')).toEqual(['r1']);
    expect(server.requests.map(({ url }) => url)).toEqual(['/v1/queues/orders/settle']);
    push('b');
    await once(() => seen.length === 2);
    open.forEach((socket) => socket.terminate());
    await working;
    expect(messages.with('accept')).toEqual(['r1', 'r2']);
  });

  it('after the signal gives back what was not begun', async () => {
    const stop = new AbortController();
    let finish = () => undefined as void;
    const held = new Promise<void>((resolve) => (finish = resolve));
    let begun = 0;
    const working = queue().work(async () => ((begun += 1), await held), { transport: 'websocket', prefetch: 3, signal: stop.signal });
    await once(() => open.length === 1);
    push('a', 'b', 'c');
    await once(() => begun === 1);
    stop.abort();
    await once(() => messages.with('release').length === 2);
    finish();
    await working;
    expect(messages.with('accept')).toEqual(['r1']);
    expect(frames[0]).toEqual({ action: 'credit', credit: 0 });
  });

  it('that is refused ends with the code of the refusal', async () => {
    sockets.close();
    server.http.removeAllListeners('upgrade').on('upgrade', (_request, socket) => {
      const body = JSON.stringify({ code: 'permission_missing', status: 403, detail: 'No.', retryable: false });
      socket.end(`HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
    await expect(queue().work(() => undefined, { transport: 'websocket' })).rejects.toMatchObject({ code: 'permission_missing', status: 403 });
  });
});

describe('a poll that is refused for good', () => {
  it('ends the loop', async () => {
    server.script(problem(400, 'consumer_required', false));
    await expect(queue().work(() => undefined)).rejects.toMatchObject({ code: 'consumer_required' });
  });
});
