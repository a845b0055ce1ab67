import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, Customer, eventually } from './customer.js';
import type { Message } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

let stack: Stack;
let customer: Customer;
let key: { id: string; secret: string };
let apps: Application[];
beforeAll(async () => {
  stack = await startInstallation({ gateways: 2 });
  customer = await Customer.signUp(stack.controlPlane.url);
  key = await customer.key();
  apps = [0, 1].map((index) => new Application(gatewayUrl(stack, index), key.secret));
});
afterAll(() => stack?.stop());

interface Frame {
  readonly type: string;
  readonly message?: Message;
  readonly results?: { outcome: string }[];
  readonly problem?: { code: string };
}

/** A customer's client on a socket, with nothing of ours but the documented frames. */
class Socket {
  readonly frames: Frame[] = [];
  closeCode: number | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as Frame));
    socket.on('close', (code) => (this.closeCode = code));
  }

  static open(gateway: number, path: string, secret = key.secret): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${gatewayUrl(stack, gateway).replace('http', 'ws')}/v1/queues/${path}`, { headers: { authorization: `Bearer ${secret}` } });
      const client = new Socket(socket);
      socket.once('open', () => resolve(client)).once('error', reject);
    });
  }

  get messages(): Message[] {
    return this.frames.flatMap(({ message }) => (message ? [message] : []));
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** As when the network breaks: no closing handshake. */
  cut(): void {
    this.socket.terminate();
  }
}

/** The messages of server-sent events as they come. */
async function events(gateway: number, path: string): Promise<{ messages: Message[]; text: () => string; ended: () => boolean; close: () => void }> {
  const abort = new AbortController();
  const answer = await fetch(`${gatewayUrl(stack, gateway)}/v1/queues/${path}`, { headers: { authorization: `Bearer ${key.secret}`, accept: 'text/event-stream' }, signal: abort.signal });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const messages: Message[] = [];
  let text = '';
  let read = 0;
  let ended = false;
  const follow = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      const blocks = text.split('\n\n');
      for (const block of blocks.slice(read, -1)) {
        const data = block.split('\n').find((line) => line.startsWith('data: '));
        if (block.startsWith('event: message') && data) messages.push(JSON.parse(data.slice(6)) as Message);
      }
      read = blocks.length - 1;
    }
  };
  follow().catch(() => undefined).finally(() => (ended = true));
  return { messages, text: () => text, ended: () => ended, close: () => abort.abort() };
}

describe('a stream through two gateways', () => {
  it('brings every message once to a client that settles on the socket, and holds no more than its credit', async () => {
    await customer.queue('sockets', { leaseSeconds: 600 });
    const client = await Socket.open(0, 'sockets/stream?credit=25');
    const bodies = Array.from({ length: 1_000 }, (_, i) => `m${i}`);
    await apps[1]!.publishBatch('/queues/sockets', bodies);
    await eventually(() => expect(client.messages).toHaveLength(25));
    expect(await apps[1]!.figures('sockets')).toMatchObject({ leased: 25, ready: 975 });
    let settled = 0;
    await eventually(async () => {
      const fresh = client.messages.slice(settled, settled + 25);
      if (fresh.length > 0) client.send({ action: 'settle', id: String(settled), accept: fresh.map(({ receipt }) => receipt) });
      settled += fresh.length;
      expect(settled).toBe(1_000);
    }, 60_000);
    expect(client.messages.map(({ body }) => body)).toEqual(bodies);
    await eventually(async () => expect(await apps[0]!.figures('sockets')).toMatchObject({ ready: 0, leased: 0 }));
    client.cut();
  });

  it('as server-sent events makes room when a receipt is settled at the other gateway', async () => {
    await customer.queue('events', { leaseSeconds: 600 });
    await apps[0]!.publishBatch('/queues/events', ['a', 'b', 'c']);
    const stream = await events(0, 'events/stream?credit=1');
    for (const [index, body] of ['a', 'b', 'c'].entries()) {
      await eventually(() => expect(stream.messages.map((message) => message.body).at(-1)).toBe(body));
      expect(await apps[1]!.settle('events', { accept: [stream.messages[index]!.receipt] })).toMatchObject([{ outcome: 'accepted' }]);
    }
    stream.close();
  });

  it('gives back what it holds when the connection breaks, long before the lease ends', async () => {
    await customer.queue('broken', { leaseSeconds: 3_600 });
    await apps[0]!.publishBatch('/queues/broken', ['a', 'b']);
    const client = await Socket.open(0, 'broken/stream');
    await eventually(() => expect(client.messages).toHaveLength(2));
    client.cut();
    const again = await apps[1]!.receive('broken', { max: 10, waitSeconds: 20 });
    expect(again.length).toBeGreaterThan(0);
    expect(again[0]).toMatchObject({ deliveryCount: 2 });
  });

  it('ends within five seconds when the key is revoked', async () => {
    await customer.queue('revoked');
    const shortLived = await customer.key('consume');
    const client = await Socket.open(0, 'revoked/stream', shortLived.secret);
    expect((await customer.manage('DELETE', `/keys/${shortLived.id}`)).status).toBeLessThan(300);
    await eventually(() => expect(client.closeCode).toBe(1008));
    expect(client.frames.at(-1)?.problem?.code).toBe('api_key_revoked');
  });

  it('is told when its gateway stops, and the next one goes on with what was not settled', async () => {
    await customer.queue('drained', { leaseSeconds: 3_600 });
    await apps[0]!.publishBatch('/queues/drained', ['a', 'b', 'c']);
    const socket = await Socket.open(0, 'drained/stream?credit=2');
    const stream = await events(0, 'drained/stream?credit=1');
    await eventually(() => expect([socket.messages.length, stream.messages.length]).toEqual([2, 1]));
    const gateway = stack.gateways[0]!.process;
    gateway.signal('SIGTERM');
    await eventually(() => expect([socket.closeCode, stream.ended()]).toEqual([1012, true]));
    expect(stream.text()).toContain(': the gateway restarts, connect again');
    expect(await gateway.exited).toMatchObject({ code: 0 });
    const next = await Socket.open(1, 'drained/stream');
    await eventually(() => expect(next.messages.map(({ body, deliveryCount }) => [body, deliveryCount]).sort()).toEqual([['a', 2], ['b', 2], ['c', 2]]));
    next.cut();
    await gateway.restart();
  });

  it('is described by an AsyncAPI 3 document that every gateway serves', async () => {
    const answer = await apps[1]!.call<{ asyncapi: string; channels: object }>('GET', '/asyncapi.json');
    expect([answer.status, answer.body.asyncapi, Object.keys(answer.body.channels)]).toEqual([200, '3.0.0', ['socket', 'events']]);
  });
});
