import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@waybill/broker';
import type { Problem, PublishReceipt } from '@waybill/contracts';
import { eventually } from '@waybill/testing';
import { TestSpace } from './testing/open-gateway.js';
import { exchange, PublishGateway } from './testing/publish-gateway.js';
import type { PublishClient } from './testing/publish-gateway.js';

const bookV1 = { mq_messages: '40000000', mq_kib_in: '5000000', mq_exchange_passes: '5000000', mq_queue_passes: '20000000' };
const batch = { 'content-type': 'application/vnd.waybill.batch+json' };
const lines = { 'content-type': 'application/x-ndjson' };

let space: TestSpace;
let gateway: PublishGateway;
let client: PublishClient;
const publishPrice = (version: string, unitPriceE12: Record<string, string>) =>
  space.redis.hset(keys.topology(space.ns), 'price', JSON.stringify({ version, currency: 'USD', minorDigits: 2, unitPriceE12 }));

beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), PublishGateway.open({ INLINE_LIMIT_BYTES: '65536' })]);
  client = gateway.client(space.ns);
  await space.queue('q');
  await space.queue('once', { dedup: { windowMs: 60_000, by: 'id' } });
  await exchange(space, 'in', 'fanout', [{ destination: { queue: 'q' } }, { destination: { queue: 'once' } }]);
});
afterEach(async () => {
  await gateway.close();
  await space.close();
});

describe('the price in a receipt', () => {
  it('is that of its units, from the first publish on, in every form of publishing', async () => {
    await publishPrice('1', bookV1);
    // 1 message, 2 KiB, 1 exchange, 2 queues: 0.00004 + 0.00001 + 0.000005 + 0.00004 cents
    const whole = { amount: '0.00000095', currency: 'USD' };
    const single = await client.post<PublishReceipt>('/exchanges/in/messages', 'x'.repeat(1_500), { 'waybill-dedup-id': 'd' });
    expect(single.body).toMatchObject({ units: { messages: 1, kibIn: 2, exchangePasses: 1, queuePasses: 2 }, price: whole });
    const partly = await client.post<PublishReceipt>('/exchanges/in/messages', 'x'.repeat(1_500), { 'waybill-dedup-id': 'd' });
    expect(partly.body).toMatchObject({ queues: ['q'], price: { amount: '0.00000075' } });
    const known = await client.post<PublishReceipt>('/queues/once/messages', 'x', { 'waybill-dedup-id': 'd' });
    expect(known.body.price).toEqual({ amount: '0', currency: 'USD' });

    const direct = { amount: '0.00000065', currency: 'USD' };
    const many = await client.post<{ messages: PublishReceipt[] }>('/queues/q/messages', JSON.stringify({ messages: [{ body: '1' }, { body: '2' }] }), batch);
    expect(many.body.messages.map(({ price }) => price)).toEqual([direct, direct]);
    const streamed = await client.post('/queues/q/messages', '{"body":"1"}\n{"body":"2"}\n', lines);
    expect(streamed.text.trim().split('\n').map((line) => (JSON.parse(line) as PublishReceipt).price)).toEqual([direct, direct]);
    const event = JSON.stringify({ specversion: '1.0', id: '1', source: 's', type: 't', data: 'x' });
    expect((await client.post<PublishReceipt>('/queues/q/messages', event, { 'content-type': 'application/cloudevents+json' })).body.price).toEqual(direct);
    expect((await client.post<PublishReceipt>('/exchanges/in/messages?explain=true', 'x')).body.price).toMatchObject({ currency: 'USD' });
  });

  it('is absent while none is published, comes within seconds, and follows the next book', async () => {
    const price = async () => (await client.post<PublishReceipt>('/queues/q/messages', 'x')).body.price;
    expect(await price()).toBeUndefined();
    await publishPrice('1', bookV1);
    await eventually(async () => expect(await price()).toEqual({ amount: '0.00000065', currency: 'USD' }));
    await publishPrice('2', { ...bookV1, mq_messages: '0' });
    await eventually(async () => expect(await price()).toEqual({ amount: '0.00000025', currency: 'USD' }));
  }, 30_000);
});

describe('25 (gate): a namespace that may not publish', () => {
  it('answers 402 with the code in every form, goes on consuming, and resumes with the next request', async () => {
    await client.post('/queues/q/messages', 'before');
    await space.redis.hset(keys.topology(space.ns), 'gate', 'cap');
    expect(await client.post('/queues/q/messages', 'x')).toMatchObject({ status: 402, body: { code: 'spend_cap_reached', retryable: false } });
    expect(await client.post('/exchanges/in/messages', JSON.stringify({ messages: [{ body: '1' }] }), batch)).toMatchObject({ status: 402, body: { code: 'spend_cap_reached' } });
    const streamed = await client.post('/queues/q/messages', '{"body":"1"}\n', lines);
    expect((JSON.parse(streamed.text) as { problem: Problem }).problem.code).toBe('spend_cap_reached');
    expect(await client.receive('q')).toHaveLength(1);
    await space.redis.hdel(keys.topology(space.ns), 'gate');
    expect(await client.post('/queues/q/messages', 'x')).toMatchObject({ status: 201 });
  });

  it('names the messages of a batch that its quota does not take', async () => {
    await space.redis.hset(keys.topology(space.ns), { gate: 'quota', limits: '2 - - -' });
    const { body } = await client.post<{ messages: (PublishReceipt & { problem?: Problem })[] }>('/queues/q/messages', JSON.stringify({ mode: 'each', messages: [{ body: '1' }, { body: '2' }, { body: '3' }] }), batch);
    expect(body.messages.map(({ id, problem }) => (id ? 'stored' : problem?.code))).toEqual(['stored', 'stored', 'quota_exceeded']);
    expect(await client.post('/queues/q/messages', 'x')).toMatchObject({ status: 402, body: { code: 'quota_exceeded' } });
  });
});
