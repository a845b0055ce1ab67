import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, Customer, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startInstallation();
});
afterAll(() => stack?.stop());

const publishers = 8;
const kills = 3;

describe('when Redis is killed while applications publish', () => {
  it('4: every message that was answered 201 is received, and the ledger counts exactly what is stored', async () => {
    const customer = await Customer.signUp(stack.controlPlane.url);
    await customer.queue('q');
    const app = new Application(gatewayUrl(stack), (await customer.key()).secret);

    const accepted = new Set<string>();
    const attempted = new Set<string>();
    let unknown = 0;
    let stop = false;
    const publish = async (publisher: number): Promise<void> => {
      for (let i = 0; !stop; i += 1) {
        const body = `${publisher}-${i}`;
        attempted.add(body);
        const { status } = await app.call('POST', '/queues/q/messages', { raw: body, headers: { 'content-type': 'text/plain' } });
        if (status === 201) accepted.add(body);
        else {
          expect(status).toBe(503);
          unknown += 1;
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    };
    const running = Array.from({ length: publishers }, (_, i) => publish(i));
    for (let kill = 1; kill <= kills; kill += 1) {
      const enough = accepted.size + 500;
      await eventually(() => expect(accepted.size).toBeGreaterThan(enough));
      await stack.redis.process.kill('SIGKILL');
      await eventually(() => expect(unknown).toBeGreaterThanOrEqual(kill));
      await stack.redis.process.restart();
    }
    const enough = accepted.size + 500;
    await eventually(() => expect(accepted.size).toBeGreaterThan(enough));
    stop = true;
    await Promise.all(running);

    const received: string[] = [];
    for (let messages = await app.receive('q', { max: 100 }); messages.length > 0; messages = await app.receive('q', { max: 100 })) {
      received.push(...messages.map(({ body }) => body));
      await app.settle('q', { accept: messages.map(({ receipt }) => receipt) });
    }
    const found = new Set(received);
    expect([...accepted].filter((body) => !found.has(body))).toEqual([]);
    expect(received.filter((body) => !attempted.has(body))).toEqual([]);
    // An answer of "outcome unknown" may have been stored; nothing may be stored twice.
    expect(found.size).toBe(received.length);
    await eventually(async () => {
      const { mq_messages, mq_queue_passes } = await customer.usage();
      expect({ mq_messages, mq_queue_passes }).toEqual({ mq_messages: received.length, mq_queue_passes: received.length });
    });
    expect(await app.figures('q')).toMatchObject({ ready: 0, leased: 0, dead: 0 });
  });
});
