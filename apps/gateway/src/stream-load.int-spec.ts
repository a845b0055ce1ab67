import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseReceipt } from '@waybill/broker';
import type { QueueRef } from '@waybill/broker';
import { eventually, openTestRedis, testServer } from '@waybill/testing';
import { splitReceipt } from './stream-mark.js';
import { streamLimits } from './stream-registry.js';
import { TestGateway, TestSpace } from './testing/open-gateway.js';
import { EventsClient, SocketClient } from './testing/stream-client.js';

let space: TestSpace;
let gateway: TestGateway;
let headers: Record<string, string>;
const clients: { close(): void }[] = [];

beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), TestGateway.open()]);
  headers = { authorization: `Bearer ${gateway.token(space.ns)}` };
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await gateway.close();
  await space.close();
});

async function socket(path: string): Promise<SocketClient> {
  const client = await SocketClient.open(`${gateway.url}/v1/queues/${path}`, headers);
  clients.push(client);
  return client;
}

/** Calls of this namespace that reach Redis while `during` runs; what scripts do inside is not counted. */
async function callsDuring(during: () => Promise<unknown>): Promise<number> {
  const redis = await openTestRedis();
  // A connection of its own: the client takes the first lines that other specs cause for an answer.
  const { hostname, port } = new URL(testServer('WAYBILL_TEST_REDIS_URL'));
  const monitor = connect(Number(port), hostname);
  const lines = createInterface({ input: monitor });
  const heard: string[] = [];
  lines.on('line', (line) => heard.push(line));
  monitor.write('MONITOR\r\n');
  await eventually(() => expect(heard[0]).toBe('+OK'));
  await during();
  await redis.echo(`sentinel of ${space.ns}`);
  await eventually(() => expect(heard.some((line) => line.includes(`sentinel of ${space.ns}`))).toBe(true));
  monitor.destroy();
  redis.disconnect();
  return heard.filter((line) => line.includes(space.ns) && !line.includes(' lua] ') && !line.includes('sentinel of')).length;
}

const forMs = async (ms: number): Promise<void> => {
  const untilMs = Date.now() + ms;
  await eventually(() => expect(Date.now()).toBeGreaterThan(untilMs));
};

describe('idle streams', () => {
  it('ask the store nothing: 100 of one queue in two seconds at most two looks for a missed wake', async () => {
    await space.queue('q');
    await Promise.all(Array.from({ length: 100 }, () => socket('q/stream')));
    // Each took its place in the line with a look; the last of these looks shows in the next window at most.
    await eventually(async () => expect(await callsDuring(() => forMs(200))).toBeLessThanOrEqual(2));
    expect(await callsDuring(() => forMs(2_000))).toBeLessThanOrEqual(2);
    expect(gateway.broker.streams.size).toBe(100);
  });

  it('cost one message a handful of calls, not one per stream', async () => {
    await space.queue('q');
    const all = await Promise.all(Array.from({ length: 100 }, () => socket('q/stream')));
    await eventually(async () => expect(await callsDuring(() => forMs(200))).toBeLessThanOrEqual(2));
    const calls = await callsDuring(async () => {
      await space.publish('q', 'one');
      await eventually(() => expect(all.filter(({ messages }) => messages.length > 0)).toHaveLength(1));
    });
    expect(calls).toBeLessThanOrEqual(10);
  });
});

describe('a client that does not read', () => {
  it.each([
    ['a WebSocket', async () => {
      const client = await socket('q/stream?credit=1000');
      client.socket.pause();
      return () => client.socket.resume();
    }],
    ['server-sent events', async () => {
      const controller = new AbortController();
      const answer = await fetch(`${gateway.url}/v1/queues/q/stream?credit=1000`, { headers, signal: controller.signal });
      clients.push({ close: () => controller.abort() });
      return () => {
        void (async () => {
          for await (const _part of answer.body as unknown as AsyncIterable<Uint8Array>);
        })().catch(() => undefined);
      };
    }],
  ])('on %s is leased no more than fits the buffers; when it reads again, the rest follows', async (_kind, open) => {
    const queue = await space.queue('q');
    const total = 400;
    const body = Buffer.alloc(100_000, 'x');
    const readOn = await open();
    for (let i = 0; i < total; i += 20) await space.publish('q', ...Array.from({ length: 20 }, () => body));
    // 40 MB wait; the kernel's buffers and a mebibyte of ours hold a part of them, and one claim of up to 4 MiB more.
    let before = -1;
    const { leased } = await eventually(async () => {
      const figures = await gateway.broker.queues.figures(queue);
      const settledDown = figures.leased === before;
      before = figures.leased;
      await forMs(300);
      expect(settledDown && figures.leased > 0).toBe(true);
      return figures;
    }, 20_000);
    expect(leased).toBeLessThan(total * 0.75);
    readOn();
    await eventually(async () => expect(await gateway.broker.queues.figures(queue)).toMatchObject({ leased: total, ready: 0 }));
  });
});

describe('when notices of settlements are lost', () => {
  it('a stream asks the store after the connection to the wake channel is back', async () => {
    const queue = await space.queue('q', { leaseMs: 3_600_000 });
    await space.publish('q', 'a', 'b');
    const client = await socket('q/stream?credit=1');
    await eventually(() => expect(client.bodies).toEqual(['a']));
    // Settled as if at another gateway whose notice never came.
    await gateway.broker.queues.settle(queue, [{ action: 'accept', receipt: receiptOf(client, queue) }]);
    gateway.broker.subscriber.disconnect(true);
    await eventually(() => expect(client.bodies).toEqual(['a', 'b']));
  });

  it('a stream asks the store by itself when its credit stays used up', async () => {
    const queue = await space.queue('q', { leaseMs: 3_600_000 });
    await space.publish('q', 'a', 'b');
    const client = await socket('q/stream?credit=1');
    await eventually(() => expect(client.bodies).toEqual(['a']));
    await gateway.broker.queues.settle(queue, [{ action: 'accept', receipt: receiptOf(client, queue) }]);
    await eventually(() => expect(client.bodies).toEqual(['a', 'b']));
  });

  const receiptOf = (client: SocketClient, queue: QueueRef) => parseReceipt(queue.id, splitReceipt(client.messages[0]!.receipt).receipt);
});

describe('a queue with a single active consumer', () => {
  it('wants the name of the consumer, before the stream begins', async () => {
    await space.queue('q', { singleActiveConsumer: true });
    const { answer } = await EventsClient.open(`${gateway.url}/v1/queues/q/stream`, headers);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: 'consumer_required' })]);
  });

  it('hands messages to the first one only, and to the next as soon as that one left', async () => {
    await space.queue('q', { singleActiveConsumer: true });
    const first = await socket('q/stream?consumer=first&credit=1');
    await space.publish('q', '0');
    await eventually(() => expect(first.bodies).toEqual(['0']));
    const second = await socket('q/stream?consumer=second&credit=1');
    for (const next of ['1', '2', '3', '4']) {
      first.send({ action: 'settle', id: next, accept: [first.messages.at(-1)!.receipt] });
      await space.publish('q', next);
      await eventually(() => expect(first.bodies.at(-1)).toBe(next));
    }
    expect(second.bodies).toEqual([]);
    first.close();
    await eventually(() => expect(second.messages).toMatchObject([{ body: '4', deliveryCount: 2 }]));
  });
});

describe('streams of one namespace at one gateway', () => {
  it('have a limit, so that one tenant leaves connections to the others', async () => {
    expect(streamLimits.namespace).toBeLessThan(streamLimits.gateway);
    await space.queue('q');
    const kept = { ...streamLimits };
    Object.assign(streamLimits, { namespace: 2 });
    try {
      await socket('q/stream');
      await socket('q/stream');
      const { answer } = await EventsClient.open(`${gateway.url}/v1/queues/q/stream`, headers);
      expect([answer.status, await answer.json()]).toEqual([409, expect.objectContaining({ code: 'limit_reached' })]);
    } finally {
      Object.assign(streamLimits, kept);
    }
  });
});
