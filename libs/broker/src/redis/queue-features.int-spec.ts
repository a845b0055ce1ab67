import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestNamespace } from '../testing/namespace.js';
import { bodiesOf, message, QueueBench, startMs } from '../testing/queue-bench.js';
import { keys } from './keys.js';

let bench: QueueBench;
let space: TestNamespace;
beforeEach(async () => {
  bench = await QueueBench.open();
  space = bench.space;
});
afterEach(() => space.close());

describe('limits of a queue', () => {
  it('refuse a message over the number allowed, name the limit, and count nothing for it', async () => {
    const queue = await space.queue('q', { maxMessages: 2 });
    const published = await bench.send(queue, message('a'), message('b'), message('c'));
    expect(published.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'refused']);
    expect(published[2]?.refused).toMatchObject([{ queue: { name: 'q' }, limit: 'maxMessages' }]);
    expect(await space.usage()).toMatchObject({ [`mq_messages publish ${queue.id}`]: 2, [`mq_queue_passes publish ${queue.id}`]: 2 });
  });

  it('refuse by bytes, and a message that could never fit', async () => {
    const queue = await space.queue('q', { maxBytes: 3_000 });
    const published = await bench.send(queue, message('x'.repeat(1_000)), message('y'.repeat(5_000)), message('z'.repeat(1_000)), message('z'.repeat(1_000)));
    expect(published.map(({ outcome }) => outcome)).toEqual(['stored', 'refused', 'stored', 'refused']);
    expect(published[1]?.refused[0]?.limit).toBe('maxBytes');
  });

  it('of one queue do not keep a message from another queue it reaches', async () => {
    const full = await space.queue('full', { maxMessages: 1 });
    const open = await space.queue('open');
    await bench.fanOut('full', 'open');
    await bench.send(full, message('first'));
    const [published] = await bench.publisher.publish(space.ns, { exchange: 'in' }, [message('second')]);
    expect(published).toMatchObject({ outcome: 'stored', stored: [{ name: 'open' }], refused: [{ queue: { name: 'full' } }] });
    expect(await space.queues.figures(open)).toMatchObject({ ready: 1 });
  });

  it('leave nothing of a batch that is to be stored whole', async () => {
    const queue = await space.queue('q', { maxMessages: 2 });
    await expect(bench.publisher.publish(space.ns, { queue: 'q' }, [message('a'), message('b'), message('c')])).rejects.toMatchObject({ code: 'queue_full' });
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, bytes: 0 });
    expect(await space.usage()).toEqual({});
  });

  it('leave what other callers sent in the same moment alone', async () => {
    const queue = await space.queue('q', { maxMessages: 2 });
    const settled = await Promise.allSettled([
      bench.publisher.publish(space.ns, { queue: 'q' }, [message('a'), message('b'), message('c')]),
      bench.publisher.publish(space.ns, { queue: 'q' }, [message('d')]),
      bench.publisher.publish(space.ns, { queue: 'q' }, [message('e')]),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(bodiesOf(await bench.browse(queue, 'ready'))).toEqual(['d', 'e']);
  });

  it('drop the oldest to the dead letters, with the reason', async () => {
    const queue = await space.queue('q', { maxMessages: 2, overflow: 'drop-oldest-to-dead-letters' });
    await bench.send(queue, message('a'), message('b'), message('c'), message('d'));
    expect(bodiesOf(await bench.browse(queue, 'ready'))).toEqual(['c', 'd']);
    expect((await bench.browse(queue, 'dead')).map(({ body, properties }) => [body.toString(), properties.death?.reason])).toEqual([['a', 'max_length'], ['b', 'max_length']]);
  });

  it('by bytes make room for a large message', async () => {
    const queue = await space.queue('q', { maxBytes: 3_000, overflow: 'drop-oldest-to-dead-letters' });
    await bench.send(queue, message('x'.repeat(1_000)), message('y'.repeat(1_000)), message('z'.repeat(2_500)));
    expect((await bench.browse(queue, 'ready')).map(({ body }) => body.length)).toEqual([2_500]);
    expect((await bench.browse(queue, 'dead')).map(({ properties }) => properties.death?.reason)).toEqual(['max_bytes', 'max_bytes']);
  });
});

describe('the bytes of a queue', () => {
  it('grow and shrink with its messages, whatever way they leave', async () => {
    const queue = await space.queue('q', { deliveryLimit: 1 });
    await bench.send(queue, ...Array.from({ length: 6 }, (_, i) => message('x'.repeat(100 + i))));
    const full = (await space.queues.figures(queue)).bytes;
    expect(full).toBeGreaterThan(600);
    const { deliveries } = await bench.claim(queue, { max: 4 });
    await space.queues.settle(queue, [
      { action: 'accept', receipt: deliveries[0]!.receipt }, { action: 'reject', receipt: deliveries[1]!.receipt, reason: 'bad' },
      { action: 'release', receipt: deliveries[2]!.receipt, delayMs: 0 },
    ]);
    await space.queues.settle(queue, [{ action: 'accept', receipt: deliveries[3]!.receipt }]);
    await bench.claim(queue, { max: 1, leaseMs: 'none' });
    await space.queues.purgeReady(queue);
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, dead: 2, bytes: 0 });
  });
});

describe('a delayed exchange', () => {
  it('holds back the copies that came through it, unless the message has a delay of its own', async () => {
    const [now, later] = [await space.queue('now'), await space.queue('later')];
    const binding = (id: string, source: string, destination: { queue: string } | { exchange: string }) => ({ put: 'binding' as const, binding: { id, source, destination, pattern: '', headers: {}, match: 'all' as const } });
    await space.change(
      { put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'fanout' } },
      { put: 'exchange', exchange: { id: 'x_late', name: 'late', kind: 'delayed', delayMs: 5_000, routesAs: 'fanout' } },
      binding('b1', 'in', { queue: 'now' }), binding('b2', 'in', { exchange: 'late' }), binding('b3', 'late', { queue: 'later' }),
    );
    await bench.publisher.publish(space.ns, { exchange: 'in' }, [message('a'), message('b', {}, { delayMs: 1_000 }), message('c', {}, { delayMs: 0 })]);
    expect([bodiesOf(await bench.browse(now, 'ready')), bodiesOf(await bench.browse(later, 'ready'))]).toEqual([['a', 'c'], ['c']]);
    expect((await bench.browse(later, 'delayed')).map(({ body, untilMs }) => [body.toString(), untilMs])).toEqual([['b', startMs + 1_000], ['a', startMs + 5_000]]);
  });
});

describe('deduplication', () => {
  it('within its window names the original, counts nothing, and forgets after it', async () => {
    const queue = await space.queue('q', { dedup: { windowMs: 60_000, by: 'id' } });
    const [first] = await bench.send(queue, message('a', { dedupId: 'order-1' }));
    await bench.pass(59_000);
    const [again] = await bench.send(queue, message('other body', { dedupId: 'order-1' }));
    expect(again).toMatchObject({ outcome: 'duplicate', id: first!.id, stored: [], duplicates: [{ queue: { name: 'q' }, originalId: first!.id }] });
    expect(await space.usage()).toMatchObject({ [`mq_messages publish ${queue.id}`]: 1 });
    await bench.pass(60_001);
    expect((await bench.send(queue, message('a', { dedupId: 'order-1' })))[0]).toMatchObject({ outcome: 'stored' });
  });

  it('tells messages of one call apart', async () => {
    const queue = await space.queue('q', { dedup: { windowMs: 60_000, by: 'id' } });
    const published = await bench.send(queue, message('a', { dedupId: 'x' }), message('b', { dedupId: 'x' }), message('c', { dedupId: 'y' }));
    expect(published.map(({ outcome }) => outcome)).toEqual(['stored', 'duplicate', 'stored']);
    expect(published[1]?.id).toBe(published[0]?.id);
  });

  it('by body works without an id, and an id goes before the body', async () => {
    const queue = await space.queue('q', { dedup: { windowMs: 60_000, by: 'body' } });
    const published = await bench.send(queue, message('same'), message('same'), message('same', { dedupId: '1' }), message('other', { dedupId: '1' }));
    expect(published.map(({ outcome }) => outcome)).toEqual(['stored', 'duplicate', 'stored', 'duplicate']);
  });

  it('by body goes by the digest of a body stored outside', async () => {
    const queue = await space.queue('q', { dedup: { windowMs: 60_000, by: 'body' } });
    const outside = (id: string, bodySha256: string) => message('', { storedBody: { id, bytes: 5_000_000 } }, { bodySha256 });
    const published = await bench.send(queue, outside('1', 'a'.repeat(64)), outside('2', 'b'.repeat(64)), outside('3', 'a'.repeat(64)));
    expect(published.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'duplicate']);
  });

  it('of one queue does not keep a message from another', async () => {
    await space.queue('once', { dedup: { windowMs: 60_000, by: 'id' } });
    const every = await space.queue('every');
    await bench.fanOut('once', 'every');
    for (const body of ['a', 'b']) await bench.publisher.publish(space.ns, { exchange: 'in' }, [message(body, { dedupId: '1' })]);
    expect(bodiesOf(await bench.browse(every, 'ready'))).toEqual(['a', 'b']);
    expect(await space.usage()).toMatchObject({ 'mq_messages publish x_in': 2, [`mq_queue_passes publish ${every.id}`]: 2 });
  });

  it('of a batch that was refused remembers nothing', async () => {
    const queue = await space.queue('q', { maxMessages: 1, dedup: { windowMs: 60_000, by: 'id' } });
    await expect(bench.publisher.publish(space.ns, { queue: 'q' }, [message('a', { dedupId: '1' }), message('b', { dedupId: '2' })])).rejects.toMatchObject({ code: 'queue_full' });
    expect((await bench.send(queue, message('a', { dedupId: '1' })))[0]).toMatchObject({ outcome: 'stored' });
  });
});

describe('an Idempotency-Key', () => {
  const idempotency = { key: 'ab'.repeat(16), request: 'cd'.repeat(16) };

  it('stores a request once and answers the same ids again', async () => {
    const queue = await space.queue('q');
    const first = await bench.publisher.publish(space.ns, { queue: 'q' }, [message('a'), message('b')], { idempotency });
    const again = await bench.publisher.publish(space.ns, { queue: 'q' }, [message('a'), message('b')], { idempotency });
    expect(again.map(({ id, outcome }) => [id, outcome])).toEqual(first.map(({ id }) => [id, 'replayed']));
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 2 });
  });

  it('that comes twice in the same moment stores once', async () => {
    const queue = await space.queue('q');
    const both = await Promise.all([1, 2].map(() => bench.publisher.publish(space.ns, { queue: 'q' }, [message('a'), message('b')], { idempotency })));
    expect(both[1]?.map(({ id }) => id)).toEqual(both[0]?.map(({ id }) => id));
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 2 });
  });

  it('with another request is refused, and after a day forgotten', async () => {
    await space.queue('q');
    await bench.publisher.publish(space.ns, { queue: 'q' }, [message('a')], { idempotency });
    await expect(bench.publisher.publish(space.ns, { queue: 'q' }, [message('b')], { idempotency: { ...idempotency, request: 'ee'.repeat(16) } })).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    await bench.pass(86_400_001);
    expect((await bench.publisher.publish(space.ns, { queue: 'q' }, [message('b')], { idempotency }))[0]?.outcome).toBe('stored');
  });
});

describe('publishing and taking in one step', () => {
  it('accepts a message and publishes others, or does nothing when the lease is lost', async () => {
    const queue = await space.queue('in');
    const out = await space.queue('out');
    await bench.send(queue, message('work'));
    const { deliveries } = await bench.claim(queue);
    const taking = { kind: 'lease' as const, queue, receipt: deliveries[0]!.receipt };
    const items = [{ target: { queue: 'out' }, message: message('result') }];
    await bench.publisher.publishAnd(space.ns, taking, items);
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, bytes: 0 });
    await expect(bench.publisher.publishAnd(space.ns, taking, items)).rejects.toMatchObject({ code: 'lease_lost' });
    expect(bodiesOf(await bench.browse(out, 'ready'))).toEqual(['result']);
  });

  it('does nothing when a target is full', async () => {
    const queue = await space.queue('in');
    await space.queue('out', { maxMessages: 1 });
    await bench.send(queue, message('work'));
    const { deliveries } = await bench.claim(queue);
    const taking = { kind: 'lease' as const, queue, receipt: deliveries[0]!.receipt };
    const items = ['1', '2'].map((body) => ({ target: { queue: 'out' }, message: message(body) }));
    await expect(bench.publisher.publishAnd(space.ns, taking, items)).rejects.toMatchObject({ code: 'queue_full' });
    expect(await space.queues.figures(queue)).toMatchObject({ leased: 1 });
  });

  it('moves a dead letter back under its own id, once', async () => {
    const queue = await space.queue('q');
    const [published] = await bench.send(queue, message('again'));
    await space.queues.settle(queue, [{ action: 'reject', receipt: (await bench.claim(queue)).deliveries[0]!.receipt, reason: 'not today' }]);
    const [dead] = await bench.browse(queue, 'dead');
    expect(dead).toMatchObject({ id: published!.id, deliveries: 1, properties: { death: { reason: 'not today', queue: 'q', deliveries: 1 } } });
    const taking = { kind: 'dead' as const, queue, position: dead!.position };
    const items = [{ target: { queue: 'q' }, message: { properties: { ...dead!.properties, id: dead!.id }, body: dead!.body } }];
    await bench.publisher.publishAnd(space.ns, taking, items, { cause: 'replay' });
    await expect(bench.publisher.publishAnd(space.ns, taking, items, { cause: 'replay' })).rejects.toMatchObject({ code: 'message_not_found' });
    expect((await bench.claim(queue)).deliveries).toMatchObject([{ id: published!.id, deliveries: 1 }]);
    expect(await space.usage()).toMatchObject({ [`mq_messages publish ${queue.id}`]: 1, [`mq_queue_passes replay ${queue.id}`]: 1 });
  });

  it('moves a message of a queue that deduplicates, which is no duplicate of itself, and says when another is', async () => {
    const queue = await space.queue('q', { dedup: { windowMs: 60_000, by: 'body' } });
    await bench.send(queue, message('again'));
    const lease = (await bench.claim(queue)).deliveries[0]!.receipt;
    const [copy] = await bench.publisher.publishAnd(space.ns, { kind: 'lease', queue, receipt: lease }, [{ target: { queue: 'q' }, message: message('again') }]);
    expect(copy).toMatchObject({ outcome: 'duplicate' });
    await bench.send(queue, message('letter'));
    await space.queues.settle(queue, [{ action: 'reject', receipt: (await bench.claim(queue)).deliveries[0]!.receipt, reason: 'r' }]);
    const [dead] = await bench.browse(queue, 'dead');
    const items = [{ target: { queue: 'q' }, message: { properties: { ...dead!.properties, id: dead!.id, death: undefined }, body: dead!.body } }];
    const [moved] = await bench.publisher.publishAnd(space.ns, { kind: 'dead', queue, position: dead!.position }, items, { cause: 'replay' });
    expect(moved).toMatchObject({ outcome: 'stored', id: dead!.id });
  });

  it('fires a schedule once, whoever comes first', async () => {
    const queue = await space.queue('q');
    await space.redis.zadd(keys.schedulesDue(space.ns), 1_000, 'nightly');
    const fire = () => bench.publisher.publishAnd(space.ns, { kind: 'schedule', name: 'nightly', dueMs: 1_000, nextMs: 2_000 }, [{ target: { queue: 'q' }, message: message('run') }], { cause: 'schedule' });
    const fired = await Promise.allSettled([fire(), fire(), fire()]);
    expect(fired.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await space.redis.zscore(keys.schedulesDue(space.ns), 'nightly')).toBe('2000');
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 1 });
  });

  it('stores nothing when the message would reach no queue', async () => {
    const queue = await space.queue('q');
    await space.change({ put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'fanout' } });
    await bench.send(queue, message('a'));
    const [ready] = await bench.browse(queue, 'ready');
    const items = [{ target: { exchange: 'in' }, message: message('a') }];
    await expect(bench.publisher.publishAnd(space.ns, { kind: 'ready', queue, position: ready!.position }, items, { mustReachQueue: true })).rejects.toMatchObject({ code: 'request_unroutable' });
    expect(await space.queues.figures(queue)).toMatchObject({ ready: 1 });
  });
});

describe('a single active consumer', () => {
  it('gets all messages while others wait, and is replaced when it is silent', async () => {
    const queue = await space.queue('q', { singleActiveConsumer: true });
    await bench.send(queue, message('a'), message('b'), message('c'));
    await expect(space.queues.claim(queue, { max: 1, holder: 'h' })).rejects.toMatchObject({ code: 'consumer_required' });
    const first = await bench.claim(queue, { max: 1, consumer: 'one', leaseMs: 10_000 });
    await space.queues.settle(queue, [{ action: 'accept', receipt: first.deliveries[0]!.receipt }]);
    expect(await space.queues.claim(queue, { max: 1, holder: 'two', consumer: 'two' })).toMatchObject({ kind: 'empty', nextDueMs: 30_000 });
    expect(await space.queues.figures(queue)).toMatchObject({ activeConsumer: 'one' });
    await bench.pass(30_000);
    expect(bodiesOf((await bench.claim(queue, { max: 1, consumer: 'two' })).deliveries)).toEqual(['b']);
  });

  it('keeps its place as long as its leases last', async () => {
    const queue = await space.queue('q', { singleActiveConsumer: true, leaseMs: 300_000 });
    await bench.send(queue, message('a'), message('b'));
    await bench.claim(queue, { max: 1, consumer: 'one' });
    await bench.pass(299_999);
    expect(await space.queues.claim(queue, { max: 1, holder: 'two', consumer: 'two' })).toMatchObject({ kind: 'empty' });
    await bench.pass(300_000);
    expect(bodiesOf((await bench.claim(queue, { max: 1, consumer: 'two' })).deliveries)).toEqual(['a']);
  });
});
