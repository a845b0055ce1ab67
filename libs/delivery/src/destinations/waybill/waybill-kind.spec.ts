import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@waybill/kernel';
import type { Sender } from '../../destination.js';
import { aCall, aMessage, localGuard } from '../../testing/calls.js';
import { Receiver } from '../../testing/receiver.js';
import { WaybillKind } from './waybill-kind.js';

let gateway: Receiver;
const senders: Sender[] = [];
const kind = new WaybillKind(localGuard());
beforeEach(async () => {
  gateway = await Receiver.open();
  gateway.reply = (_request, response) => response.writeHead(201).end('{}');
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.close()));
  await gateway.close();
});

function open(settings: Record<string, unknown> = {}): Sender {
  const sender = kind.open(kind.settings.parse({ url: `${gateway.url}/`, exchange: 'shop', ...settings }), { api_key: [new Secret('wb_test_x')] });
  senders.push(sender);
  return sender;
}

describe('another Waybill', () => {
  it('gets the message with its properties, under its id as dedup id, one hop further', async () => {
    const message = aMessage({ group: 'g', correlationId: 'c', headers: { customer: 'größe', 'waybill-hops': '3' }, traceparent: '00-a-b-01' });
    expect(await open().send(aCall({ messages: [message] }))).toMatchObject({ outcome: 'delivered', status: 201 });
    expect(gateway.last).toMatchObject({
      method: 'POST', url: '/v1/exchanges/shop/messages',
      headers: {
        authorization: 'Bearer wb_test_x', 'content-type': 'application/json', 'waybill-key': 'order.created', 'waybill-dedup-id': 'msg_0000000001a', 'waybill-group': 'g', 'waybill-correlation-id': 'c', traceparent: '00-a-b-01',
        'waybill-h-waybill-hops': '4',
      },
    });
    expect(Buffer.from(gateway.last.headers['waybill-h-customer'] as string, 'latin1').toString()).toBe('größe');
    expect(gateway.last.body.equals(Buffer.from(message.body))).toBe(true);
  });

  it('gets several messages as one batch that is stored whole', async () => {
    const messages = [aMessage(), aMessage({ id: 'msg_0000000001b', contentType: 'image/png', body: Buffer.from([255]) })];
    await open({ exchange: undefined, queue: 'orders', key: 'from.eu' }).send(aCall({ messages }));
    expect(gateway.last).toMatchObject({ url: '/v1/queues/orders/messages', headers: { 'content-type': 'application/vnd.waybill.batch+json' } });
    expect(JSON.parse(gateway.last.body.toString())).toEqual({
      mode: 'all',
      messages: [
        { key: 'from.eu', contentType: 'application/json', headers: { 'waybill-hops': '1' }, dedupId: 'msg_0000000001a', bodyEncoding: 'base64', body: Buffer.from(messages[0]?.body ?? '').toString('base64') },
        { key: 'from.eu', contentType: 'image/png', headers: { 'waybill-hops': '1' }, dedupId: 'msg_0000000001b', bodyEncoding: 'base64', body: '/w==' },
      ],
    });
  });

  it('gets an event as a message, not as an event that is taken apart again', async () => {
    await open().send(aCall({ messages: [aMessage({ contentType: 'application/cloudevents+json' })] }));
    expect(gateway.last.headers['content-type']).toBe('application/vnd.waybill.batch+json');
  });

  it.each(['16', '17', '999', 'x', '-1', '1e3'])('gets no message that went through %s of them', async (hops) => {
    const looping = aMessage({ headers: { 'waybill-hops': hops } });
    expect(await open().send(aCall({ messages: [looping] }))).toMatchObject({ outcome: 'rejected', status: null, reason: 'hop_limit' });
    expect(await open().send(aCall({ messages: [aMessage(), looping] }))).toMatchObject({ outcome: 'failed', reason: 'hop_limit' });
    expect(gateway.received).toHaveLength(0);
  });

  it.each([
    [400, 'rejected'], [402, 'rejected'], [413, 'rejected'], [422, 'rejected'], [401, 'failed'], [403, 'failed'], [404, 'failed'], [409, 'failed'], [429, 'slow_down'], [503, 'slow_down'], [500, 'failed'],
  ] as const)('that answers %i: %s', async (status, outcome) => {
    gateway.reply = (_request, response) => response.writeHead(status, { 'x-request-id': 'req_1', 'retry-after': '2' }).end();
    expect(await open().send(aCall())).toMatchObject({ outcome, status, requestId: 'req_1', retryAfterMs: 2_000 });
  });

  it.each([[{}], [{ exchange: 'a', queue: 'b' }], [{ exchange: '../x' }], [{ exchange: 'a/b' }]])('refuses the settings %j', (settings) => {
    expect(kind.settings.safeParse({ url: 'https://a.example', ...settings }).success).toBe(false);
  });

  it('is not called at a private address, nor without its key', async () => {
    await expect(kind.check(kind.settings.parse({ url: 'http://10.0.0.1/', queue: 'q' }))).rejects.toMatchObject({ code: 'egress_refused' });
    expect(await kind.open(kind.settings.parse({ url: gateway.url, queue: 'q' }), {}).send(aCall())).toMatchObject({ outcome: 'refused', reason: 'secret_missing' });
  });
});
