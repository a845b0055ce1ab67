import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bodiesOf, message, QueueBench, startMs } from '../testing/queue-bench.js';
import { PushRetries } from './push-retries.store.js';
import { PushStore } from './push.store.js';
import type { PushRef } from './push.store.js';

const hourMs = 3_600_000;
let bench: QueueBench;
let push: PushStore;
let retries: PushRetries;

beforeEach(async () => {
  bench = await QueueBench.open();
  push = new PushStore(bench.space.redis);
  retries = new PushRetries(bench.space.redis);
});
afterEach(() => bench.space.close());

/** Two messages failed and wait an hour, one died, one waits because it was published so. */
async function failing(settings: Parameters<QueueBench['space']['queue']>[1] = {}): Promise<PushRef> {
  const queue = await bench.space.queue('q', settings);
  const ref = { subscriptionId: 'sub_1', queue };
  const { run } = await push.begin(ref);
  await bench.send(queue, ...['a', 'b', 'c'].map((body) => message(body, { group: body })));
  const claim = await push.claim(ref, run, { max: 10, holder: 'push' });
  if (claim === 'superseded' || claim.kind !== 'claimed') throw new Error('nothing was claimed');
  const [a, b, c] = claim.deliveries.map(({ receipt }) => receipt);
  const again = (receipt: typeof a) => ({ action: 'again' as const, receipt: receipt!, delayMs: hourMs, tries: '1' });
  await push.settle(ref, { id: `${run}:1`, calls: 3, attempts: '', state: null, settlements: [again(a), again(b), { action: 'reject', receipt: c!, reason: 'delivery_failed:500', tried: false }] });
  await bench.send(queue, { ...message('later', { group: 'd' }), delayMs: hourMs });
  return ref;
}

describe('what failed since a moment', () => {
  it('is counted without being touched: retries and dead letters, and nothing that waits because it was published so', async () => {
    const ref = await failing();
    const figures = await bench.space.queues.figures(ref.queue);
    expect(figures).toMatchObject({ delayed: 3, dead: 1, ready: 0 });
    expect(await retries.count(ref, startMs - hourMs)).toEqual({ retries: 2, dead: 1, complete: true });
    expect(await retries.count(ref, startMs + hourMs)).toEqual({ retries: 0, dead: 0, complete: true });
    expect(await bench.space.queues.figures(ref.queue)).toEqual(figures);
    expect(await retries.count({ ...ref, subscriptionId: 'sub_other' }, 0)).toMatchObject({ retries: 0 });
  });

  it.each([['standard', {}], ['priority', { kind: 'priority' }], ['fifo', { kind: 'fifo' }], ['fair', { fair: true }]] as const)('goes at once from a %s queue, with its tries', async (_kind, settings) => {
    const ref = await failing(settings);
    expect(await retries.hasten(ref, startMs + hourMs, null)).toBe(0);
    expect(await retries.hasten(ref, startMs - hourMs, null)).toBe(2);
    const { run } = await push.begin(ref);
    const claim = await push.claim(ref, run, { max: 10, holder: 'push' });
    if (claim === 'superseded' || claim.kind !== 'claimed') throw new Error('nothing was claimed');
    expect(bodiesOf(claim.deliveries).sort()).toEqual(['a', 'b']);
    expect(await push.tries(ref, claim.deliveries.map(({ position }) => position))).toEqual(['1', '1']);
    expect(await bench.space.queues.figures(ref.queue)).toMatchObject({ delayed: 1, dead: 1 });
  });

  it('goes one after the other at a rate, never later than it would have', async () => {
    const ref = await failing();
    expect(await retries.hasten(ref, 0, 0.01)).toBe(2);
    const waits = (await bench.browse(ref.queue, 'delayed')).map(({ untilMs }) => untilMs! - startMs);
    expect(await bench.space.queues.figures(ref.queue)).toMatchObject({ ready: 1, delayed: 2 });
    expect(waits[0]).toBeGreaterThan(50_000);
    expect(waits[0]).toBeLessThanOrEqual(100_000);
    // Slower than the schedule: it stays as it is.
    expect(await retries.hasten(ref, 0, 0.0001)).toBe(1);
  });

  it('is forgotten with the moment it failed once it was delivered', async () => {
    const ref = await failing();
    await retries.hasten(ref, 0, null);
    const { run } = await push.begin(ref);
    const claim = await push.claim(ref, run, { max: 10, holder: 'push' });
    if (claim === 'superseded' || claim.kind !== 'claimed') throw new Error('nothing was claimed');
    await push.settle(ref, { id: `${run}:1`, calls: 2, attempts: '', state: null, settlements: claim.deliveries.map(({ receipt }) => ({ action: 'accept' as const, receipt, tried: true })) });
    expect(await retries.count(ref, 0)).toMatchObject({ retries: 0 });
    expect(await bench.space.redis.exists(`{${bench.space.ns}}:push:sub_1:tries`)).toBe(0);
  });
});
