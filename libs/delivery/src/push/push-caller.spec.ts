import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Delivery, PushReport } from '@waybill/broker';
import { silentLogger, systemClock } from '@waybill/kernel';
import type { Answer, Sender } from '../destination.js';
import { answerOf, subscriptionOf } from '../testing/push.js';
import { decodeAttempts } from '../testing/attempts.js';
import { graceMs } from './call-guard.js';
import { EndpointWatch } from './endpoint-watch.js';
import type { Held } from './held-messages.js';
import { PushCaller } from './push-caller.js';
import type { PushParts } from './push-ports.js';
import { SettleLane } from './settle-lane.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const subscription = subscriptionOf({ timeoutMs: 15_000, scheduleMs: [0, 5_000], jitter: 0 });
const held = {
  tries: 0, claimedMs: 0, leaseEndsMs: 0,
  delivery: { id: 'msg_1', position: 1, deliveries: 1, receipt: 'r1', properties: { key: '', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from('m') } as unknown as Delivery,
} satisfies Held;
const never = <T>() => new Promise<T>(() => undefined);

function caller(open: () => Promise<Sender>): { caller: PushCaller; settled: PushReport[] } {
  const settled: PushReport[] = [];
  const parts = {
    senders: { open }, clock: { nowMs: () => Date.now() }, timers: systemClock, logger: silentLogger, random: () => 0.5, bodies: async () => undefined,
    meter: { called: () => undefined, waited: () => undefined, alerted: () => undefined },
    health: { failing: async () => undefined, disable: async () => undefined }, alerts: { addAlert: async () => true }, notices: { notify: async () => undefined },
    queues: { settle: async (_ref: unknown, report: PushReport) => (settled.push(report), { run: 1, waitingBytes: 0, outcomes: [] }) },
  } as unknown as PushParts;
  const lane = new SettleLane({ subscriptionId: subscription.id, queue: { ns: subscription.namespaceId, id: 'q_1', name: 'work' } }, 1, parts, () => undefined);
  return { caller: new PushCaller(subscription, new EndpointWatch(subscription, null, parts), lane, parts), settled };
}
const sending = (send: Sender['send']) => async (): Promise<Sender> => ({ send, close: async () => undefined });
const reasons = ([report]: PushReport[]) => decodeAttempts(subscription.id, report!.attempts)?.map(({ outcome, reason }) => [outcome, reason]);

describe('a call whose destination never answers', () => {
  it('has failed a little after its time-out, and its message is settled for the next attempt', async () => {
    const { caller: one, settled } = caller(sending(() => never<Answer>()));
    one.call([held], () => undefined);
    await jest.advanceTimersByTimeAsync(15_000 + graceMs - 1);
    expect([settled.length, one.inFlight]).toEqual([0, 1]);
    await jest.advanceTimersByTimeAsync(10);
    expect(one.inFlight).toBe(0);
    expect(settled).toMatchObject([{ calls: 1, settlements: [{ action: 'again', receipt: held.delivery.receipt, delayMs: 5_000, tries: '1' }] }]);
    expect(reasons(settled)).toEqual([['failed', 'timeout']]);
  });

  it('goes back without an attempt of the schedule when it does not give up as it is told to', async () => {
    const { caller: one, settled } = caller(sending(() => never<Answer>()));
    one.call([held], () => undefined);
    await jest.advanceTimersByTimeAsync(1_000);
    one.abort();
    await jest.advanceTimersByTimeAsync(graceMs + 10);
    expect(settled).toMatchObject([{ settlements: [{ action: 'again', delayMs: 0, tries: null }] }]);
  });

  it('was not made, and is not made later, when the destination did not even open', async () => {
    const opening = Promise.withResolvers<Sender>();
    const sent: unknown[] = [];
    const { caller: one, settled } = caller(() => opening.promise);
    one.call([held], () => undefined);
    await jest.advanceTimersByTimeAsync(15_000 + graceMs + 10);
    opening.resolve({ send: async (call) => (sent.push(call), answerOf('delivered')), close: async () => undefined });
    await jest.advanceTimersByTimeAsync(10);
    expect(settled).toMatchObject([{ calls: 0 }]);
    expect(reasons(settled)).toEqual([['refused', 'destination_not_opened']]);
    expect(sent).toEqual([]);
  });

  it('leaves one that answers just in time alone', async () => {
    const { caller: one, settled } = caller(sending(() => new Promise((resolve) => setTimeout(() => resolve(answerOf('delivered')), 15_000))));
    one.call([held], () => undefined);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(settled).toMatchObject([{ settlements: [{ action: 'accept' }] }]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
