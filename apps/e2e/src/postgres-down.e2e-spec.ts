import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, call, Customer, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

let stack: Stack;
beforeAll(async () => {
  // A server of its own, because it is killed.
  stack = await startInstallation({ databaseServerUrl: undefined });
});
afterAll(() => stack?.stop());

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
});
