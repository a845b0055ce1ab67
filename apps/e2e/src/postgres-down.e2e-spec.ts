import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, call, Customer, eventually, expectStatus } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';
import { Receiver } from './receiver.js';

let stack: Stack;
let receiver: Receiver;
beforeAll(async () => {
  // A server of its own, because it is killed.
  stack = await startInstallation({ databaseServerUrl: undefined, settings: { EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1-65535' } });
  receiver = await Receiver.start();
});
afterAll(async () => {
  await stack?.stop();
  await receiver?.stop();
});

describe('while PostgreSQL is down', () => {
  it('messages move on, with keys never used before; what they cost is in the ledger afterwards', async () => {
    const customer = await Customer.signUp(stack.controlPlane.url);
    await customer.queue('q');
    const { secret } = await customer.key();
    await stack.postgres!.kill('SIGKILL');

    const app = new Application(gatewayUrl(stack), secret);
    for (let i = 0; i < 20; i += 1) await app.publish('/queues/q', `m${i}`);
    const messages = await app.receive('q', { max: 100 });
    expect(messages).toHaveLength(20);
    await app.settle('q', { accept: messages.map(({ receipt }) => receipt) });
    expect((await call('GET', `${stack.controlPlane.url}/healthz`)).status).toBe(200);
    expect((await call('GET', `${stack.controlPlane.url}/readyz`)).status).toBe(503);
    expect((await customer.manage('PUT', '/queues/other', {})).status).toBeGreaterThanOrEqual(500);

    await stack.postgres!.restart();
    await eventually(async () => expect(await customer.usage()).toMatchObject({ mq_messages: 20, mq_kib_out: 20 }), 30_000);
    await customer.queue('other');
  });

  it('subscriptions go on pushing; their attempts wait in Redis and are stored once afterwards', async () => {
    const customer = await Customer.signUp(stack.controlPlane.url);
    await customer.queue('pushed');
    expectStatus(await customer.manage('PUT', '/subscriptions/hook', { queue: 'pushed', kind: 'webhook', settings: { url: `${receiver.origin}/hook` } }), 201);
    const app = new Application(gatewayUrl(stack), (await customer.key()).secret);
    await app.publish('/queues/pushed', 'before');
    await eventually(() => expect(receiver.received).toHaveLength(1));
    await stack.postgres!.kill('SIGKILL');

    const ids = (await app.publishBatch('/queues/pushed', Array.from({ length: 20 }, (_, number) => `while it is down ${number}`))).map(({ id }) => id);
    await eventually(() => expect(new Set(receiver.received.slice(1).map(({ headers }) => headers['webhook-id']))).toEqual(new Set(ids)));
    expect(receiver.received).toHaveLength(21);

    await stack.postgres!.restart();
    const stored = async () => expectStatus(await customer.manage<{ items: { message: string; outcome: string }[] }>('GET', '/attempts?limit=200'), 200).items;
    await eventually(async () => expect((await stored()).length).toBeGreaterThanOrEqual(21), 30_000);
    expect((await stored()).filter(({ message }) => ids.includes(message)).map(({ message, outcome }) => [message, outcome]).sort()).toEqual(ids.map((id) => [id, 'delivered']).sort());
    expect(await stored()).toHaveLength(21);
  });
});
