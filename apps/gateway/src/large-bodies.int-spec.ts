import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@waybill/broker';
import type { Problem, PublishReceipt } from '@waybill/contracts';
import { eventually } from '@waybill/testing';
import { TestSpace } from './testing/open-gateway.js';
import { exchange, openWithBodies, PublishGateway } from './testing/publish-gateway.js';
import type { PublishClient } from './testing/publish-gateway.js';

let opened: Awaited<ReturnType<typeof openWithBodies>>;
let space: TestSpace;
let gateway: PublishGateway;
let client: PublishClient;
let folder: string;
const inlineBytes = 65_536;
const largeBytes = 24_000_000;
beforeEach(async () => {
  opened = await openWithBodies({ inlineBytes, largeBytes });
  ({ space, gateway, client, folder } = opened);
});
afterEach(() => opened.close());

const files = async () => (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
const bodyOf = (message: Record<string, unknown>) => Buffer.from(message['body'] as string, message['bodyEncoding'] as BufferEncoding);
const inPieces = (bytes: Buffer) => new ReadableStream({
  start(controller) {
    for (let at = 0; at < bytes.length; at += 100_000) controller.enqueue(new Uint8Array(bytes.subarray(at, at + 100_000)));
    controller.close();
  },
});

describe('a body above the inline limit', () => {
  it('is published and received by the same calls, announced or not, and lies outside the message store', async () => {
    const body = randomBytes(20_000_000);
    for (const sent of [body, inPieces(body)]) {
      const answer = await client.post<PublishReceipt>('/queues/q/messages', sent, { 'waybill-priority': '4', 'waybill-h-a': 'b' });
      expect(answer).toMatchObject({ status: 201, body: { queues: ['q'], units: { messages: 1, kibIn: Math.ceil((20_000_000 + 200) / 1024), queuePasses: 1 } } });
      const [message] = await client.receive('q', { autoAccept: true });
      expect(message).toMatchObject({ id: answer.body.id, priority: 4, headers: { a: 'b' } });
      expect(bodyOf(message!).equals(body)).toBe(true);
    }
    expect(await space.redis.memory('USAGE', keys.messages(space.ns, (await gateway.broker.consumer.on(space.ns, 'q', async (queue) => queue)).id)) ?? 0).toBeLessThan(10_000);
  });

  it('of exactly the limit is inline, one byte more is not', async () => {
    await client.post('/queues/q/messages', Buffer.alloc(inlineBytes));
    await client.post('/queues/q/messages', inPieces(Buffer.alloc(inlineBytes)));
    expect(await files()).toEqual([]);
    await client.post('/queues/q/messages', Buffer.alloc(inlineBytes + 1));
    await client.post('/queues/q/messages', inPieces(Buffer.alloc(inlineBytes + 1)));
    expect(await files()).toHaveLength(2);
    expect((await client.receive('q')).map((message) => bodyOf(message).length)).toEqual([inlineBytes, inlineBytes, inlineBytes + 1, inlineBytes + 1]);
  });

  it('is written once for all queues it reaches, and free when the last of them is done with it', async () => {
    await space.queue('other');
    await exchange(space, 'all', 'fanout', ['q', 'other'].map((queue) => ({ destination: { queue } })));
    await client.post('/exchanges/all/messages', Buffer.alloc(100_000));
    expect(await files()).toHaveLength(1);
    const free = () => space.redis.lrange(keys.freeBodies(space.ns), 0, -1);
    await client.receive('q', { autoAccept: true });
    expect(await free()).toEqual([]);
    await client.receive('other', { autoAccept: true });
    expect(await free()).toHaveLength(1);
  });

  it('that is published nowhere is not kept', async () => {
    expect(await client.post<Problem>('/queues/none/messages', Buffer.alloc(100_000))).toMatchObject({ status: 404 });
    expect(await client.post<Problem>('/queues/q/messages', Buffer.alloc(100_000), { 'waybill-delay': '-1' })).toMatchObject({ status: 400, body: { code: 'delay_invalid' } });
    expect(await files()).toEqual([]);
  });

  it('above the largest of all is refused, announced or not, with an answer that arrives', async () => {
    for (const body of [Buffer.alloc(largeBytes + 1), inPieces(Buffer.alloc(largeBytes + 1))]) {
      expect(await client.post<Problem>('/queues/q/messages', body)).toMatchObject({ status: 413, body: { code: 'request_body_too_large', detail: expect.stringContaining(String(largeBytes)) } });
    }
    expect(await files()).toEqual([]);
  });

  it('of somebody without a key is not read', async () => {
    const stranger = await fetch(`${client.url}/v1/queues/q/messages`, { method: 'POST', body: new Uint8Array(5_000_000) });
    expect(stranger.status).toBe(401);
    expect(await files()).toEqual([]);
  });

  it('that breaks off leaves nothing', async () => {
    const { hostname, port } = new URL(client.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(`POST /v1/queues/q/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.token}\r\ncontent-length: 5000000\r\n\r\n`);
    socket.write(Buffer.alloc(1_000_000));
    await eventually(async () => expect(await files()).toHaveLength(1));
    socket.destroy();
    await eventually(async () => expect(await files()).toEqual([]));
  });

  it('with an Idempotency-Key is stored once', async () => {
    const send = () => client.post('/queues/q/messages', Buffer.alloc(100_000, 'x'), { 'idempotency-key': 'k' });
    const first = await send();
    expect((await send()).text).toBe(first.text);
    expect(await files()).toHaveLength(1);
    expect(await client.post<Problem>('/queues/q/messages', Buffer.alloc(100_000, 'y'), { 'idempotency-key': 'k' })).toMatchObject({ body: { code: 'idempotency_key_reused' } });
    expect(await files()).toHaveLength(1);
  });

  it('that was lost is no answer: the message goes back to its queue', async () => {
    await client.post('/queues/q/messages', Buffer.alloc(100_000));
    await rm(path.join(folder, space.ns), { recursive: true });
    const answer = await client.post<Problem>('/queues/q/receive', '{}', { 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status: 503, body: { code: 'body_store_unavailable' } });
    const queue = await gateway.broker.consumer.on(space.ns, 'q', async (found) => found);
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ leased: 0, delayed: 1 });
  });

  it('is given in answers of a bounded size; what does not fit goes back', async () => {
    for (let i = 0; i < 4; i += 1) await client.post('/queues/q/messages', Buffer.alloc(23_000_000, i));
    const first = await client.receive('q');
    expect(first).toHaveLength(2);
    expect((await client.receive('q')).map((message) => bodyOf(message)[0])).toEqual([2, 3]);
  });
});

describe('a gateway without a body store', () => {
  it('refuses what is above the inline limit with a code of its own', async () => {
    const small = await PublishGateway.open({ INLINE_LIMIT_BYTES: String(inlineBytes) });
    try {
      for (const body of [Buffer.alloc(100_000), inPieces(Buffer.alloc(100_000))]) {
        expect(await small.client(space.ns).post<Problem>('/queues/q/messages', body)).toMatchObject({ status: 413, body: { code: 'body_store_missing', detail: expect.stringContaining(String(inlineBytes)) } });
      }
    } finally {
      await small.close();
    }
  });
});
