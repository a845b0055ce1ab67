import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@waybill/testing';
import { positionOf, timeOfMs } from '../position.js';
import { QueuePurge } from '../operations/queue-purge.store.js';
import { plain, TestNamespace } from '../testing/namespace.js';
import { QueueBrowser } from './queue-browser.store.js';
import { QueueControl } from './queue-control.store.js';
import type { Claim, QueueRef, Settlement } from './queue.store.js';

type Claimed = Extract<Claim, { kind: 'claimed' }>;

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.open();
});
afterEach(() => space.close());

async function publish(queue: QueueRef, ...bodies: string[]): Promise<number[]> {
  const stored = await space.publisher().publish(space.ns, { queue: queue.name }, bodies.map((body) => ({ properties: plain(), body: Buffer.from(body) })));
  return stored.map(({ id }) => positionOf(id)!);
}

async function claim(queue: QueueRef, max = 10, leaseMs?: number): Promise<Claimed> {
  const result = await space.queues.claim(queue, { max, leaseMs, holder: 'h' });
  if (result.kind !== 'claimed') throw new Error('nothing was claimed');
  return result;
}

const bodiesOf = ({ deliveries }: Claimed) => deliveries.map(({ body }) => body.toString());
const receiptOf = ({ deliveries }: Claimed, index = 0) => deliveries[index]!.receipt;
const settleOne = async (queue: QueueRef, settlement: Settlement) => (await space.queues.settle(queue, [settlement]))[0];

describe('claiming', () => {
  it('gives messages in the order they were published, each to one consumer', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a', 'b', 'c');
    expect(bodiesOf(await claim(queue, 2))).toEqual(['a', 'b']);
    expect(bodiesOf(await claim(queue, 2))).toEqual(['c']);
    expect(await space.queues.claim(queue, { max: 2, holder: 'h' })).toMatchObject({ kind: 'empty' });
  });

  it('says whether more is waiting', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a', 'b');
    expect((await claim(queue, 1)).moreWaiting).toBe(true);
    expect((await claim(queue, 1)).moreWaiting).toBe(false);
  });

  it('stops before the answer grows too large, and gives one message whatever its size', async () => {
    const queue = await space.queue('q');
    const large = 'x'.repeat(3 * 1024 * 1024);
    await publish(queue, large, large, 'small');
    expect((await claim(queue)).deliveries).toHaveLength(1);
    expect(bodiesOf(await claim(queue)).map(({ length }) => length)).toEqual([large.length, 5]);
  });

  it('of a queue that does not exist fails', async () => {
    await expect(space.queues.claim({ ns: space.ns, id: 'q_none', name: 'none' }, { max: 1, holder: 'h' })).rejects.toMatchObject({ code: 'queue_not_found' });
  });

  it('names the time until a lease ends when there is nothing else', async () => {
    const queue = await space.queue('q', { leaseMs: 60_000 });
    await publish(queue, 'a');
    await claim(queue);
    const empty = await space.queues.claim(queue, { max: 1, holder: 'h' });
    expect(empty).toEqual({ kind: 'empty', outcomes: [], nextDueMs: expect.any(Number), paused: false });
    expect((empty as { nextDueMs: number }).nextDueMs).toBeGreaterThan(50_000);
  });
});

describe('a lease that ran out', () => {
  it('brings messages back in their place, before later ones, with a higher delivery count', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a', 'b', 'c', 'd');
    await claim(queue, 3, 0);
    const again = await claim(queue);
    expect(bodiesOf(again)).toEqual(['a', 'b', 'c', 'd']);
    expect(again.deliveries.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 1]);
  });

  it('cannot be settled, even before anyone else has the message', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a');
    const lost = await claim(queue, 1, 0);
    expect(await settleOne(queue, { action: 'accept', receipt: receiptOf(lost) })).toEqual({ outcome: 'lease_lost' });
    expect(bodiesOf(await claim(queue))).toEqual(['a']);
    expect(await settleOne(queue, { action: 'extend', receipt: receiptOf(lost), leaseMs: 1000 })).toEqual({ outcome: 'lease_lost' });
  });

  it('sends the message to the dead letters after the delivery limit, and counts it', async () => {
    const queue = await space.queue('q', { deliveryLimit: 2 });
    await publish(queue, 'a');
    await claim(queue, 1, 0);
    await claim(queue, 1, 0);
    expect(await space.queues.claim(queue, { max: 1, holder: 'h' })).toMatchObject({ kind: 'empty' });
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, dead: 1 });
    expect(await space.usage()).toMatchObject({ [`mq_queue_passes dead-letter ${queue.id}`]: 1 });
  });

  it('is taken back without a consumer, by the reclaimer', async () => {
    const queue = await space.queue('q', { deliveryLimit: 3 });
    await publish(queue, 'a', 'b');
    await claim(queue, 2, 0);
    expect(await space.queues.due(space.ns, 10)).toEqual([queue.id]);
    expect(await space.queues.reclaim(space.ns, queue.id, 100)).toEqual({ returned: 2, dead: 0, more: false });
    expect(await space.queues.due(space.ns, 10)).toEqual([]);
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 2, leased: 0 });
  });
});

describe('settling', () => {
  it('removes an accepted message for good and answers already_settled when it is repeated', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a');
    const receipt = receiptOf(await claim(queue));
    expect(await settleOne(queue, { action: 'accept', receipt })).toEqual({ outcome: 'accepted' });
    expect(await settleOne(queue, { action: 'accept', receipt })).toEqual({ outcome: 'already_settled' });
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, enqueuedTotal: 1, removedTotal: 1 });
  });

  it('puts a released message back in its place', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a', 'b');
    const first = await claim(queue, 1);
    expect(await settleOne(queue, { action: 'release', receipt: receiptOf(first), delayMs: 0 })).toEqual({ outcome: 'released' });
    expect(bodiesOf(await claim(queue))).toEqual(['a', 'b']);
  });

  it('keeps a message released with a delay away until the delay is over', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a');
    await settleOne(queue, { action: 'release', receipt: receiptOf(await claim(queue)), delayMs: 30_000 });
    expect(await space.queues.claim(queue, { max: 1, holder: 'h' })).toMatchObject({ kind: 'empty' });
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, delayed: 1 });

    await publish(queue, 'b');
    await settleOne(queue, { action: 'release', receipt: receiptOf(await claim(queue)), delayMs: 1 });
    await eventually(async () => expect(bodiesOf(await claim(queue))).toEqual(['b']));
  });

  it('sends a rejected message to the dead letters with reason, deliveries and its own position', async () => {
    const queue = await space.queue('q');
    const [position] = await publish(queue, 'a');
    expect(await settleOne(queue, { action: 'reject', receipt: receiptOf(await claim(queue)), reason: 'no such customer' })).toEqual({ outcome: 'rejected' });
    const [[, fields]] = (await space.redis.xrange(`{${space.ns}}:q:${queue.id}:dead`, '-', '+')) as [[string, string[]]];
    expect(fields.slice(2)).toEqual(['p', String(position), 'n', '1', 'w', 'no such customer']);
  });

  it('dead-letters a release at the delivery limit and says so', async () => {
    const queue = await space.queue('q', { deliveryLimit: 1 });
    await publish(queue, 'a');
    expect(await settleOne(queue, { action: 'release', receipt: receiptOf(await claim(queue)), delayMs: 5000 })).toEqual({ outcome: 'dead_lettered' });
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, delayed: 0, dead: 1 });
  });

  it('extends a lease from now', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a');
    const claimed = await claim(queue, 1, 5_000);
    const extended = await settleOne(queue, { action: 'extend', receipt: receiptOf(claimed), leaseMs: 600_000 });
    expect(extended).toEqual({ outcome: 'extended', deadlineMs: expect.any(Number) });
    expect((extended as { deadlineMs: number }).deadlineMs).toBeGreaterThan(claimed.deadlineMs + 500_000);
  });

  it('carries out what can be settled and reports the rest one by one', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a', 'b');
    const claimed = await claim(queue);
    const outcomes = await space.queues.settle(queue, [
      { action: 'accept', receipt: receiptOf(claimed, 0) },
      { action: 'accept', receipt: { ...receiptOf(claimed, 1), deliveries: 9 } },
      { action: 'accept', receipt: receiptOf(claimed, 1) },
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'lease_lost', 'accepted']);
  });
});

describe('purging', () => {
  it('removes what is ready, in steps, and leaves leased and delayed messages', async () => {
    const queue = await space.queue('q');
    await publish(queue, ...Array.from({ length: 350 }, (_, i) => `m${i}`));
    const held = await claim(queue, 2);
    await settleOne(queue, { action: 'release', receipt: receiptOf(held, 1), delayMs: 60_000 });
    await settleOne(queue, { action: 'release', receipt: receiptOf(await claim(queue, 1)), delayMs: 0 });
    expect(await space.queues.purgeReady(queue)).toBe(348);
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 1, delayed: 1 });
    expect(await settleOne(queue, { action: 'accept', receipt: receiptOf(held, 0) })).toEqual({ outcome: 'accepted' });
  });

  it('of an untouched queue removes everything and keeps what comes later', async () => {
    const queue = await space.queue('q');
    await publish(queue, ...Array.from({ length: 500 }, (_, i) => `m${i}`));
    expect(await space.queues.purgeReady(queue)).toBe(500);
    await publish(queue, 'later');
    expect(bodiesOf(await claim(queue))).toEqual(['later']);
  });

  it('removes dead letters on their own', async () => {
    const queue = await space.queue('q');
    await publish(queue, 'a', 'b');
    await settleOne(queue, { action: 'reject', receipt: receiptOf(await claim(queue, 1)), reason: 'x' });
    expect(await new QueuePurge(space.redis, space.queues, new QueueBrowser(space.redis), new QueueControl(space.redis)).purge(queue, 'dead')).toBe(1);
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 1, dead: 0 });
  });
});

describe('figures', () => {
  it('tell depths, the age of the oldest ready message and totals', async () => {
    const queue = await space.queue('q');
    expect(await space.queues.figures(queue)).toEqual({
      ready: 0, leased: 0, delayed: 0, deferred: 0, dead: 0, bytes: 0, paused: false, activeConsumer: null, parkedGroups: 0, oldestReadyAgeMs: null, enqueuedTotal: 0, removedTotal: 0,
    });
    const [first] = await publish(queue, 'a', 'b');
    const figures = await space.queues.figures(queue);
    expect(figures).toMatchObject({ ready: 2, enqueuedTotal: 2 });
    expect(figures.oldestReadyAgeMs).toBeGreaterThanOrEqual(0);
    expect(figures.oldestReadyAgeMs).toBeLessThan(Date.now() - timeOfMs(first as number) + 1_000);
  });
});

describe('usage', () => {
  it('counts delivered KiB once per copy: not again at redelivery, never for an empty poll', async () => {
    const queue = await space.queue('q');
    await space.queues.claim(queue, { max: 1, holder: 'h' });
    await publish(queue, 'x'.repeat(2000));
    await claim(queue, 1, 0);
    await claim(queue, 1);
    expect(await space.usage()).toMatchObject({ [`mq_kib_out publish ${queue.id}`]: 2 });
  });
});
