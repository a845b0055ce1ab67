import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { messageIdOf, positionOf } from '../position.js';
import type { TestNamespace } from '../testing/namespace.js';
import { bodiesOf, message, QueueBench, startMs } from '../testing/queue-bench.js';
import { keys, queueKey } from './keys.js';
import { MessageLogStore } from './message-log.store.js';
import { QueueBrowser } from './queue-browser.store.js';
import { QueuePurge } from '../operations/queue-purge.store.js';
import { QueueControl } from './queue-control.store.js';

let bench: QueueBench;
let space: TestNamespace;
beforeEach(async () => {
  bench = await QueueBench.open();
  space = bench.space;
});
afterEach(() => space.close());

describe('looking into a queue', () => {
  it('shows who holds a message and until when, what is delayed and what is set aside', async () => {
    const queue = await space.queue('q');
    const published = await bench.send(queue, message('held'), message('aside'), message('ready'), message('later', {}, { delayMs: 5_000 }));
    const { deliveries } = await bench.claim(queue, { max: 2, holder: 'worker-7', leaseMs: 20_000 });
    await space.queues.settle(queue, [{ action: 'defer', receipt: deliveries[1]!.receipt, key: 'case: 42', returnMs: 60_000 }]);
    expect(await bench.browse(queue, 'leased')).toMatchObject([{ id: published[0]!.id, holder: 'worker-7', untilMs: startMs + 20_000, deliveries: 1 }]);
    expect(await bench.browse(queue, 'deferred')).toMatchObject([{ id: published[1]!.id, deferKey: 'case: 42', untilMs: startMs + 60_000 }]);
    expect(await bench.browse(queue, 'ready')).toMatchObject([{ id: published[2]!.id, deliveries: 0 }]);
    expect(await bench.browse(queue, 'delayed')).toMatchObject([{ id: published[3]!.id, untilMs: startMs + 5_000 }]);
    expect(await new QueueBrowser(space.redis).find(queue, published[3]!.id)).toMatchObject({ state: 'delayed' });
    expect(await new QueueBrowser(space.redis).find(queue, messageIdOf(1))).toBeUndefined();
  });

  it.each([['standard', {}], ['priority', { kind: 'priority' }], ['fifo', { kind: 'fifo' }]] as const)('finds one message of a %s queue by its id, in every state', async (_kind, settings) => {
    const queue = await space.queue('q', settings);
    const browser = new QueueBrowser(space.redis);
    const published = await bench.send(queue, ...['a', 'b', 'c', 'd', 'e'].map((body) => message(body, { group: body })));
    const { deliveries } = await bench.claim(queue, { max: 4, holder: 'worker-7' });
    await space.queues.settle(queue, [
      { action: 'release', receipt: deliveries[0]!.receipt, delayMs: 9_000 }, { action: 'release', receipt: deliveries[1]!.receipt, delayMs: 0 },
      { action: 'defer', receipt: deliveries[2]!.receipt, key: 'a:b', returnMs: 5_000 },
    ]);
    const found = await Promise.all(published.map(({ id }) => browser.find(queue, id)));
    expect(found).toMatchObject([
      { state: 'delayed', deliveries: 1, untilMs: startMs + 9_000 }, { state: 'ready', deliveries: 1 }, { state: 'deferred', deliveries: 1, deferKey: 'a:b' },
      { state: 'leased', deliveries: 1, holder: 'worker-7' }, { state: 'ready', deliveries: 0 },
    ]);
    expect(bodiesOf(found.map((entry) => entry!))).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each([['standard', {}], ['priority', { kind: 'priority' }], ['fifo', { kind: 'fifo' }], ['fair', { fair: true }]] as const)(
    'page by page meets every message of a %s queue once',
    async (_kind, settings) => {
      const queue = await space.queue('q', settings);
      await bench.send(queue, ...Array.from({ length: 25 }, (_, i) => message(`m${i}`, { group: `g${i % 3}`, priority: i % 4 })));
      const claimed = await bench.claim(queue, { max: 3 });
      await space.queues.settle(queue, claimed.deliveries.map(({ receipt }) => ({ action: 'release', receipt, delayMs: 0 })));
      const seen: string[] = [];
      const browser = new QueueBrowser(space.redis);
      for (let after: string | undefined; ; ) {
        const page = await browser.page(queue, 'ready', after, 4);
        seen.push(...bodiesOf(page.entries));
        if (page.next === null) break;
        after = page.next;
      }
      expect(seen.sort()).toEqual(Array.from({ length: 25 }, (_, i) => `m${i}`).sort());
    },
  );

  it.each(['leased', 'delayed', 'dead'] as const)('pages through what is %s', async (state) => {
    const queue = await space.queue('q');
    await bench.send(queue, ...Array.from({ length: 9 }, (_, i) => message(`m${i}`, {}, state === 'delayed' ? { delayMs: 1_000 } : {})));
    if (state !== 'delayed') {
      const { deliveries } = await bench.claim(queue, { max: 9 });
      if (state === 'dead') await space.queues.settle(queue, deliveries.map(({ receipt }) => ({ action: 'reject', receipt, reason: 'r' })));
    }
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await new QueueBrowser(space.redis).page(queue, state, after, 2);
      seen.push(...bodiesOf(page.entries));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 9 }, (_, i) => `m${i}`));
  });
});

describe('control of a queue', () => {
  it('removes single messages in the state asked for and no other', async () => {
    const queue = await space.queue('q');
    await bench.send(queue, message('a'), message('b'), message('later', {}, { delayMs: 5_000 }));
    const control = new QueueControl(space.redis);
    const ready = await bench.browse(queue, 'ready');
    const delayed = await bench.browse(queue, 'delayed');
    expect(await control.remove(queue, 'delayed', ready)).toBe(0);
    expect(await control.remove(queue, 'ready', delayed)).toBe(0);
    expect(await control.remove(queue, 'ready', ready.slice(0, 1))).toBe(1);
    expect(await control.remove(queue, 'delayed', delayed)).toBe(1);
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 1, delayed: 0 });
  });

  it('pauses for a time, and hands out again by itself', async () => {
    const queue = await space.queue('q');
    await bench.send(queue, message('a'));
    expect(await new QueueControl(space.redis).pause(queue, 5_000)).toBe(startMs + 5_000);
    expect(await space.queues.claim(queue, { max: 1, holder: 'h' })).toEqual({ kind: 'empty', outcomes: [], nextDueMs: 5_000, paused: true });
    await bench.pass(5_000);
    expect((await bench.claim(queue)).deliveries).toHaveLength(1);
  });

  it('tells which message blocks a group, who holds it and until when', async () => {
    const queue = await space.queue('q', { kind: 'fifo' });
    const [first] = await bench.send(queue, message('1', { group: 'customer-42' }), message('2', { group: 'customer-42' }), message('3', { group: 'customer-43' }));
    await bench.claim(queue, { max: 1, holder: 'worker-7', leaseMs: 60_000 });
    expect(await new QueueControl(space.redis).groups(queue, undefined, 10)).toEqual([
      { group: 'customer-42', waiting: 1, state: 'in_flight', blockedBy: { id: first!.id, holder: 'worker-7', untilMs: startMs + 60_000 }, parkedReason: null },
      { group: 'customer-43', waiting: 1, state: 'ready', blockedBy: null, parkedReason: null },
    ]);
  });

  it('knows how long nobody used the queue', async () => {
    const queue = await space.queue('q', { deleteWhenIdleMs: 60_000 });
    const control = new QueueControl(space.redis);
    expect(await control.idle(queue)).toEqual({ idleMs: 0, messages: 0 });
    await bench.pass(50_000);
    await bench.send(queue, message('a'));
    await bench.pass(70_000);
    expect(await control.idle(queue)).toEqual({ idleMs: 20_000, messages: 1 });
    await bench.claim(queue);
    await bench.pass(75_000);
    expect((await control.idle(queue)).idleMs).toBe(5_000);
    expect(await control.closeIfIdle(queue, 5_000)).toBe(false);
  });

  it('closes an idle queue so that no publish is lost with it', async () => {
    const queue = await space.queue('q', { deleteWhenIdleMs: 60_000 });
    const control = new QueueControl(space.redis);
    expect(await control.closeIfIdle(queue, 60_000)).toBe(false);
    await bench.pass(60_000);
    expect(await control.closeIfIdle(queue, 60_000)).toBe(true);
    await expect(bench.send(queue, message('late'))).rejects.toMatchObject({ code: 'gateway_overloaded' });
    const waiting = bench.send(queue, message('late'));
    await space.change({ drop: 'queue', name: 'q', id: queue.id });
    await expect(waiting).rejects.toMatchObject({ code: 'queue_not_found' });
    const other = await space.queue('p', { deleteWhenIdleMs: 60_000 });
    await control.closeIfIdle(other, 0);
    await bench.pass(90_001);
    expect((await bench.send(other, message('nobody deleted it')))[0]?.outcome).toBe('stored');
  });
});

describe('the message log', () => {
  const entries = async () => (await new MessageLogStore(space.redis).read(space.ns, '0', 100)).map(({ fields }) => Object.fromEntries([...fields].map(([name, value]) => [name, value.toString('latin1')])));

  it('tells what happened to a message, and its waiting bytes fall to nothing when it is trimmed', async () => {
    const queue = await space.queue('q', { deliveryLimit: 1 });
    const [published] = await bench.publisher.publish(space.ns, { queue: 'q' }, [message('a', { key: 'order.created' })], { publishedBy: 'key_1' });
    const position = positionOf(published!.id);
    await bench.claim(queue, { holder: 'worker-1', leaseMs: 1_000 });
    await bench.pass(1_000);
    await space.queues.reclaim(space.ns, queue.id, 10);
    const told = await entries();
    expect(told.map(({ k }) => k)).toEqual(['p', 'c', 'b']);
    expect(told[0]).toMatchObject({ f: String(position), d: expect.stringContaining('order.created') });
    expect(told[1]).toMatchObject({ q: queue.id, h: 'worker-1', t: expect.stringMatching(/^\d{13}$/), m: `${position}:1:1` });
    expect(told[2]).toMatchObject({ q: queue.id, m: `b${position}:1 x${position}:1:delivery_limit` });
    const store = new MessageLogStore(space.redis);
    expect(await store.waitingBytes(space.ns)).toBeGreaterThan(0);
    await store.trim(space.ns, '9999999999999-0');
    expect(await store.waitingBytes(space.ns)).toBe(0);
    expect(await entries()).toEqual([]);
  });

  it('is not written when the namespace keeps none', async () => {
    const queue = await space.queue('q');
    await space.redis.hset(keys.topology(space.ns), 'log', 'off');
    await bench.send(queue, message('a'));
    await space.queues.settle(queue, [{ action: 'accept', receipt: (await bench.claim(queue)).deliveries[0]!.receipt }]);
    expect(await entries()).toEqual([]);
  });

  it('that is full stops publishing, not consuming', async () => {
    const queue = await space.queue('q');
    await bench.send(queue, message('a'));
    await space.redis.set(keys.logBytes(space.ns), 300 * 1024 * 1024);
    await expect(bench.send(queue, message('b'))).rejects.toMatchObject({ code: 'message_log_full' });
    expect((await bench.claim(queue)).deliveries).toHaveLength(1);
  });
});

describe('bodies stored outside', () => {
  const stored = (body: string) => message('', { storedBody: { id: body, bytes: 5_000_000 } });

  it('are free when the last copy is gone, whatever way it went', async () => {
    const a = await space.queue('a');
    const b = await space.queue('b');
    await bench.fanOut('a', 'b');
    await bench.publisher.publish(space.ns, { exchange: 'in' }, [stored('body-1')]);
    const free = () => space.redis.lrange(keys.freeBodies(space.ns), 0, -1);
    const kept = () => space.redis.hget(keys.bodies(space.ns), '@bytes');
    expect(await kept()).toBe('5000000');
    await space.queues.settle(a, [{ action: 'accept', receipt: (await bench.claim(a)).deliveries[0]!.receipt }]);
    expect(await free()).toEqual([]);
    await space.queues.settle(b, [{ action: 'reject', receipt: (await bench.claim(b)).deliveries[0]!.receipt, reason: 'r' }]);
    expect(await free()).toEqual([]);
    await new QueueControl(space.redis).remove(b, 'dead', await bench.browse(b, 'dead'));
    expect(await free()).toEqual(['body-1']);
    expect(await kept()).toBeNull();
    await bench.send(a, stored('body-2'));
    expect(await kept()).toBe('5000000');
    await space.queues.purgeReady(a);
    expect(await free()).toEqual(['body-1', 'body-2']);
  });

  it('of a message that is refused are free at once', async () => {
    const queue = await space.queue('q', { maxMessages: 1 });
    await bench.send(queue, message('a'));
    await bench.send(queue, stored('body-1'));
    expect(await space.redis.lrange(keys.freeBodies(space.ns), 0, -1)).toEqual(['body-1']);
  });
});

describe('the bytes of dead letters', () => {
  it('are counted until they are taken away, whatever way', async () => {
    const queue = await space.queue('q');
    const target = await space.queue('target');
    const dead = async () => [await space.redis.hget(keys.queue(space.ns, queue.id), 'bytes'), await space.redis.hget(keys.queue(space.ns, queue.id), 'deadBytes')].map(Number);
    await bench.send(queue, message('x'.repeat(1_000)), message('y'.repeat(1_000)), message('z'.repeat(1_000)));
    const [whole] = await dead();
    const { deliveries } = await bench.claim(queue);
    await space.queues.settle(queue, deliveries.map(({ receipt }) => ({ action: 'reject' as const, receipt, reason: 'r' })));
    expect(await dead()).toEqual([0, whole]);
    const letters = await bench.browse(queue, 'dead');
    await new QueueControl(space.redis).remove(queue, 'dead', letters.slice(0, 1));
    expect(await dead()).toEqual([0, (whole! / 3) * 2]);
    await bench.publisher.publishAnd(space.ns, { kind: 'dead', queue, position: letters[1]!.position }, [{ target: { queue: target.name }, message: message('y') }], { cause: 'replay' });
    expect(await dead()).toEqual([0, whole! / 3]);
    await new QueuePurge(space.redis, space.queues, new QueueBrowser(space.redis), new QueueControl(space.redis)).purge(queue, 'dead');
    expect(await dead()).toEqual([0, 0]);
  });
});

describe('every key of a queue', () => {
  it('is deleted with it', async () => {
    const queue = await space.queue('q', { kind: 'fifo', dedup: { windowMs: 60_000, by: 'id' } });
    await bench.send(queue, message('a', { group: 'g', dedupId: '1' }, { ttlMs: 60_000 }), message('b', { group: 'h' }), message('c', {}, { delayMs: 1_000 }));
    const { deliveries } = await bench.claim(queue);
    await space.queues.settle(queue, [{ action: 'reject', receipt: deliveries[0]!.receipt, reason: 'r' }, { action: 'defer', receipt: deliveries[1]!.receipt, key: 'k', returnMs: 1_000 }]);
    expect(await space.redis.exists(queueKey(space.ns, queue.id, 'dead'))).toBe(1);
    await space.change({ drop: 'queue', name: 'q', id: queue.id });
    expect(await space.redis.keys(`{${space.ns}}:q:${queue.id}*`)).toEqual([]);
  });
});
