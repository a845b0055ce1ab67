import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Application, Customer, eventually, expectStatus } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';
import { MonthEnd } from './month-end.js';

/** In full: WAYBILL_CHAOS_MESSAGES=1000000 (billing.md: 1,000,000 publishes by 8 producers, faults every few seconds). */
const messages = Number(process.env['WAYBILL_CHAOS_MESSAGES'] ?? 6_000);
const producers = 8;
const perCall = messages > 100_000 ? 100 : 25;
const hourMs = 3_600_000;
const limitMs = 60_000 + messages * 4;
/** More queues than a month has free, so that it costs something. */
const idleQueues = 40;

let stack: Stack;
beforeAll(async () => {
  // A PostgreSQL of its own: it is killed.
  stack = await startInstallation({ databaseServerUrl: undefined, maxMemory: '6gb', demo: true });
});
afterAll(() => stack?.stop());

interface Report {
  readonly state: string;
  readonly counted: string;
  readonly differences: readonly unknown[];
}

describe('when gateway, worker, Redis and PostgreSQL are killed every few seconds while producers publish and repeat', () => {
  it(`each of ${messages} messages is billed once: message log counted again = ledger = pushed = Stripe's sums = invoice, difference 0`, async () => {
    const customer = await Customer.signUp(stack.controlPlane.url);
    const month = new MonthEnd(stack, customer);
    await month.goToMidMonth();
    await month.giveCard();
    await customer.queue('q', { dedup: { windowSeconds: 86_400, by: 'id' } });
    for (let i = 0; i < idleQueues; i += 1) await customer.queue(`idle-${i}`);
    await customer.exchange('in', 'fanout');
    await customer.bind('in', { destination: { queue: 'q' } });
    const app = new Application(gatewayUrl(stack), (await customer.key()).secret);
    const [startMs, begunMs] = [await month.nowMs(), Date.now()];

    let [sent, repeated, refused, done] = [0, 0, 0, false];
    /** True when every message of the call is in the queue, now or before. */
    const send = async (ids: readonly string[]): Promise<boolean> => {
      const batch = JSON.stringify({ mode: 'each', messages: ids.map((id) => ({ body: id, contentType: 'text/plain', dedupId: id })) });
      const answer = await app
        .call<{ messages?: { id?: string }[] }>('POST', '/exchanges/in/messages', { raw: batch, headers: { 'content-type': 'application/vnd.waybill.batch+json' } })
        .catch(() => undefined);
      if (answer?.status === 201 && answer.body.messages?.every(({ id }) => id !== undefined)) return true;
      refused += 1;
      return false;
    };
    const produce = async (producer: number): Promise<void> => {
      for (let next = producer; next * perCall < messages; next += producers) {
        const ids = Array.from({ length: Math.min(perCall, messages - next * perCall) }, (_, i) => `m-${next * perCall + i}`);
        while (!(await send(ids))) await new Promise((resolve) => setTimeout(resolve, 20));
        sent += ids.length;
        // A producer that did not hear the answer sends again what was stored.
        if ((next * 7919) % 10 === 0) {
          await send(ids);
          repeated += ids.length;
        }
      }
    };
    const kills: Record<string, number> = { gateway: 0, worker: 0, redis: 0, postgres: 0 };
    const victims = { gateway: stack.gateways[0]!.process, worker: stack.worker!.process, redis: stack.redis.process, postgres: stack.postgres! };
    const killAll = async (): Promise<void> => {
      for (let round = 0; !done || Object.values(kills).includes(0); round += 1) {
        const name = (Object.keys(victims) as (keyof typeof victims)[])[round % 4]!;
        await victims[name].kill('SIGKILL');
        kills[name] = kills[name]! + 1;
        await victims[name].restart();
        await new Promise((resolve) => setTimeout(resolve, done ? 0 : 300 + ((round * 997) % 1_500)));
      }
    };
    const killing = killAll();
    await Promise.all(Array.from({ length: producers }, (_, i) => produce(i)));
    done = true;
    await killing;
    expect(sent).toBe(messages);

    await eventually(async () => {
      const { mq_messages, mq_queue_passes, mq_exchange_passes } = await customer.usage();
      expect({ mq_messages, mq_queue_passes, mq_exchange_passes }).toEqual({ mq_messages: messages, mq_queue_passes: messages, mq_exchange_passes: messages });
    }, 120_000);
    await eventually(async () => expect(await app.figures('q')).toMatchObject({ ready: messages }));
    const endMs = await month.nowMs();
    const invoice = await month.close();
    const agreed = await month.compare(invoice, { mq_messages: BigInt(messages), mq_queue_passes: BigInt(messages), mq_exchange_passes: BigInt(messages) });
    expect(BigInt(invoice.totalCents)).toBeGreaterThan(0n);
    for (let hour = Math.floor(startMs / hourMs) * hourMs; hour <= endMs; hour += hourMs) {
      await eventually(async () => {
        const answer = await customer.manage<Report & Record<string, unknown>>('GET', `/usage/reconciliation?hour=${new Date(hour).toISOString()}`);
        expect(expectStatus(answer, 200)).toMatchObject({ state: 'sealed', counted: 'log', differences: [] });
      }, 300_000);
    }
    process.stderr.write(
      `metering chaos: ${messages} messages, ${repeated} sent twice, ${refused} calls refused or lost, kills ${JSON.stringify(kills)}, ${Math.round((Date.now() - begunMs) / 1_000)} s; message log = ledger, difference 0; ${agreed}\n`,
    );
  }, limitMs + 600_000);
});
