import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { acceptAndPublish, Problem, receive, Reply, settle } from '@waybill/contracts';
import { eventually } from '@waybill/testing';
import { TestGateway, TestSpace } from './testing/open-gateway.js';
import { EventsClient } from './testing/stream-client.js';

let space: TestSpace;
let gateway: TestGateway;
let token: string;

beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), TestGateway.open()]);
  token = gateway.token(space.ns);
});
afterEach(async () => {
  await gateway.close();
  await space.close();
});

const receiveFrom = async (queue: string, body: object = {}) => (await gateway.call<Reply<typeof receive>>(token, `/queues/${queue}/receive`, body)).body;
const settleOn = async (queue: string, body: object) => (await gateway.call<Reply<typeof settle>>(token, `/queues/${queue}/settle`, body)).body.results;

describe('receive', () => {
  it('shows the consumer as the holder of the lease, and without one the caller', async () => {
    const queue = await space.queue('q');
    await space.publish('q', 'a', 'b');
    await receiveFrom('q', { consumer: 'billing-1' });
    await receiveFrom('q');
    const names = Object.keys(await space.redis.hgetall(`{${space.ns}}:q:${queue.id}:holders`));
    expect(names.sort()).toEqual(['billing-1', 'usr_1']);
  });

  it('with autoAccept hands a message out and is done with it', async () => {
    const queue = await space.queue('q');
    await space.publish('q', 'a');
    const { messages } = await receiveFrom('q', { autoAccept: true });
    expect(messages.map(({ body }) => body)).toEqual(['a']);
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, removedTotal: 1 });
    expect(await settleOn('q', { accept: [messages[0]!.receipt] })).toMatchObject([{ outcome: 'failed', problem: { code: 'lease_lost' } }]);
  });

  it('accepts receipts in the same call, and names those it could not accept', async () => {
    const queue = await space.queue('q');
    await space.queue('other');
    await space.publish('q', 'a', 'b', 'c');
    const first = await receiveFrom('q', { max: 2 });
    expect(first).not.toHaveProperty('accepted');
    const receipts = first.messages.map(({ receipt }) => receipt);
    const second = await receiveFrom('q', { max: 5, accept: receipts });
    expect(second).toMatchObject({ accepted: 2, messages: [{ body: 'c' }] });
    expect(second).not.toHaveProperty('notAccepted');
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 0, leased: 1, removedTotal: 2 });

    const last = second.messages[0]!.receipt;
    const third = await receiveFrom('q', { accept: [receipts[0]!, 'nonsense', last], waitSeconds: 0.05 });
    expect(third).toEqual({ messages: [], accepted: 2, notAccepted: [{ receipt: 'nonsense', outcome: 'failed', problem: expect.objectContaining({ code: 'receipt_invalid' }) }] });
    expect(await receiveFrom('other', { accept: [last] })).toMatchObject({ accepted: 0, notAccepted: [{ problem: { code: 'receipt_wrong_queue' } }] });
  });

  it('accepts beside deferred messages and with autoAccept too', async () => {
    const queue = await space.queue('q');
    await space.publish('q', 'a', 'b', 'c');
    const [a, b] = (await receiveFrom('q', { max: 2 })).messages;
    await settleOn('q', { defer: [{ receipt: a!.receipt, key: 'later' }] });
    const fetched = await receiveFrom('q', { deferred: ['later'], accept: [b!.receipt] });
    expect(fetched).toMatchObject({ accepted: 1, messages: [{ body: 'a' }] });
    expect(await receiveFrom('q', { autoAccept: true, accept: [fetched.messages[0]!.receipt] })).toMatchObject({ accepted: 1, messages: [{ body: 'c' }] });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, deferred: 0, removedTotal: 3 });
  });

  it('says that the queue is paused', async () => {
    const queue = await space.queue('q');
    await space.publish('q', 'a');
    await space.redis.hset(`{${space.ns}}:q:${queue.id}`, 'paused', 'on');
    expect(await receiveFrom('q')).toEqual({ messages: [], paused: true });
    expect(await receiveFrom('q', { waitSeconds: 0.05 })).toEqual({ messages: [], paused: true });
  });

  it('fetches deferred messages by their keys, leaving out keys without a message', async () => {
    const queue = await space.queue('q');
    await space.publish('q', 'a', 'b');
    const { messages } = await receiveFrom('q', { max: 2 });
    await settleOn('q', { defer: messages.map(({ receipt, body }) => ({ receipt, key: `order ${body}` })) });
    const fetched = await receiveFrom('q', { deferred: ['order b', 'order z'] });
    expect(fetched.messages).toMatchObject([{ body: 'b', deliveryCount: 2 }]);
    expect(await settleOn('q', { accept: [fetched.messages[0]!.receipt] })).toMatchObject([{ outcome: 'accepted' }]);
    expect((await receiveFrom('q', { deferred: ['order a'], autoAccept: true })).messages).toMatchObject([{ body: 'a' }]);
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, deferred: 0, removedTotal: 2 });
  });

  it('wants the name of the consumer where only one may be active', async () => {
    await space.queue('q', { singleActiveConsumer: true });
    expect(await gateway.call<Problem>(token, '/queues/q/receive', {})).toMatchObject({ status: 400, body: { code: 'consumer_required' } });
    expect((await gateway.call(token, '/queues/q/receive', { consumer: 'a' })).status).toBe(200);
  });

  it('carries a batch of several mebibytes whole, text as text and bytes as base64', async () => {
    await space.queue('q');
    const bodies = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? Buffer.alloc(90_000, 'é') : Buffer.from([0xff, ...Buffer.alloc(90_000, i)])));
    for (let i = 0; i < bodies.length; i += 10) await space.publish('q', ...bodies.slice(i, i + 10));
    const got: Buffer[] = [];
    while (got.length < bodies.length) {
      const { messages } = await receiveFrom('q', { max: 100 });
      if (messages.length === 0) break;
      for (const { body, bodyEncoding } of messages) got.push(Buffer.from(body, bodyEncoding));
    }
    expect(got.map((body, i) => body.equals(bodies[i] as Buffer))).toEqual(bodies.map(() => true));
  });

  it.each([[{ max: 0 }], [{ max: 101 }], [{ waitSeconds: -1 }], [{ leaseSeconds: -1 }], [{ leaseSeconds: 86_401 }], [{ leaseSeconds: 1e300 }], [{ consumer: 'a b' }], [{ consumer: '' }], [{ deferred: [] }], [{ accept: [''] }], [{ accept: Array.from({ length: 101 }, () => 'r') }], [{ unknown: 1 }]])(
    'refuses %j',
    async (body) => {
      await space.queue('q');
      expect(await gateway.call<Problem>(token, '/queues/q/receive', body)).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    },
  );
});

describe('settle', () => {
  it('releases without a delay of its own after the delay of the retry policy, which grows', async () => {
    const queue = await space.queue('q', { retry: { kind: 'list', delaysMs: [50, 3_600_000], jitter: 0 } });
    await space.publish('q', 'a');
    const [first] = (await receiveFrom('q')).messages;
    await settleOn('q', { release: [{ receipt: first!.receipt }] });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 0, delayed: 1 });
    const [second] = (await receiveFrom('q', { waitSeconds: 5 })).messages;
    expect(second).toMatchObject({ deliveryCount: 2 });
    await settleOn('q', { release: [{ receipt: second!.receipt }] });
    expect((await receiveFrom('q', { waitSeconds: 0.2 })).messages).toEqual([]);
  });

  it('a delay of its own, even none, goes before the policy', async () => {
    const queue = await space.queue('q', { retry: { kind: 'list', delaysMs: [3_600_000], jitter: 0 } });
    await space.publish('q', 'a');
    const [first] = (await receiveFrom('q')).messages;
    await settleOn('q', { release: [{ receipt: first!.receipt, delaySeconds: 0 }] });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 1, delayed: 0 });
  });

  it('says for each receipt what happened, and carries out the others', async () => {
    await space.queue('q', { deliveryLimit: 1 });
    await space.queue('other');
    await space.publish('q', '0', '1', '2', '3', '4');
    await space.publish('other', 'x');
    const [r0, r1, r2, r3, r4] = (await receiveFrom('q', { max: 5 })).messages.map(({ receipt }) => receipt) as [string, string, string, string, string];
    const elsewhere = (await receiveFrom('other')).messages[0]!.receipt;
    const results = await settleOn('q', {
      accept: [r0, r0, 'nonsense', elsewhere], release: [{ receipt: r1 }], reject: [{ receipt: r2, reason: 'no' }],
      defer: [{ receipt: r3, key: 'k' }, { receipt: r4, key: 'k' }], extend: [{ receipt: r4, leaseSeconds: 60 }],
    });
    expect(results.map(({ receipt, outcome, problem }) => [receipt, problem?.code ?? outcome])).toEqual([
      [r0, 'accepted'], [r0, 'already_settled'], ['nonsense', 'receipt_invalid'], [elsewhere, 'receipt_wrong_queue'],
      [r1, 'dead_lettered'], [r2, 'rejected'], [r4, 'extended'], [r3, 'deferred'], [r4, 'deferred_key_taken'],
    ]);
  });
});

describe('accept and publish', () => {
  const call = (queue: string, body: object) => gateway.call<Reply<typeof acceptAndPublish> & Problem>(token, `/queues/${queue}/accept-and-publish`, body);
  const take = async (queue: string) => (await receiveFrom(queue)).messages[0]!.receipt;
  beforeEach(async () => {
    await space.queue('in');
    await space.queue('out');
    await space.publish('in', 'order');
  });

  it('ends the lease and stores the messages, with a receipt for each', async () => {
    const answer = await call('in', { receipt: await take('in'), publish: [{ to: { queue: 'out' }, message: { body: 'a', contentType: 'text/plain' } }, { to: { exchange: 'default' }, message: { body: 'b', key: 'out' } }] });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'accepted', messages: [{ queues: ['out'] }, { queues: ['out'], exchanges: ['default'] }] } });
    expect((await receiveFrom('out', { max: 10 })).messages.map(({ id }) => id)).toEqual(answer.body.messages.map(({ id }) => id));
    expect((await receiveFrom('in', { waitSeconds: 0.05 })).messages).toEqual([]);
  });

  it('does nothing when the lease is lost', async () => {
    const receipt = (await receiveFrom('in', { leaseSeconds: 1 })).messages[0]!.receipt;
    await settleOn('in', { release: [{ receipt }] });
    await take('in');
    expect(await call('in', { receipt, publish: [{ to: { queue: 'out' }, message: { body: 'a' } }] })).toMatchObject({ status: 409, body: { code: 'lease_lost' } });
    expect((await receiveFrom('out')).messages).toEqual([]);
  });

  it.each([
    ['a target that does not exist', { to: { exchange: 'nowhere' }, message: { body: 'a' } }, 'exchange_not_found'],
    ['a queue that does not exist', { to: { queue: 'nowhere' }, message: { body: 'a' } }, 'queue_not_found'],
    ['a message that does not fit', { to: { queue: 'out' }, message: { body: 'no base64!', bodyEncoding: 'base64' } }, 'batch_invalid'],
    ['a delay below zero', { to: { queue: 'out' }, message: { body: 'a', delaySeconds: -1 } }, 'request_invalid'],
    ['two targets', { to: { queue: 'out', exchange: 'default' }, message: { body: 'a' } }, 'request_invalid'],
  ])('does nothing for %s', async (_what, item, code) => {
    const receipt = await take('in');
    expect((await call('in', { receipt, publish: [{ to: { queue: 'out' }, message: { body: 'first' } }, item] })).body.code).toBe(code);
    expect((await receiveFrom('out')).messages).toEqual([]);
    expect(await settleOn('in', { accept: [receipt] })).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('needs the permission to publish as well', async () => {
    const receipt = await take('in');
    token = gateway.token(space.ns, ['messages:consume']);
    expect(await call('in', { receipt, publish: [{ to: { queue: 'out' }, message: { body: 'a' } }] })).toMatchObject({ status: 403, body: { code: 'permission_missing' } });
  });

  it('does nothing when the target is full', async () => {
    await space.queue('small', { maxMessages: 1 });
    await space.publish('small', 'there');
    const receipt = await take('in');
    expect(await call('in', { receipt, publish: [{ to: { queue: 'small' }, message: { body: 'a' } }, { to: { queue: 'out' }, message: { body: 'b' } }] })).toMatchObject({ status: 429, body: { code: 'queue_full' } });
    expect((await receiveFrom('out')).messages).toEqual([]);
    expect(await settleOn('in', { accept: [receipt] })).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('makes room in the stream that gave the receipt out', async () => {
    await space.publish('in', 'next');
    const { client } = await EventsClient.open(`${gateway.url}/v1/queues/in/stream?credit=1`, { authorization: `Bearer ${token}` });
    await eventually(() => expect(client.bodies).toEqual(['order']));
    await call('in', { receipt: client.messages[0]!.receipt, publish: [{ to: { queue: 'out' }, message: { body: 'a' } }] });
    await eventually(() => expect(client.bodies).toEqual(['order', 'next']));
    client.close();
  });
});
