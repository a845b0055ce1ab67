import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WaybillClient } from '@waybill/client';
import type { Message } from '@waybill/client';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Customer, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

let stack: Stack;
let customer: Customer;
let key: string;
let client: WaybillClient;

beforeAll(async () => {
  stack = await startInstallation();
  customer = await Customer.signUp(stack.controlPlane.url);
  key = (await customer.key()).secret;
  client = new WaybillClient({ url: gatewayUrl(stack), key, controlUrl: stack.controlPlane.url, namespace: customer.namespaceId });
});
afterAll(() => stack?.stop());

const transports = ['poll', 'sse', 'websocket'] as const;

/** Between client and gateway: carries calls through, but cuts the first answers off. */
async function losing(answers: number) {
  let lost = 0;
  const server = createServer(async (request, reply) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(gatewayUrl(stack) + request.url, { method: request.method ?? 'GET', headers: headers as Record<string, string>, body: Buffer.concat(parts) });
    const body = Buffer.from(await answer.arrayBuffer());
    if ((lost += 1) <= answers) return void reply.destroy();
    reply.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)) };
}

describe('the client', () => {
  it('stores a message once although the answer was lost twice', async () => {
    await client.topology.putQueue('lossy');
    const proxy = await losing(2);
    const receipt = await new WaybillClient({ url: proxy.url, key }).queue('lossy').publish({ body: 'once' });
    await proxy.stop();
    expect(receipt.queues).toEqual(['lossy']);
    expect(await client.queue('lossy').figures()).toMatchObject({ ready: 1, enqueuedTotal: 1 });
    const [message] = await client.queue('lossy').receive({ max: 10 });
    expect(message).toMatchObject({ id: receipt.id });
  });

  it('carries every property and any bytes there and back', async () => {
    await client.topology.putQueue('whole');
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const sent = { key: 'schlüssel.1', priority: 7, group: 'g ü', dedupId: 'd1', replyTo: 'answers', correlationId: 'c1', headers: { region: 'eu', note: ' zwei Wörter ' } };
    await client.queue('whole').publish({ ...sent, body, contentType: 'image/x-odd' });
    const [message] = await client.queue('whole').receive();
    expect(message).toMatchObject({ ...sent, contentType: 'image/x-odd' });
    expect([...(message?.body ?? [])]).toEqual([...body]);
  });

  it.each(transports)('works through a queue by %s, each message once, and leaves it empty', async (transport) => {
    const name = `work-${transport}`;
    await client.topology.putQueue(name);
    const bodies = Array.from({ length: 40 }, (_, index) => String(index));
    await client.queue(name).publishAll(bodies.map((body) => ({ body })));
    const stop = new AbortController();
    const seen: string[] = [];
    await client.queue(name).work((message) => void (seen.push(message.text()), seen.length === bodies.length && stop.abort()), { transport, concurrency: 4, prefetch: 8, signal: stop.signal });
    expect(seen.sort()).toEqual(bodies.sort());
    expect(await client.queue(name).figures()).toMatchObject({ ready: 0, leased: 0, dead: 0 });
  });

  it.each(transports)('keeps a lease while the handler runs, by %s', async (transport) => {
    const name = `slow-${transport}`;
    await client.topology.putQueue(name, { leaseSeconds: 1 });
    await client.queue(name).publish({ body: 'slow' });
    const stop = new AbortController();
    const counts: number[] = [];
    await client.queue(name).work(
      async (message: Message) => {
        counts.push(message.deliveryCount);
        const first = Date.parse(message.leaseUntil);
        await eventually(() => expect(Date.parse(message.leaseUntil)).toBeGreaterThan(first + 1_500));
        stop.abort();
      },
      { transport, leaseSeconds: 1, prefetch: 2, signal: stop.signal },
    );
    expect(counts).toEqual([1]);
    expect(await client.queue(name).figures()).toMatchObject({ ready: 0, leased: 0, dead: 0, removedTotal: 1 });
  });

  it.each(transports)('that stops gives back what was not begun at once, by %s', async (transport) => {
    const name = `stop-${transport}`;
    await client.topology.putQueue(name, { leaseSeconds: 3600 });
    await client.queue(name).publishAll([{ body: 'a' }, { body: 'b' }, { body: 'c' }]);
    const stop = new AbortController();
    await client.queue(name).work(
      async () => {
        await eventually(async () => expect(await client.queue(name).figures()).toMatchObject({ leased: 3 }));
        stop.abort();
      },
      { transport, prefetch: 3, signal: stop.signal },
    );
    await eventually(async () => expect(await client.queue(name).figures()).toMatchObject({ ready: 2, leased: 0, dead: 0 }));
  });

  it('answers a request', async () => {
    await client.topology.putQueue('questions');
    await client.topology.putExchange('rpc', { kind: 'fanout' });
    await client.topology.putBindings('rpc', [{ destination: { queue: 'questions' } }]);
    const stop = new AbortController();
    const answering = client.queue('questions').work((message) => message.reply({ json: { doubled: message.json<{ n: number }>().n * 2 } }), { signal: stop.signal });
    const reply = await client.exchange('rpc').request({ json: { n: 21 } }, { timeoutSeconds: 20 });
    expect(reply.json()).toEqual({ doubled: 42 });
    stop.abort();
    await answering;
  });

  it('publishes a stream and hears of each message in order', async () => {
    await client.topology.putQueue('lines');
    async function* messages() {
      for (let index = 0; index < 250; index += 1) yield { body: String(index), key: index === 100 ? 'k'.repeat(300) : 'fine' };
    }
    const failed: number[] = [];
    let index = 0;
    for await (const { error } of client.queue('lines').publishStream(messages())) {
      if (error) failed.push(index);
      index += 1;
    }
    expect({ index, failed }).toEqual({ index: 250, failed: [100] });
    expect(await client.queue('lines').figures()).toMatchObject({ ready: 249 });
  });
});
