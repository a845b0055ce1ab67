import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Problem, PublishReceipt } from '@waybill/contracts';
import { TestSpace } from './testing/open-gateway.js';
import { exchange, PublishGateway, usage } from './testing/publish-gateway.js';
import type { PublishClient } from './testing/publish-gateway.js';

let space: TestSpace;
let gateway: PublishGateway;
let client: PublishClient;
beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), PublishGateway.open({ INLINE_LIMIT_BYTES: '65536' })]);
  client = gateway.client(space.ns);
});
afterEach(async () => {
  await gateway.close();
  await space.close();
});

const batch = { 'content-type': 'application/vnd.waybill.batch+json' };
const longType = `text/${'x'.repeat(300)}`;
type Batch = { messages: (PublishReceipt & { problem?: Problem })[] };

describe('a single publish', () => {
  it('is answered with the way it took and what it is metered as', async () => {
    const queue = await space.queue('q');
    await exchange(space, 'in', 'topic', [{ destination: { queue: 'q' }, pattern: 'a.#' }]);
    const { status, body } = await client.post<PublishReceipt>('/exchanges/in/messages', 'x'.repeat(1500), { 'waybill-key': 'a.b' });
    expect({ status, ...body }).toEqual({
      status: 201, id: expect.stringMatching(/^msg_/), exchanges: ['in'], queues: ['q'], units: { messages: 1, kibIn: 2, exchangePasses: 1, queuePasses: 1 },
    });
    expect(await usage(space)).toEqual({ 'mq_messages x_in': 1, 'mq_kib_in x_in': 2, 'mq_exchange_passes x_in': 1, [`mq_queue_passes ${queue.id}`]: 1 });
  });

  it('waits as long as its delay says and lives as long as its time to live', async () => {
    const queue = await space.queue('q');
    await client.post('/queues/q/messages', 'later', { 'waybill-delay': '3600' });
    await client.post('/queues/q/messages', 'on a day', { 'waybill-not-before': new Date(Date.now() + 86_400_000).toISOString() });
    await client.post('/queues/q/messages', 'past', { 'waybill-not-before': '2020-01-01T00:00:00Z', 'waybill-ttl': '60.5' });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 1, delayed: 2 });
    const [message] = await client.receive('q');
    const { expiresAt } = message as unknown as { expiresAt: string };
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(55_000);
  });

  it('names the queues that refused it and those that knew it, and meters only what was stored', async () => {
    await space.queue('open');
    await space.queue('full', { maxMessages: 1 });
    await space.queue('once', { dedup: { windowMs: 60_000, by: 'id' } });
    await exchange(space, 'all', 'fanout', ['open', 'full', 'once'].map((queue) => ({ destination: { queue } })));
    const first = await client.post<PublishReceipt>('/exchanges/all/messages', 'x', { 'waybill-dedup-id': 'd' });
    const { body } = await client.post<PublishReceipt>('/exchanges/all/messages', 'x', { 'waybill-dedup-id': 'd' });
    expect(body).toMatchObject({
      queues: ['open'], refused: [{ queue: 'full', code: 'queue_full', limit: 'maxMessages' }], duplicates: [{ queue: 'once', originalId: first.body.id }],
      units: { messages: 1, kibIn: 1, exchangePasses: 1, queuePasses: 1 },
    });
  });

  it('known to every queue answers the id of the original and costs nothing', async () => {
    await space.queue('once', { dedup: { windowMs: 60_000, by: 'body' } });
    const first = await client.post<PublishReceipt>('/queues/once/messages', 'same');
    const before = await usage(space);
    const { status, body } = await client.post<PublishReceipt>('/queues/once/messages', 'same');
    expect({ status, ...body }).toEqual({
      status: 201, id: first.body.id, exchanges: [], queues: [], duplicates: [{ queue: 'once', originalId: first.body.id }],
      units: { messages: 0, kibIn: 0, exchangePasses: 0, queuePasses: 0 },
    });
    expect(await usage(space)).toEqual(before);
    expect(gateway.published).toBe(1);
  });

  it('refused by every queue fails, and stores nothing', async () => {
    const queue = await space.queue('q', { maxMessages: 1 });
    await client.post('/queues/q/messages', '1');
    expect(await client.post('/queues/q/messages', '2')).toMatchObject({ status: 429, body: { code: 'queue_full' } });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 1 });
  });

  it('explains for each binding why it matched or did not', async () => {
    await space.queue('q');
    await exchange(space, 'in', 'topic', [{ destination: { queue: 'q' }, pattern: 'a.*' }, { destination: { queue: 'q' }, pattern: 'b.*' }]);
    const { body } = await client.post<PublishReceipt>('/exchanges/in/messages?explain=true', 'x', { 'waybill-key': 'a.b' });
    expect(body.queues).toEqual(['q']);
    expect(body.explanation).toMatchObject([{ exchange: 'in', kind: 'topic', bindings: [{ bindingId: 'b_in0', matched: true }, { bindingId: 'b_in1', matched: false }] }]);
    expect(body.explanation?.[0]?.bindings.every(({ reason }) => reason.length > 10)).toBe(true);
    expect((await client.post<PublishReceipt>('/queues/q/messages?explain=true', 'x')).body.explanation).toEqual([]);
  });

  it('through a split explains the way it took, not another draw', async () => {
    await Promise.all([space.queue('stable'), space.queue('canary')]);
    await exchange(space, 'in', 'fanout', [{ destination: { queue: 'stable' }, split: 's', weight: 9 }, { destination: { queue: 'canary' }, split: 's', weight: 1 }]);
    for (let i = 0; i < 30; i += 1) {
      const { body } = await client.post<PublishReceipt>('/exchanges/in/messages?explain=true', 'x');
      const taken = body.explanation?.[0]?.bindings.filter(({ matched }) => matched).map(({ destination }) => destination);
      expect(taken).toEqual(body.queues.map((queue) => ({ queue })));
    }
  });

  it.each([
    ['/queues/q/messages?explain=perhaps', {}, 'request_invalid'],
    ['/queues/q/messages?expalin=true', {}, 'request_invalid'],
    ['/queues/q/messages?dedup=id', {}, 'request_invalid'],
    ['/queues/q/messages', { 'waybill-delay': '-1' }, 'delay_invalid'],
    ['/queues/q/messages', { 'waybill-delay': '1e99' }, 'delay_invalid'],
    ['/queues/q/messages', { 'waybill-delay': '31622401' }, 'delay_invalid'],
    ['/queues/q/messages', { 'waybill-not-before': '2999-01-01T00:00:00Z' }, 'delay_invalid'],
    ['/queues/q/messages', { 'waybill-expires-at': '2020-01-01T00:00:00Z' }, 'delay_invalid'],
    ['/queues/q/messages', { 'waybill-prority': '1' }, 'request_header_invalid'],
    ['/queues/q/messages', { 'content-type': longType }, 'request_header_invalid'],
  ])('of %s with %.50j is refused, and stores nothing', async (path, headers, code) => {
    const queue = await space.queue('q');
    expect(await client.post<Problem>(path, 'x', headers as Record<string, string>)).toMatchObject({ status: 400, body: { code } });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 0 });
  });
});

describe('a batch', () => {
  it('is stored whole or not at all by default, and names what spoils it', async () => {
    const queue = await space.queue('q', { maxMessages: 3 });
    const two = JSON.stringify({ messages: [{ body: '1' }, { body: '2' }] });
    expect((await client.post<Batch>('/queues/q/messages', two, batch)).body.messages).toHaveLength(2);
    expect(await client.post<Problem>('/queues/q/messages', two, batch)).toMatchObject({ status: 429, body: { code: 'queue_full' } });
    const spoiled = JSON.stringify({ messages: [{ body: '1' }, { body: '2', delaySeconds: -1 }] });
    expect(await client.post<Problem>('/queues/q/messages', spoiled, batch)).toMatchObject({ status: 400, body: { code: 'batch_invalid', detail: expect.stringContaining('message 1') } });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 2 });
  });

  it('in mode each has a receipt or a problem for every message, in order', async () => {
    await space.queue('q', { maxMessages: 2 });
    const contentType = 'text/plain';
    const messages = [{ body: 'a', contentType }, { body: 'x', priority: 99 }, { body: 'b', contentType }, { body: 'c' }, { body: 'x'.repeat(65_537) }];
    const { status, body } = await client.post<Batch>('/queues/q/messages', JSON.stringify({ mode: 'each', messages }), batch);
    expect(status).toBe(201);
    expect(body.messages.map(({ queues, problem }) => problem?.code ?? queues)).toEqual([['q'], 'request_invalid', ['q'], 'queue_full', 'request_body_too_large']);
    expect((await client.receive('q')).map((message) => message['body'])).toEqual(['a', 'b']);
  });

  it('over its limit names the limit of batches', async () => {
    await space.queue('q');
    const answer = await client.post<Problem>('/queues/q/messages', JSON.stringify({ messages: [{ body: 'x'.repeat(8 * 1024 * 1024) }] }), batch);
    expect(answer).toMatchObject({ status: 413, body: { code: 'request_body_too_large', detail: expect.stringContaining(String(8 * 1024 * 1024)) } });
  });

  it('refuses headers that would be lost beside its messages', async () => {
    await space.queue('q');
    expect(await client.post<Problem>('/queues/q/messages', '{"messages":[{"body":"x"}]}', { ...batch, 'waybill-key': 'k' })).toMatchObject({ body: { code: 'request_header_invalid' } });
  });
});

describe('a CloudEvent', () => {
  const event = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'order.created', subject: 'o/1' };

  it('is taken in each mode, routed by its type and by its attributes, and comes out as it came in', async () => {
    await Promise.all([space.queue('by-type'), space.queue('by-source')]);
    await exchange(space, 'topics', 'topic', [{ destination: { queue: 'by-type' }, pattern: 'order.*' }]);
    await exchange(space, 'sources', 'headers', [{ destination: { queue: 'by-source' }, headers: { 'ce-source': '/shop' } }]);
    const structured = `{ "specversion":"1.0", "id":"A-2", "source":"/shop", "type":"order.created", "data":{"n":12345678901234567890} }`;
    const binaryHeaders = { 'content-type': 'application/json', ...Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, value])) };
    for (const name of ['topics', 'sources']) {
      await client.post(`/exchanges/${name}/messages`, '{"n":1}', binaryHeaders);
      await client.post(`/exchanges/${name}/messages`, structured, { 'content-type': 'application/cloudevents+json' });
      const answer = await client.post<Batch>(`/exchanges/${name}/messages`, `[${structured.replace('A-2', 'A-3')}]`, { 'content-type': 'application/cloudevents-batch+json' });
      expect(answer.body.messages).toHaveLength(1);
    }
    for (const queue of ['by-type', 'by-source']) {
      expect(await client.receive(queue)).toMatchObject([
        { key: 'order.created', contentType: 'application/json', group: 'o/1', body: '{"n":1}', headers: { 'ce-id': 'A-1', 'ce-source': '/shop' } },
        { contentType: 'application/cloudevents+json', body: structured, headers: { 'ce-id': 'A-2' } },
        { contentType: 'application/cloudevents+json', body: structured.replace('A-2', 'A-3'), headers: { 'ce-id': 'A-3' } },
      ]);
    }
  });

  it('asked to, is stored once per source and id', async () => {
    await space.queue('once', { dedup: { windowMs: 60_000, by: 'id' } });
    const send = (id: string) => client.post<PublishReceipt>('/queues/once/messages?dedup=id', JSON.stringify({ ...event, id }), { 'content-type': 'application/cloudevents+json' });
    expect((await send('1')).body.queues).toEqual(['once']);
    expect((await send('1')).body.duplicates).toHaveLength(1);
    expect((await send('2')).body.queues).toEqual(['once']);
  });
});

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'order-1' };

  it('makes a repeated request answer what the first one answered, byte for byte, and store nothing', async () => {
    const queue = await space.queue('q');
    const first = await client.post('/queues/q/messages', 'x', key);
    const again = await client.post('/queues/q/messages', 'x', key);
    expect([again.status, again.text, again.headers.get('idempotency-replayed'), first.headers.get('idempotency-replayed')]).toEqual([201, first.text, 'true', null]);
    const many = JSON.stringify({ mode: 'each', messages: [{ body: '1' }, { body: '2', priority: 77 }, { body: '3' }] });
    const firstBatch = await client.post('/queues/q/messages', many, { ...batch, 'idempotency-key': 'b' });
    expect((await client.post('/queues/q/messages', many, { ...batch, 'idempotency-key': 'b' })).text).toBe(firstBatch.text);
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 3 });
  });

  it('answers the same from another gateway, and when the answer was never noted', async () => {
    await space.queue('q');
    const first = await client.post<PublishReceipt>('/queues/q/messages', 'x', key);
    const other = await PublishGateway.open();
    try {
      expect((await other.client(space.ns).post('/queues/q/messages', 'x', key)).text).toBe(first.text);
      const kept = await space.redis.keys(`{${space.ns}}:idempotency:answer:*`);
      await space.redis.del(...kept);
      // A moment after the first: it may still be on its way to note the answer.
      expect(await client.post<Problem>('/queues/q/messages', 'x', key)).toMatchObject({ status: 409, body: { code: 'idempotency_key_in_use' } });
    } finally {
      await other.close();
    }
  });

  it('used for another request is refused', async () => {
    const queue = await space.queue('q');
    await client.post('/queues/q/messages', 'x', key);
    for (const [path, body, headers] of [['/queues/q/messages', 'y', {}], ['/queues/q/messages', 'x', { 'waybill-priority': '3' }], ['/exchanges/default/messages', 'x', {}]] as const) {
      expect(await client.post<Problem>(path, body, { ...key, ...headers })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    }
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 1 });
  });

  it('of a request that was refused can be used again', async () => {
    expect(await client.post<Problem>('/queues/q/messages', 'x', key)).toMatchObject({ status: 404 });
    await space.queue('q');
    expect(await client.post('/queues/q/messages', 'x', key)).toMatchObject({ status: 201 });
  });

  it('carries out ten requests at once only once', async () => {
    const queue = await space.queue('q');
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.post('/queues/q/messages', 'x', key)));
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1);
    expect((await client.post('/queues/q/messages', 'x', key)).headers.get('idempotency-replayed')).toBe('true');
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 1 });
  });
});
