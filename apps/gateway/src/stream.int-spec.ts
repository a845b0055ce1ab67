import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@waybill/testing';
import type { SettleResult } from './settle-input.js';
import { TestGateway, TestSpace } from './testing/open-gateway.js';
import { EventsClient, SocketClient } from './testing/stream-client.js';

let space: TestSpace;
let gateway: TestGateway;
let token: string;
const clients: { close(): void }[] = [];

beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), TestGateway.open()]);
  token = gateway.token(space.ns);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await gateway.close();
  await space.close();
});

const bearer = () => ({ authorization: `Bearer ${token}` });
async function socket(path: string, at = gateway): Promise<SocketClient> {
  const client = await SocketClient.open(`${at.url}/v1/queues/${path}`, bearer());
  clients.push(client);
  return client;
}
async function events(path: string, at = gateway): Promise<EventsClient> {
  const { client } = await EventsClient.open(`${at.url}/v1/queues/${path}`, bearer());
  clients.push(client);
  return client;
}
const settle = async (queue: string, body: object, at = gateway) => (await at.call<{ results: SettleResult[] }>(token, `/queues/${queue}/settle`, body)).body.results;
const figures = (queue: Parameters<typeof gateway.broker.queues.figures>[0]) => gateway.broker.queues.figures(queue);

describe.each([['server-sent events', events], ['a WebSocket', socket]] as const)('a stream on %s', (_kind, open) => {
  it('brings messages that wait and messages that come', async () => {
    await space.queue('q');
    const [id] = await space.publish('q', 'before');
    const client = await open('q/stream');
    await eventually(() => expect(client.bodies).toEqual(['before']));
    await space.publish('q', 'after');
    await eventually(() => expect(client.bodies).toEqual(['before', 'after']));
    expect(client.messages[0]).toMatchObject({ id, deliveryCount: 1, contentType: 'text/plain', bodyEncoding: 'utf8' });
  });

  it('holds no more than its credit, and takes the next message for each that is settled', async () => {
    const queue = await space.queue('q');
    await space.publish('q', '1', '2', '3', '4', '5');
    const client = await open('q/stream?credit=2');
    await eventually(() => expect(client.bodies).toEqual(['1', '2']));
    expect(await figures(queue)).toMatchObject({ leased: 2, ready: 3 });
    const [first] = client.messages;
    expect(await settle('q', { accept: [first!.receipt] })).toEqual([{ receipt: first!.receipt, outcome: 'accepted' }]);
    await eventually(() => expect(client.bodies).toEqual(['1', '2', '3']));
    expect(await figures(queue)).toMatchObject({ leased: 2, ready: 2 });
    await settle('q', { release: [{ receipt: client.messages[1]!.receipt, delaySeconds: 60 }], reject: [{ receipt: client.messages[2]!.receipt }] });
    await eventually(() => expect(client.bodies).toEqual(['1', '2', '3', '4', '5']));
  });

  it('hears of settlements at another gateway', async () => {
    await space.queue('q');
    await space.publish('q', '1', '2', '3');
    const other = await TestGateway.open();
    try {
      const client = await open('q/stream?credit=1');
      for (const count of [1, 2, 3]) {
        await eventually(() => expect(client.messages).toHaveLength(count));
        expect(await settle('q', { accept: [client.messages[count - 1]!.receipt] }, other)).toMatchObject([{ outcome: 'accepted' }]);
      }
    } finally {
      await other.close();
    }
  });

  it('takes the next message when a lease runs out that nobody settled', async () => {
    await space.queue('q', { leaseMs: 1_000 });
    await space.publish('q', 'a', 'b');
    const client = await open('q/stream?credit=1');
    await eventually(() => expect(client.bodies.length).toBeGreaterThanOrEqual(2));
    expect(client.messages[0]).toMatchObject({ body: 'a', deliveryCount: 1 });
  });

  it('keeps its credit for a message whose lease was extended', async () => {
    const queue = await space.queue('q', { leaseMs: 1_000 });
    await space.publish('q', 'a', 'b');
    const client = await open('q/stream?credit=1');
    await eventually(() => expect(client.bodies).toEqual(['a']));
    await settle('q', { extend: [{ receipt: client.messages[0]!.receipt, leaseSeconds: 60 }] });
    const leaseEnd = Date.parse(client.messages[0]!.leaseUntil);
    await eventually(() => expect(Date.now()).toBeGreaterThan(leaseEnd + 300));
    expect(client.bodies).toEqual(['a']);
    expect(await figures(queue)).toMatchObject({ leased: 1, ready: 1 });
  });

  it('gives everything back at once when the client leaves', async () => {
    const queue = await space.queue('q', { leaseMs: 3_600_000 });
    await space.publish('q', 'a', 'b');
    const client = await open('q/stream');
    await eventually(() => expect(client.messages).toHaveLength(2));
    await settle('q', { accept: [client.messages[0]!.receipt] });
    client.close();
    await eventually(async () => expect(await figures(queue)).toMatchObject({ leased: 0, ready: 1 }));
    const next = await open('q/stream');
    await eventually(() => expect(next.messages).toMatchObject([{ body: 'b', deliveryCount: 2 }]));
  });

  it('gives everything back and is told when the gateway stops, and the gateway stops', async () => {
    const queue = await space.queue('q', { leaseMs: 3_600_000 });
    await space.publish('q', 'a', 'b');
    const client = await open('q/stream');
    await eventually(() => expect(client.messages).toHaveLength(2));
    await gateway.drain();
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ leased: 0, ready: 2 });
    if (client instanceof SocketClient) await eventually(() => expect(client.closed?.code).toBe(1012));
    else await eventually(() => expect([client.ended, client.text.endsWith(': the gateway restarts, connect again\n\n')]).toEqual([true, true]));
  });

  it('says once that the queue is paused, and goes on when it is resumed', async () => {
    const queue = await space.queue('q');
    await space.redis.hset(`{${space.ns}}:q:${queue.id}`, 'paused', 'on');
    await space.publish('q', 'a');
    const client = await open('q/stream');
    await eventually(() => expect(client instanceof SocketClient ? client.frames : client.events).toHaveLength(1));
    expect(client instanceof SocketClient ? client.frames[0] : client.events[0]?.event).toEqual(client instanceof SocketClient ? { type: 'paused' } : 'paused');
    await space.redis.hdel(`{${space.ns}}:q:${queue.id}`, 'paused');
    await space.redis.spublish(`{${space.ns}}:wake`, queue.id);
    await eventually(() => expect(client.bodies).toEqual(['a']));
  });

  it('ends with a problem when the queue is deleted', async () => {
    const queue = await space.queue('q');
    const client = await open('q/stream');
    await eventually(async () => expect(await space.redis.pubsub('SHARDNUMSUB', `{${space.ns}}:wake`)).toEqual([`{${space.ns}}:wake`, 1]));
    await space.dropQueue(queue);
    await space.redis.spublish(`{${space.ns}}:wake`, queue.id);
    if (client instanceof SocketClient) {
      expect((await client.first('problem')).problem.code).toBe('queue_not_found');
      await eventually(() => expect(client.closed?.code).toBe(1011));
    } else {
      await eventually(() => expect(client.ended).toBe(true));
      expect(JSON.parse(client.events.at(-1)!.data)).toMatchObject({ code: 'queue_not_found' });
    }
  });

  it('ends when the token has expired', async () => {
    await space.queue('q');
    const client = await open('q/stream');
    gateway.clock.advance(11 * 60_000);
    gateway.broker.streams.check();
    if (client instanceof SocketClient) await eventually(() => expect(client.closed?.code).toBe(1008));
    else await eventually(() => expect([client.ended, client.text.includes('data_token_invalid')]).toEqual([true, true]));
    expect(gateway.broker.streams.size).toBe(0);
  });

  it('takes turns with the other streams of the queue', async () => {
    await space.queue('q');
    const both = [await open('q/stream?credit=1'), await open('q/stream?credit=1')];
    await space.publish('q', 'a', 'b');
    await eventually(() => expect(both.map(({ messages }) => messages.length)).toEqual([1, 1]));
  });
});
