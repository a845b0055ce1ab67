import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@waybill/testing';
import { localGuard } from '../testing/calls.js';
import { answerReadBytes, HttpCaller } from './http-caller.js';
import type { HttpAnswer } from './http-caller.js';

/** A server that says exactly the bytes of a test. */
let server: Server | undefined;
let caller: HttpCaller | undefined;
const sockets = new Set<Socket>();

async function serve(answer: (socket: Socket) => void, connections = 4): Promise<void> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket)).on('data', (chunk: Buffer) => {
      // Head and body may come apart; the body is one letter.
      if (chunk.at(-1) === 0x78) answer(socket);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  caller = new HttpCaller(localGuard(), `http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections });
}
/** Answers each call with 204; the connections that carried one, in order. */
async function serveNothing(): Promise<readonly Socket[]> {
  const used: Socket[] = [];
  await serve((socket) => {
    used.push(socket);
    socket.write('HTTP/1.1 204 No Content\r\n\r\n');
  });
  return used;
}
const call = (given: { timeoutMs?: number; signal?: AbortSignal; headers?: string[] } = {}): Promise<HttpAnswer> =>
  (caller as HttpCaller).call({ method: 'POST', path: '/', headers: [], body: Buffer.from('x'), timeoutMs: 10_000, signal: new AbortController().signal, ...given });

afterEach(async () => {
  await caller?.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
});

describe('a call', () => {
  it('ends at its deadline when nothing is answered', async () => {
    await serve(() => undefined);
    expect(await call({ timeoutMs: 50 })).toMatchObject({ status: null, reason: 'timeout' });
  });

  it('ends at its deadline when the answer drips', async () => {
    await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
      const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write('x')), 10);
    });
    expect(await call({ timeoutMs: 100 })).toMatchObject({ status: null, reason: 'timeout' });
  });

  it('that waits for a connection past its deadline is never sent', async () => {
    let requests = 0;
    await serve((socket) => {
      requests += 1;
      if (requests > 1) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    }, 1);
    const first = call({ timeoutMs: 150 });
    expect(await call({ timeoutMs: 20 })).toMatchObject({ reason: 'timeout' });
    expect(await first).toMatchObject({ reason: 'timeout' });
    expect(await call()).toMatchObject({ status: 204 });
    expect(requests).toBe(2);
  });

  it('ends when its worker stops', async () => {
    await serve(() => undefined);
    const stopping = new AbortController();
    const calls = Array.from({ length: 3 }, () => call({ signal: stopping.signal }));
    stopping.abort();
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ status: null, reason: 'aborted' });
    expect(await call({ signal: stopping.signal })).toMatchObject({ reason: 'aborted' });
  });

  it('reads no more of an answer than it must, keeps its head, and closes the connection', async () => {
    let sentBytes = 0;
    await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const flood = (): void => {
        while (!socket.destroyed && sentBytes < 64 * 1024 * 1024) {
          sentBytes += 16_384;
          if (!socket.write(Buffer.alloc(16_384, 'a'))) return void socket.once('drain', flood);
        }
      };
      flood();
    });
    const answer = await call();
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.status !== null && answer.head.length).toBe(4_096);
    expect(sentBytes).toBeLessThan(16 * 1024 * 1024);
    expect(answerReadBytes).toBe(65_536);
  });

  it('takes the status as the answer when the body breaks off', async () => {
    await serve((socket) => socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\nhalf'));
    expect(await call()).toMatchObject({ status: 202, head: Buffer.from('half') });
  });

  it.each([
    ['closes at once', (socket: Socket) => socket.end(), 'connection_reset'],
    ['resets', (socket: Socket) => socket.resetAndDestroy(), 'connection_reset'],
    ['speaks something else', (socket: Socket) => socket.end('220 mail.example ESMTP\r\n'), 'answer_invalid'],
    ['sends endless headers', (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`), 'answer_invalid'],
    ['changes the protocol', (socket: Socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'), 'connection_reset'],
  ])('fails with a stable word when the server %s', async (_what, answer, reason) => {
    await serve(answer);
    expect(await call()).toMatchObject({ status: null, reason });
  });

  it('fails with a stable word when nobody listens', async () => {
    await serve(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    expect(await call()).toMatchObject({ status: null, reason: 'connection_refused' });
  });

  it('waits for the answer after informational ones', async () => {
    await serve((socket) => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'));
    expect(await call()).toMatchObject({ status: 204 });
  });

  it('keeps its connection for the next ones', async () => {
    await serve((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    for (let i = 0; i < 20; i += 1) await call();
    expect(sockets.size).toBe(1);
  });

  it('waits for a connection when all are taken', async () => {
    let together = 0;
    await serve((socket) => {
      together = Math.max(together, sockets.size);
      setImmediate(() => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    }, 2);
    for (const answer of await Promise.all(Array.from({ length: 20 }, () => call()))) expect(answer).toMatchObject({ status: 204 });
    expect(together).toBe(2);
  });

  it('is made over a connection that is not older than five minutes', async () => {
    const used = await serveNothing();
    await call();
    const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 300_001);
    await call();
    await call();
    now.mockRestore();
    expect([used.length, used[0] === used[1], used[1] === used[2]]).toEqual([3, false, true]);
  });

  it('is made over another connection when the server closed the kept one', async () => {
    const used = await serveNothing();
    await call();
    used[0]?.end();
    await eventually(() => expect(used[0]?.destroyed).toBe(true));
    expect(await call()).toMatchObject({ status: 204 });
    expect(used[0] === used[1]).toBe(false);
  });

  it('does not use a connection again that the server does not keep, or on which more came than one answer', async () => {
    const heads = ['connection: close\r\ncontent-length: 0\r\n\r\n', 'keep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n', 'content-length: 0\r\n\r\nHTTP/1.1 500 Smuggled\r\n\r\n', 'content-length: 0\r\n\r\n', 'content-length: 0\r\n\r\n'];
    const used = new Set<Socket>();
    await serve((socket) => {
      used.add(socket);
      socket.write(`HTTP/1.1 200 OK\r\n${heads.shift()}`);
    });
    for (let i = 0; i < 5; i += 1) expect(await call()).toMatchObject({ status: 200 });
    expect(used.size).toBe(4);
  });

  it('closes a connection that is not needed for as long as the server keeps it', async () => {
    await serve((socket) => socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=3\r\ncontent-length: 0\r\n\r\n'));
    await call();
    expect(sockets.size).toBe(1);
    await eventually(() => expect(sockets.size).toBe(0));
  });

  it('is written as HTTP/1.1 wants it, and not at all when a header could end a line', async () => {
    let received = '';
    await serve((socket) => {
      socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    });
    server?.on('connection', (socket: Socket) => socket.on('data', (chunk: Buffer) => void (received += chunk.toString('latin1'))));
    expect(await call({ headers: ['a', 'b\r\nc: d'] })).toMatchObject({ status: null, reason: 'call_failed' });
    expect(await call({ headers: ['a', 'b\xfc', 'c', ''] })).toMatchObject({ status: 204 });
    const { port } = server?.address() as AddressInfo;
    expect(received).toBe(`POST / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: keep-alive\r\na: b\xfc\r\nc: \r\ncontent-length: 1\r\n\r\nx`);
  });

  it('ends when its caller is closed, whether it was sent or waits', async () => {
    await serve(() => undefined, 1);
    const calls = [call(), call()];
    await caller?.close();
    for (const answer of await Promise.all([...calls, call()])) expect(answer).toMatchObject({ status: null, reason: 'aborted' });
  });
});
