import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, Customer, eventually, expectStatus } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

/** In full: PUSH_KILL_DELIVERIES=100000 PUSH_KILLS=20. */
const deliveries = Number(process.env['PUSH_KILL_DELIVERIES'] ?? 3_000);
const kills = Number(process.env['PUSH_KILLS'] ?? 2);
const concurrency = 32;
/** Of the destination: so that a kill finds calls under way. */
const answerMs = 5;
/** From the arrival of a call until its answer is settled, on a busy machine. */
const settledWithinMs = 2_000;
/** Calls under way, and answers on their way to the store. */
const underWayAtOnce = concurrency + 512;

let stack: Stack;
let server: Server;
const arrivals = new Map<string, number[]>();
const killedMs: number[] = [];

beforeAll(async () => {
  stack = await startInstallation({ settings: { EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1024-65535' } });
  server = createServer((request, reply) => {
    const id = String(request.headers['webhook-id']);
    arrivals.set(id, [...(arrivals.get(id) ?? []), Date.now()]);
    request.resume().on('end', () => setTimeout(() => reply.end('ok'), answerMs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await stack?.stop();
  server?.closeAllConnections();
  server?.close();
});

describe('when a worker is killed while it pushes', () => {
  it(`delivers every message, and again only what was under way at a kill, under the same id (${kills} kills, ${deliveries} messages)`, async () => {
    const customer = await Customer.signUp(stack.controlPlane.url);
    const application = new Application(gatewayUrl(stack), (await customer.key()).secret);
    await customer.queue('work', { deliveryLimit: kills + 2 });
    const { port } = server.address() as AddressInfo;
    expectStatus(
      await customer.manage('PUT', '/subscriptions/hook', { queue: 'work', kind: 'webhook', settings: { url: `http://127.0.0.1:${port}/` }, delivery: { concurrency, timeoutSeconds: 2 } }),
      200, 201,
    );
    const published = new Set<string>();
    const publishing = (async () => {
      while (published.size < deliveries) {
        const bodies = Array.from({ length: Math.min(500, deliveries - published.size) }, (_, i) => `m${published.size + i}`);
        for (const { id } of await application.publishBatch('/queues/work', bodies)) published.add(id);
      }
    })();

    for (let kill = 1; kill <= kills; kill += 1) {
      const from = Math.floor((deliveries / (kills + 1)) * kill);
      await eventually(() => expect(arrivals.size).toBeGreaterThanOrEqual(from), 120_000);
      await stack.worker!.process.kill('SIGKILL');
      killedMs.push(Date.now());
      await stack.worker!.process.restart();
    }
    await publishing;
    await eventually(async () => expect(await application.figures('work')).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 }), 300_000);

    expect([...published].filter((id) => !arrivals.has(id))).toEqual([]);
    expect(arrivals.size).toBe(deliveries);
    const again = [...arrivals.values()].filter((times) => times.length > 1);
    const unexplained = again.filter((times) => times.slice(0, -1).some((atMs) => !killedMs.some((killMs) => atMs <= killMs && atMs > killMs - settledWithinMs)));
    expect(unexplained).toEqual([]);
    expect(again.length).toBeLessThanOrEqual(kills * underWayAtOnce);
    console.info(`${deliveries} messages, ${kills} kills, ${again.length} delivered again`);

    // What was settled was recorded and counted: each message once, and a call whose worker died before it settled is in neither.
    await eventually(async () => expect((await customer.usage())['mq_push_attempts']).toBe(deliveries), 60_000);
  }, 900_000);
});
