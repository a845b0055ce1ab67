import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { messageIdOf } from '../position.js';
import { OperatedNamespace } from '../testing/operated-namespace.js';
import { TestNamespace } from '../testing/namespace.js';
import { MessageLocator } from './message-locator.store.js';
import type { QueueRef } from './queue.store.js';

let space: TestNamespace;
let home: OperatedNamespace;
let locator: MessageLocator;
beforeEach(async () => {
  space = await TestNamespace.open();
  home = new OperatedNamespace(space);
  locator = new MessageLocator(space.redis);
});
afterEach(() => space.close());

/** Delivered once and given back with a delay of an hour. */
async function delay(queue: QueueRef): Promise<void> {
  const claim = await space.queues.claim(queue, { max: 1, holder: 'push' });
  if (claim.kind === 'empty') throw new Error('nothing to delay');
  await space.queues.settle(queue, claim.deliveries.map(({ receipt }) => ({ action: 'release', receipt, delayMs: 3_600_000 })));
}

describe('locating a message', () => {
  it.each([['standard', {}], ['priority', { kind: 'priority' }], ['fifo', { kind: 'fifo' }], ['fair', { fair: true }]] as const)('says of a %s queue what is delayed, leased, ready, dead and gone', async (_kind, settings) => {
    const queue = await space.queue('q', settings);
    const [delayed, leased, dead, gone, ready] = (await Promise.all(['a', 'b', 'c', 'd', 'e'].map((body) =>
      home.publisher.publish(queue.ns, { queue: 'q' }, [{ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {}, group: body }, body: Buffer.from(body) }]),
    ))).map(([message]) => message!.id) as [string, string, string, string, string];
    const claim = await space.queues.claim(queue, { max: 4, holder: 'push' });
    if (claim.kind === 'empty') throw new Error('nothing was there');
    const receiptOf = (id: string) => claim.deliveries.find((delivery) => delivery.id === id)!.receipt;
    await space.queues.settle(queue, [
      { action: 'release', receipt: receiptOf(delayed), delayMs: 3_600_000 }, { action: 'reject', receipt: receiptOf(dead), reason: 'no answer' }, { action: 'accept', receipt: receiptOf(gone) },
    ]);
    const states = await Promise.all([delayed, leased, dead, gone, ready, messageIdOf(7), 'no id'].map(async (id) => (await locator.locate(queue, id, 0))?.state));
    expect(states).toEqual(['delayed', 'leased', 'dead', undefined, 'ready', undefined, undefined]);
  });

  it('finds a message by the id it had before it was moved, delayed and dead', async () => {
    const queue = await space.queue('q');
    const [id] = await home.publish(queue, ['again']);
    await home.killAll(queue);
    await home.tasks.create(queue.ns, home.spec(queue));
    const [task] = await home.tasks.running(queue.ns);
    await home.runner.turn(queue.ns, task!, 'worker', Date.now() + 5_000);
    await delay(queue);
    expect(await locator.locate(queue, id!, 0)).toMatchObject({ state: 'delayed' });
    expect(await locator.hasten(queue, (await locator.locate(queue, id!, 0)) as { member: string })).toBe(true);
    await home.killAll(queue);
    expect(await locator.locate(queue, id!, 0)).toEqual({ state: 'dead' });
  });

  it('looks for dead letters from a moment on', async () => {
    const queue = await space.queue('q');
    const [id] = await home.publish(queue, ['old']);
    await home.killAll(queue);
    expect(await locator.locate(queue, id!, Date.now() - 60_000)).toEqual({ state: 'dead' });
    expect(await locator.locate(queue, id!, Date.now() + 60_000)).toBeUndefined();
  });

  it('finds one among more than a page of others', async () => {
    const queue = await space.queue('q');
    const ids = await home.publish(queue, Array.from({ length: 450 }, (_, i) => `m${i}`));
    await home.killAll(queue);
    expect(await locator.locate(queue, ids[449]!, 0)).toEqual({ state: 'dead' });
  });
});

describe('ending a delay', () => {
  it.each([['standard', {}], ['priority', { kind: 'priority' }], ['fifo', { kind: 'fifo' }], ['fair', { fair: true }]] as const)('hands the message of a %s queue out at once, with its deliveries counted on', async (_kind, settings) => {
    const queue = await space.queue('q', settings);
    const [id] = await home.publish(queue, ['late']);
    await delay(queue);
    expect((await space.queues.claim(queue, { max: 1, holder: 'push' })).kind).toBe('empty');
    const place = await locator.locate(queue, id!, 0);
    expect(await locator.hasten(queue, place as { member: string })).toBe(true);
    expect(await home.drain(queue)).toMatchObject([{ id, deliveries: 2 }]);
    expect(await locator.hasten(queue, place as { member: string })).toBe(false);
  });

  it('fails for a queue that is gone', async () => {
    const gone = { ns: space.ns, id: 'q_gone', name: 'gone' };
    await expect(locator.hasten(gone, { member: 'x' })).rejects.toMatchObject({ code: 'queue_not_found' });
    await expect(locator.locate(gone, messageIdOf(1), 0)).rejects.toMatchObject({ code: 'queue_not_found' });
  });
});
