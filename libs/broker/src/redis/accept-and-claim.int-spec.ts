import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plain, TestNamespace } from '../testing/namespace.js';
import { keys } from './keys.js';
import { QueueControl } from './queue-control.store.js';
import type { Claim, QueueRef } from './queue.store.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.open();
});
afterEach(() => space.close());

async function filled(bodies: readonly string[], settings: Parameters<TestNamespace['queue']>[1] = {}, group?: string): Promise<QueueRef> {
  const queue = await space.queue('q', settings);
  await space.publisher().publish(space.ns, { queue: 'q' }, bodies.map((body) => ({ properties: { ...plain(), group }, body: Buffer.from(body) })));
  return queue;
}

const claim = (queue: QueueRef, max: number, accept: Claim | undefined, consumer?: string) => space.queues.claim(queue, { max, holder: 'h', consumer, accept: receiptsOf(accept) });
const receiptsOf = (claimed: Claim | undefined) => (claimed?.kind === 'claimed' ? claimed.deliveries.map(({ receipt }) => receipt) : []);
const bodiesOf = (claimed: Claim) => (claimed.kind === 'claimed' ? claimed.deliveries.map(({ body }) => body.toString()) : []);

describe('a claim with receipts to accept', () => {
  it('accepts them and leases the next in one step', async () => {
    const queue = await filled(['a', 'b', 'c']);
    const first = await claim(queue, 2, undefined);
    expect(first.outcomes).toEqual([]);
    const second = await claim(queue, 2, first);
    expect(second.outcomes).toEqual(['accepted', 'accepted']);
    expect(bodiesOf(second)).toEqual(['c']);
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 1, removedTotal: 2, bytes: expect.any(Number) });
    expect(await claim(queue, 2, second)).toMatchObject({ kind: 'empty', outcomes: ['accepted'] });
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, removedTotal: 3, bytes: 0 });
  });

  it('tells of each what became of it, in order, and goes on with the others', async () => {
    const queue = await filled(['a', 'b', 'c']);
    const [done, held] = [await claim(queue, 1, undefined), await claim(queue, 1, undefined)];
    const [accepted, alive] = [receiptsOf(done)[0]!, receiptsOf(held)[0]!];
    await space.queues.settle(queue, [{ action: 'accept', receipt: accepted }]);
    const claimed = await space.queues.claim(queue, { max: 1, holder: 'h', accept: [{ ...alive, deliveries: 9 }, accepted, alive, alive] });
    expect(claimed.outcomes).toEqual(['lease_lost', 'already_settled', 'accepted', 'already_settled']);
    expect(bodiesOf(claimed)).toEqual(['c']);
  });

  it('of a fifo queue gets the next message of the group it has just freed', async () => {
    const queue = await filled(['a', 'b'], { kind: 'fifo' }, 'g');
    const first = await claim(queue, 10, undefined);
    expect(bodiesOf(first)).toEqual(['a']);
    expect(bodiesOf(await claim(queue, 10, undefined))).toEqual([]);
    expect(bodiesOf(await claim(queue, 10, first))).toEqual(['b']);
  });

  it('accepts even where nothing may be handed out: paused, by another active consumer, or with an invoice long overdue', async () => {
    const queue = await filled(['a', 'b', 'c', 'd'], { singleActiveConsumer: true });
    const control = new QueueControl(space.redis);
    const first = await claim(queue, 1, undefined, 'one');
    await control.pause(queue, null);
    expect(await claim(queue, 1, first, 'one')).toMatchObject({ kind: 'empty', paused: true, outcomes: ['accepted'] });
    await control.resume(queue);

    const second = await claim(queue, 1, undefined, 'one');
    expect(await claim(queue, 1, second, 'other')).toMatchObject({ kind: 'empty', activeConsumer: 'one', outcomes: ['accepted'] });
    const third = await claim(queue, 1, undefined, 'one');
    await expect(claim(queue, 1, third)).rejects.toMatchObject({ code: 'consumer_required' });
    expect(await space.queues.figures(queue)).toMatchObject({ leased: 0, removedTotal: 3 });

    const fourth = await claim(queue, 1, undefined, 'one');
    await space.redis.hset(keys.topology(space.ns), 'gate', 'shut');
    await expect(claim(queue, 1, fourth, 'one')).rejects.toMatchObject({ code: 'payment_overdue' });
    expect(await space.queues.figures(queue)).toMatchObject({ leased: 0, removedTotal: 4 });
  });
});
