import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, Customer, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

let stack: Stack;
let customer: Customer;
let apps: Application[];
beforeAll(async () => {
  stack = await startInstallation({ gateways: 2 });
  customer = await Customer.signUp(stack.controlPlane.url);
  const { secret } = await customer.key();
  apps = [0, 1].map((index) => new Application(gatewayUrl(stack, index), secret));
});
afterAll(() => stack?.stop());

const total = 100_000;
const consumers = 8;

describe('two gateways', () => {
  it(`hand ${total} messages to ${consumers} consumers: each settled once, none lost, none handed out twice inside its lease`, async () => {
    await customer.queue('q', { leaseSeconds: 600 });
    const batches = Array.from({ length: total / 1000 }, (_, batch) => Array.from({ length: 1000 }, (_, i) => String(batch * 1000 + i)));
    const publish = async (app: Application, offset: number) => {
      for (let i = offset; i < batches.length; i += 2) await app.publishBatch('/queues/q', batches[i]!);
    };
    const handedOut = new Uint8Array(total);
    let settled = 0;
    const consume = async (app: Application) => {
      while (settled < total) {
        const messages = await app.receive('q', { max: 100, waitSeconds: 1 });
        if (messages.length === 0) continue;
        for (const { body } of messages) handedOut[Number(body)]! += 1;
        const results = await app.settle('q', { accept: messages.map(({ receipt }) => receipt) });
        const refused = results.filter(({ outcome }) => outcome !== 'accepted');
        if (refused.length > 0) throw new Error(JSON.stringify(refused[0]));
        settled += messages.length;
      }
    };
    await Promise.all([...apps.map(publish), ...Array.from({ length: consumers }, (_, i) => consume(apps[i % 2]!))]);

    expect(settled).toBe(total);
    expect(handedOut.every((times) => times === 1)).toBe(true);
    expect(await apps[0]!.figures('q')).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 });
    await eventually(async () => expect(await customer.usage()).toMatchObject({ mq_messages: total, mq_queue_passes: total, mq_kib_out: total }));
  }, 180_000);

  it('use a binding from the moment the API has confirmed it', async () => {
    await customer.exchange('x', 'topic');
    await customer.queue('target');
    for (let i = 0; i < 25; i += 1) {
      await customer.bind('x', { destination: { queue: 'target' }, pattern: `k${i}.#` });
      const receipts = await Promise.all(apps.map((app) => app.publish('/exchanges/x', 'x', { 'waybill-key': `k${i}.a` })));
      expect(receipts.map(({ queues }) => queues)).toEqual([['target'], ['target']]);
    }
  });
});
