import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, Customer, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

let stack: Stack;
let customer: Customer;
let app: Application;

beforeAll(async () => {
  stack = await startInstallation();
  customer = await Customer.signUp(stack.controlPlane.url);
  app = new Application(gatewayUrl(stack), (await customer.key()).secret);
});
afterAll(() => stack?.stop());

describe('a newcomer', () => {
  it('signs up, publishes, receives, settles and sees the count', async () => {
    await customer.queue('orders');
    await customer.exchange('events', 'topic');
    await customer.bind('events', { destination: { queue: 'orders' }, pattern: 'order.*' });

    const receipt = await app.publish('/exchanges/events', 'hello', { 'waybill-key': 'order.created', 'waybill-h-region': 'eu' });
    expect(receipt).toMatchObject({ exchanges: ['events'], queues: ['orders'], units: { messages: 1, kibIn: 1, exchangePasses: 1, queuePasses: 1 } });

    const [message] = await app.receive('orders', { waitSeconds: 5 });
    expect(message).toMatchObject({ id: receipt.id, body: 'hello', bodyEncoding: 'utf8', key: 'order.created', headers: { region: 'eu' }, exchange: 'events', deliveryCount: 1 });
    expect(await app.settle('orders', { accept: [message!.receipt] })).toEqual([{ receipt: message!.receipt, outcome: 'accepted' }]);
    expect(await app.figures('orders')).toMatchObject({ ready: 0, leased: 0, dead: 0 });

    await eventually(async () => {
      expect(await customer.usage()).toMatchObject({ mq_messages: 1, mq_kib_in: 1, mq_exchange_passes: 1, mq_queue_passes: 1, mq_kib_out: 1 });
    });
  });

  it('keeps bytes as they are, whatever the content type', async () => {
    await customer.queue('bytes');
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await app.call('POST', '/queues/bytes/messages', { raw: bytes, headers: { 'content-type': 'application/json' } });
    const [message] = await app.receive('bytes');
    expect(message).toMatchObject({ contentType: 'application/json', bodyEncoding: 'base64' });
    expect([...Buffer.from(message!.body, 'base64')]).toEqual([...bytes]);
  });

  it('carries every property through', async () => {
    await customer.queue('properties');
    await app.publish('/queues/properties', 'x', {
      'waybill-key': Buffer.from('käse.42').toString('latin1'), 'waybill-priority': '7', 'waybill-group': 'g1', 'waybill-dedup-id': 'd1', 'waybill-reply-to': 'answers',
      'waybill-correlation-id': 'c1', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'waybill-h-tenant': 'acme',
    });
    expect((await app.receive('properties'))[0]).toMatchObject({
      key: 'käse.42', priority: 7, group: 'g1', dedupId: 'd1', replyTo: 'answers', correlationId: 'c1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', headers: { tenant: 'acme' }, exchange: null,
    });
  });

  it('publishes a batch, all or none, with one receipt per message', async () => {
    await customer.queue('batch');
    const receipts = await app.publishBatch('/queues/batch', ['a', 'b', 'c']);
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(3);
    expect((await app.receive('batch', { max: 10 })).map(({ body }) => body)).toEqual(['a', 'b', 'c']);
  });

  it('waits for a message and gets it when it is published', async () => {
    await customer.queue('waiting');
    const received = app.receive('waiting', { waitSeconds: 30 });
    await app.publish('/queues/waiting', 'at last');
    expect((await received).map(({ body }) => body)).toEqual(['at last']);
  });

  it('is told that a message matched no queue, and sees it counted', async () => {
    await customer.exchange('nowhere', 'direct');
    expect(await app.publish('/exchanges/nowhere', 'x', { 'waybill-key': 'k' })).toMatchObject({ queues: [], units: { queuePasses: 0 } });
    await eventually(async () => expect(await customer.usage()).toMatchObject({ mq_unroutable: 1 }));
  });

  it('finds a message in the dead letters after the delivery limit, without consuming again', async () => {
    await customer.queue('fragile', { deliveryLimit: 2, leaseSeconds: 30 });
    await app.publish('/queues/fragile', 'poison');
    for (const deliveryCount of [1, 2]) {
      const [message] = await eventually(async () => {
        const received = await app.receive('fragile', { leaseSeconds: 0 });
        expect(received).toHaveLength(1);
        return received;
      });
      expect(message).toMatchObject({ deliveryCount });
    }
    await eventually(async () => expect(await app.figures('fragile')).toMatchObject({ ready: 0, leased: 0, dead: 1 }));
  });

  it('purges what is ready', async () => {
    await customer.queue('full');
    await app.publishBatch('/queues/full', Array.from({ length: 50 }, (_, i) => `m${i}`));
    expect((await app.call('POST', '/queues/full/purge', { body: {} })).body).toEqual({ purged: 50 });
    expect(await app.figures('full')).toMatchObject({ ready: 0 });
  });
});
