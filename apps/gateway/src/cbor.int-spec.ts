import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Problem, PublishReceipt } from '@waybill/contracts';
import { decodeCbor, encodeCbor } from '@waybill/platform';
import type { TestSpace } from './testing/open-gateway.js';
import { exchange, openWithBodies } from './testing/publish-gateway.js';
import type { PublishClient } from './testing/publish-gateway.js';

let opened: Awaited<ReturnType<typeof openWithBodies>>;
let space: TestSpace;
let client: PublishClient;
beforeEach(async () => {
  opened = await openWithBodies({ inlineBytes: 65_536, largeBytes: 10_000_000 });
  ({ space, client } = opened);
});
afterEach(() => opened.close());

const batchType = { 'content-type': 'application/vnd.waybill.batch+cbor' };
const json = { 'content-type': 'application/json' };
const cbor = { 'content-type': 'application/cbor' };
const cborAsked = { accept: 'application/cbor' };
type Batch = { messages: (PublishReceipt & { problem?: Problem })[] };
type Message = Record<string, unknown> & { receipt: string; body: Buffer };

const publish = <T = Batch>(batch: unknown, headers: Record<string, string> = {}, to = '/queues/q/messages') => client.post<T>(to, encodeCbor(batch), { ...batchType, ...headers });
/** Asks in JSON and is answered in CBOR. */
const take = async (body: object = { max: 100 }, queue = 'q') => {
  const { status, headers, bytes } = await client.post(`/queues/${queue}/receive`, JSON.stringify(body), { ...json, ...cborAsked });
  expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'application/cbor' });
  return decodeCbor(bytes) as unknown as { messages: Message[]; paused?: boolean };
};
const bodies = async () => (await take()).messages.map(({ body }) => body);

describe('a batch in CBOR', () => {
  it('has bytes for bodies, or text, with properties as in JSON', async () => {
    await exchange(space, 'x', 'topic', [{ destination: { queue: 'q' }, pattern: 'a.#' }]);
    const bytes = randomBytes(50_000);
    const messages = [
      { body: bytes, key: 'a.b', contentType: 'image/png' }, { body: 'ä', key: 'a.c', contentType: 'text/plain', priority: 3, headers: { 'X-A': '1' }, group: 'g' },
      { body: 'AAE=', bodyEncoding: 'base64', key: 'a' }, { body: Buffer.alloc(0), key: 'a' }, { body: Buffer.from('nowhere'), key: 'b' },
    ];
    const { status, body, headers } = await publish({ messages, mode: 'all' }, {}, '/exchanges/x/messages');
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 201, type: expect.stringContaining('application/json') });
    expect(body.messages.map(({ queues }) => queues)).toEqual([['q'], ['q'], ['q'], ['q'], []]);
    expect((await take()).messages).toMatchObject([
      { id: body.messages[0]!.id, body: bytes, key: 'a.b', contentType: 'image/png', exchange: 'x', headers: {} },
      { body: Buffer.from('ä'), key: 'a.c', priority: 3, headers: { 'x-a': '1' }, group: 'g' }, { body: Buffer.from([0, 1]), contentType: 'application/octet-stream' }, { body: Buffer.alloc(0) },
    ]);
  });

  it('is stored all or none, or each for itself', async () => {
    const messages = [{ body: Buffer.from('ok') }, { body: Buffer.from('x'), bodyEncoding: 'utf8' }];
    expect(await publish<Problem>({ messages })).toMatchObject({ status: 400, body: { code: 'batch_invalid', detail: expect.stringContaining('message 1'), issues: [{ path: 'messages.1.bodyEncoding' }] } });
    const each = await publish({ messages, mode: 'each' });
    expect(each.body.messages.map(({ problem }) => problem?.code)).toEqual([undefined, 'request_invalid']);
    expect(await bodies()).toEqual([Buffer.from('ok')]);
  });

  it('is carried out once with an Idempotency-Key', async () => {
    const batch = { messages: [{ body: randomBytes(10) }] };
    const first = await publish(batch, { 'idempotency-key': 'k' });
    const again = await publish(batch, { 'idempotency-key': 'k' });
    expect({ text: again.text, replayed: again.headers.get('idempotency-replayed') }).toEqual({ text: first.text, replayed: 'true' });
    expect(await publish<Problem>({ messages: [{ body: 'other' }] }, { 'idempotency-key': 'k' })).toMatchObject({ body: { code: 'idempotency_key_reused' } });
    expect(await bodies()).toHaveLength(1);
  });

  it('that is malformed is answered with what is wrong, and where', async () => {
    const whole = encodeCbor({ messages: [{ body: Buffer.from('x') }] });
    expect(await client.post<Problem>('/queues/q/messages', whole.subarray(0, -1), batchType)).toMatchObject({
      status: 400, body: { code: 'request_malformed_cbor', detail: `Send a body that is valid CBOR: it ends in the middle of an item, at byte ${whole.length - 1}.` },
    });
    expect(await client.post<Problem>('/queues/q/messages', Buffer.alloc(1000, 0x81), batchType)).toMatchObject({ status: 400, body: { code: 'body_too_deep' } });
    expect(await client.post<Problem>('/queues/q/messages', Buffer.from('61ff', 'hex'), batchType)).toMatchObject({ status: 400, body: { code: 'text_invalid' } });
    expect(await client.post<Problem>('/queues/q/messages', Buffer.concat([Buffer.from([0x9f]), Buffer.alloc(8_000_000, 0x41)]), batchType)).toMatchObject({
      status: 400, body: { code: 'request_malformed_cbor', detail: expect.stringContaining('more than 100000 arrays, maps and byte strings') },
    });
    expect(await client.post<Problem>('/queues/q/messages', encodeCbor(Buffer.alloc(5_000_000)), batchType)).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect(await publish<Problem>({ messages: [{ body: Buffer.alloc(9_000_000) }] })).toMatchObject({ status: 413, body: { code: 'request_body_too_large' } });
    expect(await publish<Problem>({ messages: [{ body: 'x' }] }, { 'waybill-key': 'k' })).toMatchObject({ body: { code: 'request_header_invalid' } });
  });

  it('is told from JSON by its content type alone', async () => {
    const text = '{"messages":[{"body":"x"}]}';
    expect(await client.post<Problem>('/queues/q/messages', text, batchType)).toMatchObject({ body: { code: 'request_malformed_cbor' } });
    expect(await publish<Problem>({ messages: [{ body: 'x' }] }, { 'content-type': 'application/vnd.waybill.batch+json' })).toMatchObject({ status: 400, body: { code: expect.stringMatching(/text_invalid|malformed_json/) } });
    // As a message of its own it is bytes like any others.
    expect(await publish({ messages: [{ body: 'x' }] }, cbor)).toMatchObject({ status: 201 });
    expect(await bodies()).toEqual([encodeCbor({ messages: [{ body: 'x' }] })]);
  });

  it('is no request: that has one message', async () => {
    await exchange(space, 'x', 'fanout', [{ destination: { queue: 'q' } }]);
    expect(await publish<Problem>({ messages: [{ body: 'x' }] }, {}, '/exchanges/x/request')).toMatchObject({ status: 415, body: { code: 'request_content_type_unsupported' } });
  });
});

describe('a receive answered in CBOR', () => {
  it('shows the same as in JSON, but for the body', async () => {
    await client.post('/queues/q/messages', 'plain', { 'content-type': 'text/plain; charset=utf-8' });
    await publish({
      messages: [{
        body: Buffer.from([0xff, 0]), key: 'ä.b', priority: 4, group: 'g', dedupId: 'd', replyTo: 'r', correlationId: 'c', ttlSeconds: 3600, headers: { a: 'ü' },
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      }],
    });
    const death = { reason: 'no', queue: 'before', atMs: 1_700_000_000_000, deliveries: 3 };
    await opened.gateway.broker.publisher.publish(space.ns, { queue: 'q' }, [{ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {}, death }, body: Buffer.from('dead') }]);
    const asJson = await client.receive('q');
    await client.post('/queues/q/settle', JSON.stringify({ release: asJson.map(({ receipt }) => ({ receipt, delaySeconds: 0 })) }), json);
    const { messages } = await take();
    const same = ({ receipt: _receipt, deliveryCount: _count, leaseUntil: _until, body: _body, bodyEncoding: _encoding, ...rest }: Record<string, unknown>) => rest;
    expect(messages).toHaveLength(3);
    expect(messages.map(same)).toEqual(asJson.map(same));
    expect(messages[1]).toMatchObject({ group: 'g', dedupId: 'd', replyTo: 'r', correlationId: 'c', traceparent: expect.any(String), expiresAt: expect.any(String) });
    expect(messages[2]).toMatchObject({ death: { reason: 'no', queue: 'before', at: '2023-11-14T22:13:20.000Z', deliveries: 3 } });
    expect(messages.map(({ body }) => body)).toEqual([Buffer.from('plain'), Buffer.from([0xff, 0]), Buffer.from('dead')]);
    for (const message of messages) {
      expect(message).toMatchObject({ receipt: expect.any(String), deliveryCount: 2, leaseUntil: expect.stringMatching(/^\d{4}-.*Z$/) });
      expect(message).not.toHaveProperty('bodyEncoding');
    }
  });

  it('says that the queue is paused, and that there is nothing', async () => {
    const queue = await space.queue('p');
    expect(await take({}, 'p')).toEqual({ messages: [] });
    await space.redis.hset(`{${space.ns}}:q:${queue.id}`, 'paused', 'on');
    expect(await take({}, 'p')).toEqual({ messages: [], paused: true });
  });

  it('says what it accepted and what it could not', async () => {
    await space.publish('q', 'a', 'b');
    const [a] = (await take({})).messages;
    expect(await take({ accept: [a!.receipt, 'nonsense'] })).toMatchObject({
      messages: [{ body: Buffer.from('b') }], accepted: 1, notAccepted: [{ receipt: 'nonsense', outcome: 'failed', problem: { code: 'receipt_invalid' } }],
    });
    expect(await take({ accept: [a!.receipt] })).toEqual({ messages: [], accepted: 1 });
  });

  it('carries several mebibytes whole, and bodies that lie outside the message store', async () => {
    const sent = Array.from({ length: 40 }, () => randomBytes(60_000));
    await publish({ messages: sent.map((body) => ({ body })) });
    const large = randomBytes(3_000_000);
    await client.post('/queues/q/messages', large);
    const got: Buffer[] = [];
    while (got.length <= sent.length) {
      const found = await bodies();
      if (found.length === 0) break;
      got.push(...found);
    }
    expect(got.map((body, i) => body.equals(i < sent.length ? sent[i] as Buffer : large))).toEqual(got.map(() => true));
    expect(got).toHaveLength(sent.length + 1);
  });

  it('keeps its errors as problems in JSON', async () => {
    const answer = await client.post<Problem>('/queues/none/receive', '{}', { ...json, ...cborAsked });
    expect(answer).toMatchObject({ status: 404, body: { code: 'queue_not_found' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each([['*/*'], ['application/json'], ['application/cbor;q=0'], ['application/cbor;q=0.5, application/json'], ['application/*']])('is JSON for %s', async (accept) => {
    const { headers, body } = await client.post('/queues/q/receive', '{}', { ...json, accept });
    expect({ type: headers.get('content-type'), body }).toEqual({ type: expect.stringContaining('application/json'), body: { messages: [] } });
  });
});

describe('a request in CBOR', () => {
  const send = <T = Problem>(call: string, body: unknown, headers: Record<string, string> = {}) => client.post<T>(`/queues/q/${call}`, Buffer.isBuffer(body) ? body : encodeCbor(body), { ...cbor, ...headers });

  it('receives and settles, answered in what is asked for', async () => {
    await space.publish('q', 'a', 'b');
    const received = decodeCbor((await send('receive', { max: 2, waitSeconds: 0.5 }, cborAsked)).bytes) as unknown as { messages: Message[] };
    const [a, b] = received.messages.map(({ receipt }) => receipt);
    const settled = await send('settle', { accept: [a], release: [{ receipt: b, delaySeconds: 0 }, { receipt: 'nonsense' }] }, cborAsked);
    expect(settled.headers.get('content-type')).toBe('application/cbor');
    expect(decodeCbor(settled.bytes)).toEqual({
      results: [{ receipt: a, outcome: 'accepted' }, { receipt: b, outcome: 'released' }, { receipt: 'nonsense', outcome: 'failed', problem: expect.objectContaining({ code: 'receipt_invalid' }) }],
    });
    expect((await send<{ messages: object[] }>('receive', {})).body.messages).toMatchObject([{ body: 'b', bodyEncoding: 'utf8' }]);
    expect((await send<{ results: object[] }>('settle', { accept: [a] })).body).toEqual({ results: [{ receipt: a, outcome: 'already_settled' }] });
  });

  it.each([
    ['a field that is not known', { unknown: 1 }, 'request_invalid'], ['no number', { max: NaN }, 'request_invalid'], ['an array', [], 'request_invalid'], ['bytes', Buffer.from('43010203', 'hex'), 'request_malformed_cbor'],
    ['bytes within', Buffer.from('a163666f6f40', 'hex'), 'request_malformed_cbor'], ['nothing', Buffer.alloc(0), 'request_malformed_cbor'], ['more than one item', Buffer.from('a0a0', 'hex'), 'request_malformed_cbor'],
    ['arrays within arrays', Buffer.alloc(60_000, 0x81), 'body_too_deep'], ['what is no UTF-8', Buffer.from('a161ff00', 'hex'), 'text_invalid'], ['too much', Buffer.alloc(70_000), 'request_body_too_large'],
  ])('of %s is refused', async (_name, body, code) => {
    for (const call of ['receive', 'settle']) expect(await send(call, body, cborAsked)).toMatchObject({ body: { code } });
  });

  it('is not taken by accept-and-publish', async () => {
    const body = { receipt: 'x', publish: [{ to: { queue: 'q' }, message: { body: 'a' } }] };
    expect(await send('accept-and-publish', body)).toMatchObject({ status: 415, body: { code: 'request_content_type_unsupported' } });
    expect(await client.post<Problem>('/queues/q/accept-and-publish', JSON.stringify(body), { ...json, ...cborAsked })).toMatchObject({ body: { code: 'receipt_invalid' } });
  });
});
