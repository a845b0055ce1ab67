import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { withDouble } from './testing/with-double.js';

interface Received {
  readonly body: string;
  readonly signature: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function receiver(): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      received.push({ body: Buffer.concat(chunks).toString(), signature: String(incoming.headers['stripe-signature']) });
      outgoing.end('{}');
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

async function makeCustomers(stripe: Stripe, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await stripe.customers.create({ name: `C${i}` });
}

describe('webhooks of the Stripe double', () => {
  it('are signed so that the SDK accepts them, and not under another secret', async () => {
    const { stripe, control } = await withDouble();
    const { url, received } = await receiver();
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
    await makeCustomers(stripe, 1);
    await control('deliveries/idle');
    const [{ body, signature }] = received as [Received];
    expect(stripe.webhooks.constructEvent(body, signature, endpoint.secret!).type).toBe('customer.created');
    expect(() => stripe.webhooks.constructEvent(body, signature, 'whsec_other')).toThrow(/No signatures found/);
  });

  it('are lost, doubled and shuffled by the seed: the same seed, the same order', async () => {
    const orders = [];
    for (const seed of [7, 7, 8]) {
      const { stripe, control } = await withDouble({ seed });
      const { url, received } = await receiver();
      await stripe.webhookEndpoints.create({ url, enabled_events: ['customer.created'] });
      await control('faults/webhooks', { duplicated: 0.5, shuffled: true, lost: 0.1, delayMs: 300 });
      await makeCustomers(stripe, 12);
      await control('deliveries/idle');
      orders.push(received.map(({ body }) => (JSON.parse(body) as { data: { object: { name: string } } }).data.object.name));
    }
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual(orders[2]);
    expect(orders[0]!.length).toBeGreaterThan(12);
    expect(orders[0]).not.toEqual([...orders[0]!].sort());
  });

  it('in thin form name the object and carry none of it; what is in it is fetched', async () => {
    const { stripe, control } = await withDouble();
    await control('rules', { unknownCustomerOfAnEvent: 'reported' });
    const { url, received } = await receiver();
    const destination = await stripe.v2.core.eventDestinations.create({
      name: 'meters', type: 'webhook_endpoint', event_payload: 'thin', enabled_events: ['v1.billing.meter.error_report_triggered'], webhook_endpoint: { url }, include: ['webhook_endpoint.signing_secret'],
    });
    await stripe.billing.meters.create({ display_name: 'M', event_name: 'm', default_aggregation: { formula: 'sum' }, event_time_window: 'hour' });
    await stripe.billing.meterEvents.create({ event_name: 'm', identifier: 'x:1', payload: { stripe_customer_id: 'cus_gone', value: '1' } });
    await control('deliveries/idle');
    const notification = stripe.parseEventNotification(received[0]!.body, received[0]!.signature, destination.webhook_endpoint!.signing_secret!);
    expect(notification.type).toBe('v1.billing.meter.error_report_triggered');
    expect(received[0]!.body).not.toContain('x:1');
    expect(JSON.stringify(await stripe.v2.core.events.retrieve(notification.id))).toContain('x:1');
  });

  it('with a wrong signature are refused by the SDK', async () => {
    const { stripe, control } = await withDouble();
    const { url, received } = await receiver();
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
    await control('faults/webhooks', { wrongSignature: 1 });
    await makeCustomers(stripe, 1);
    await control('deliveries/idle');
    expect(() => stripe.webhooks.constructEvent(received[0]!.body, received[0]!.signature, endpoint.secret!)).toThrow();
  });
});
