import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Problem, PublishReceipt } from '@waybill/contracts';
import { eventually } from '@waybill/testing';
import type { QueueRef } from '@waybill/broker';
import { TestSpace } from './testing/open-gateway.js';
import { PublishGateway, requestTimeoutMs } from './testing/publish-gateway.js';
import type { PublishClient } from './testing/publish-gateway.js';

let space: TestSpace;
let gateway: PublishGateway;
let client: PublishClient;
let queue: QueueRef;
beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), PublishGateway.open({ INLINE_LIMIT_BYTES: '65536' })]);
  client = gateway.client(space.ns);
  queue = await space.queue('q');
});
afterEach(async () => {
  await gateway.close();
  await space.close();
});

const ndjson = { 'content-type': 'application/x-ndjson' };
type Line = PublishReceipt & { problem?: Problem };
const linesIn = (text: string): Line[] => text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Line);
const ready = async () => (await gateway.broker.queues.figures(queue)).ready;

/** A request whose body is written by hand. */
class OpenStream {
  text = '';
  ended = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (this.text += chunk)).on('close', () => (this.ended = true)).on('error', () => undefined);
  }

  static async open({ url, token }: PublishClient): Promise<OpenStream> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const stream = new OpenStream(socket);
    socket.write(`POST /v1/queues/q/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n`);
    return stream;
  }

  /** Resolves when the socket has taken it. */
  async write(text: string): Promise<void> {
    if (!this.socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)) await new Promise((resolve) => this.socket.once('drain', resolve).once('close', resolve));
  }

  end(): void {
    this.socket.write('0\r\n\r\n');
  }

  pause(): void {
    this.socket.pause();
  }

  cut(): void {
    this.socket.destroy();
  }

  get answers(): number {
    return this.text.match(/"id":"msg_/g)?.length ?? 0;
  }
}

describe('a stream of lines', () => {
  it('is answered line by line, in order; a line that does not fit has a problem and the others go on', async () => {
    const body = ['{"body":"a"}', '', '{"body":', '{"body":"b","priority":12}', `{"body":"${'x'.repeat(70_000)}"}`, `{"body":"${'x'.repeat(600_000)}"}`, '{"body":"c"}'].join('\n');
    const { status, text, headers } = await client.post('/queues/q/messages', body, ndjson);
    expect([status, headers.get('content-type')]).toEqual([201, 'application/x-ndjson']);
    expect(linesIn(text).map(({ queues, problem }) => problem?.code ?? queues)).toEqual([
      ['q'], 'request_malformed_json', 'request_invalid', 'request_body_too_large', 'request_body_too_large', ['q'],
    ]);
    expect(await ready()).toBe(2);
    expect(gateway.published).toBe(2);
  });

  it('of any length keeps the order of its messages', async () => {
    const count = 5_000;
    const body = Array.from({ length: count }, (_, i) => `{"body":"${i}","contentType":"text/plain"}\n`).join('');
    const lines = linesIn((await client.post('/queues/q/messages', body, ndjson)).text);
    expect(lines).toHaveLength(count);
    expect(await ready()).toBe(count);
    const ids = lines.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect((await client.receive('q')).map((message) => message['body'])).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
  });

  it('answers each line at once, however slowly they come, and may be open longer than a request may take', async () => {
    const stream = await OpenStream.open(client);
    for (let i = 1; i <= 4; i += 1) {
      await stream.write('{"body":"x"}\n');
      await eventually(() => expect(stream.answers).toBe(i));
      await pause(requestTimeoutMs / 2);
    }
    await stream.write('{"body":"last"}');
    stream.end();
    await eventually(() => expect(stream.answers).toBe(5));
    stream.cut();
  });

  it('that is cut off stores what was complete and nothing of the rest', async () => {
    const stream = await OpenStream.open(client);
    await stream.write('{"body":"1"}\n{"body":"2"}\n{"body":"3"}');
    await eventually(() => expect(stream.answers).toBe(2));
    stream.cut();
    await client.post('/queues/q/messages', 'after');
    await eventually(async () => expect(await ready()).toBe(3));
    expect(gateway.broker.redis.status).toBe('ready');
  });

  it('is not read while its answers are not taken', async () => {
    const stream = await OpenStream.open(client);
    stream.pause();
    const lines = `{"body":"x"}\n`.repeat(1_000);
    let written = 0;
    const writing = (async () => {
      for (; written < 400 && !stream.ended; written += 1) await stream.write(lines);
    })();
    // It comes to rest long before all lines are taken: two looks in a row see the same.
    const atRest = await eventually(async () => {
      const before = await ready();
      await pause(300);
      expect(before).toBeGreaterThan(0);
      expect(await ready()).toBe(before);
      return before;
    }, 20_000);
    expect(atRest).toBeLessThan(400_000);
    stream.cut();
    await writing;
  });

  it('over its rate is slowed down, not refused', async () => {
    const slow = await PublishGateway.open({ RATE_LIMIT_KEY_PER_SECOND: '150' });
    try {
      const { text } = await slow.client(space.ns).post('/queues/q/messages', '{"body":"x"}\n'.repeat(300), ndjson);
      expect(linesIn(text).filter(({ queues }) => queues?.length === 1)).toHaveLength(300);
    } finally {
      await slow.close();
    }
  });

  it('to a queue that does not exist is a problem, not a stream', async () => {
    expect(await client.post<Problem>('/queues/none/messages', '{"body":"x"}\n', ndjson)).toMatchObject({ status: 404, body: { code: 'queue_not_found' } });
  });

  it('has a problem for each message a full queue did not take', async () => {
    await space.queue('small', { maxMessages: 2 });
    const { text } = await client.post('/queues/small/messages', '{"body":"x"}\n'.repeat(4), ndjson);
    expect(linesIn(text).map(({ queues, problem }) => problem?.code ?? queues)).toEqual([['small'], ['small'], 'queue_full', 'queue_full']);
  });

  it('without lines has no answers', async () => {
    expect(await client.post('/queues/q/messages', '\n\n', ndjson)).toMatchObject({ status: 201, text: '' });
  });

  it.each([['idempotency-key', 'k'], ['waybill-key', 'k']])('refuses %s, which it could not obey', async (name, value) => {
    expect(await client.post<Problem>('/queues/q/messages', '{"body":"x"}\n', { ...ndjson, [name]: value })).toMatchObject({ status: 400, body: { code: 'request_header_invalid' } });
    expect(await ready()).toBe(0);
  });

  it('ends when the process is told to stop, with an answer to every line that was stored', async () => {
    const stream = await OpenStream.open(client);
    await stream.write('{"body":"1"}\n{"body":"2"}\n');
    await eventually(() => expect(stream.answers).toBe(2));
    await gateway.drain();
    await eventually(() => expect(stream.ended).toBe(true));
    expect(stream.answers).toBe(2);
  });
});
