import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { QueueRef } from './redis/queue.store.js';
import { keys } from './redis/keys.js';
import { encodeRecord } from './record.js';
import { message, QueueBench } from './testing/queue-bench.js';
import { TestNamespace } from './testing/namespace.js';
import type { OutgoingMessage } from './publisher.js';
import type { TopologyChange } from './topology-change.js';

let bench: QueueBench;
let space: TestNamespace;
beforeEach(async () => {
  bench = await QueueBench.open();
  ({ space } = bench);
});
afterEach(() => space.close());

const exchange = (name: string, kind: 'fanout' | 'topic', alternate?: string): TopologyChange => ({ put: 'exchange', exchange: { id: `x_${name}`, name, kind, alternate } });
const bind = (source: string, destination: { queue: string } | { exchange: string }, pattern = '#'): TopologyChange => ({
  put: 'binding', binding: { id: `${source}>${Object.values(destination)[0]}>${pattern}`, source, destination, pattern, headers: {}, match: 'all' },
});
/** The rule of D2 on the record as it is metered. */
const kibOf = ({ properties, body }: OutgoingMessage) => Math.max(1, Math.ceil(encodeRecord(properties, body).meteredBytes / 1_024));
const hourOf = (ms: number) => Math.floor(ms / 3_600_000);

class Model {
  readonly units: Record<string, number> = {};

  add(dimension: string, cause: string, resource: string, amount: number): void {
    if (amount > 0) this.units[`${dimension} ${cause} ${resource}`] = (this.units[`${dimension} ${cause} ${resource}`] ?? 0) + amount;
  }

  published(on: string, kib: number, exchanges: readonly string[], queues: readonly string[], cause = 'publish'): void {
    this.add('mq_messages', cause, on, 1);
    this.add('mq_kib_in', cause, on, kib);
    // What is beyond one unit of 64 KiB; the drain adds one a message.
    this.add('mq_message_units', cause, on, Math.ceil(kib / 64) - 1);
    for (const id of exchanges) this.add('mq_exchange_passes', cause, id, 1);
    for (const id of queues) this.add('mq_queue_passes', cause, id, 1);
    if (queues.length === 0) this.add('mq_unroutable', cause, on, 1);
  }
}

describe('1: random publishes, bindings and deliveries', () => {
  it('count each dimension as a plain model does, to the unit', async () => {
    const [names, exchanges] = [['a', 'b', 'c'], ['in', 'mid', 'out']];
    const kinds = [{}, { maxMessages: 10_000 }, { kind: 'priority' as const }];
    const queues = new Map<string, QueueRef>();
    for (const [i, name] of names.entries()) queues.set(name, await space.queue(name, kinds[i]));
    await space.change(exchange('spare', 'fanout'), bind('spare', { queue: 'c' }), exchange('in', 'topic', 'spare'), exchange('mid', 'topic'), exchange('out', 'topic'));
    const edge = fc.record({ from: fc.constantFrom(...exchanges), to: fc.oneof(fc.record({ queue: fc.constantFrom(...names) }), fc.record({ exchange: fc.constantFrom(...exchanges) })), pattern: fc.constantFrom('#', 'k1', 'k2') });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), to: fc.oneof(fc.constantFrom(...exchanges).map((name) => ({ exchange: name })), fc.constantFrom(...names).map((queue) => ({ queue }))), key: fc.constantFrom('k1', 'k2', 'k3'), bytes: fc.constantFrom(0, 900, 1_024, 5_000, 65_400, 65_536, 131_000, 140_000), count: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('deliver' as const), queue: fc.constantFrom(...names), max: fc.integer({ min: 1, max: 5 }), then: fc.constantFrom('accept' as const, 'release' as const, 'reject' as const, 'none' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('empty poll' as const), queue: fc.constantFrom(...names) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(edge, { maxLength: 8 }), fc.array(step, { minLength: 5, maxLength: 40 }), async (edges, steps) => {
        await space.redis.del(keys.openUsage(space.ns));
        for (const queue of queues.values()) {
          await space.queues.purgeReady(queue);
          for (let claim = await space.queues.claim(queue, { max: 500, holder: 'x', leaseMs: 'none' }); claim.kind === 'claimed'; claim = await space.queues.claim(queue, { max: 500, holder: 'x', leaseMs: 'none' }));
        }
        await space.redis.del(keys.openUsage(space.ns));
        const bindings = new Map(edges.map(({ from, to, pattern }) => [`${from}>${Object.values(to)[0]}>${pattern}`, { from, to, pattern }]));
        await space.change(...[...bindings.values()].map(({ from, to, pattern }) => bind(from, to, pattern)));
        const model = new Model();
        const delivered = new Set<string>();

        // Every exchange once, in the order it is reached; the alternate of one where nothing matched.
        const route = (first: string, key: string) => {
          const [passed, reached] = [new Set([first]), new Set<string>()];
          for (const name of passed) {
            const matching = name === 'spare' ? [{ to: { queue: 'c' } as { queue: string } | { exchange: string } }] : [...bindings.values()].filter(({ from, pattern }) => from === name && (pattern === '#' || pattern === key));
            for (const { to } of matching) {
              if ('queue' in to) reached.add(to.queue);
              else passed.add(to.exchange);
            }
            if (name === 'in' && matching.length === 0) passed.add('spare');
          }
          return { passed: [...passed].map((name) => `x_${name}`), reached: [...reached].map((name) => queues.get(name)!.id) };
        };
        for (const each of steps) {
          if (each.do === 'publish') {
            const sent = Array.from({ length: each.count }, () => message('x'.repeat(each.bytes), { key: each.key }));
            await bench.publisher.publish(space.ns, each.to, sent);
            for (const one of sent) {
              if ('queue' in each.to) {
                const { id } = queues.get(each.to.queue)!;
                model.published(id, kibOf(one), [], [id]);
              } else {
                const { passed, reached } = route(each.to.exchange, each.key);
                model.published(passed[0]!, kibOf(one), passed, reached);
              }
            }
            continue;
          }
          const queue = queues.get(each.queue)!;
          if (each.do === 'empty poll') {
            const pause = await space.redis.hset(keys.queue(space.ns, queue.id), 'paused', 'on');
            await space.queues.claim(queue, { max: 10, holder: 'c' });
            await space.redis.hdel(keys.queue(space.ns, queue.id), 'paused');
            expect(pause).toBeDefined();
            continue;
          }
          const claim = await space.queues.claim(queue, { max: each.max, holder: 'c' });
          if (claim.kind !== 'claimed') continue;
          for (const { position, record, receipt } of claim.deliveries.map((delivery) => ({ ...delivery, record: delivery }))) {
            if (!delivered.has(`${queue.id} ${position}`)) model.add('mq_kib_out', 'publish', queue.id, kibOf({ properties: record.properties, body: record.body }));
            delivered.add(`${queue.id} ${position}`);
            if (each.then === 'accept') await space.queues.settle(queue, [{ action: 'accept', receipt }]);
            if (each.then === 'release') await space.queues.settle(queue, [{ action: 'release', receipt, delayMs: 0 }]);
            if (each.then === 'reject') {
              await space.queues.settle(queue, [{ action: 'reject', receipt, reason: 'r' }]);
              model.add('mq_queue_passes', 'dead-letter', queue.id, 1);
            }
          }
        }
        const counted = await space.usage();
        expect(counted).toEqual(model.units);
        await space.change(...[...bindings.keys()].map((id): TopologyChange => ({ drop: 'binding', id })));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe('5: a producer that tries again', () => {
  it('with the same dedup id is counted once in D1 to D4', async () => {
    const queue = await space.queue('q', { dedup: { windowMs: 60_000, by: 'id' } });
    await space.change(exchange('in', 'fanout'), bind('in', { queue: 'q' }));
    for (let i = 0; i < 5; i += 1) await bench.publisher.publish(space.ns, { exchange: 'in' }, [message('x', { dedupId: 'one' })]);
    expect(await space.usage()).toEqual({ 'mq_messages publish x_in': 1, 'mq_kib_in publish x_in': 1, 'mq_exchange_passes publish x_in': 1, [`mq_queue_passes publish ${queue.id}`]: 1 });
  });

  it('with the same Idempotency-Key is counted once', async () => {
    const queue = await space.queue('q');
    for (let i = 0; i < 5; i += 1) await bench.publisher.publish(space.ns, { queue: 'q' }, [message('x')], { idempotency: { key: 'ab', request: 'cd' } });
    expect(await space.usage()).toEqual({ [`mq_messages publish ${queue.id}`]: 1, [`mq_kib_in publish ${queue.id}`]: 1, [`mq_queue_passes publish ${queue.id}`]: 1 });
  });
});

describe('6: the edge of an hour', () => {
  it.each([
    ['the month', Date.UTC(2026, 11, 31, 23, 59, 59, 999)], ['a leap day', Date.UTC(2028, 1, 29, 23, 59, 59, 999)], ['the day before one', Date.UTC(2028, 1, 28, 23, 59, 59, 999)], ['an hour', Date.UTC(2026, 10, 5, 13, 59, 59, 999)],
  ])('at the end of %s puts each publish, delivery and death into exactly one hour', async (_name, lastMs) => {
    const queue = await space.queue('q', { maxMessages: 100 });
    await space.queue('plain');
    const hours = async () => {
      const sums = new Map<number, number>();
      for (const [field, value] of Object.entries(await space.redis.hgetall(keys.openUsage(space.ns)))) sums.set(Number(field.split('|')[0]), (sums.get(Number(field.split('|')[0])) ?? 0) + Number(value));
      return [...sums].sort();
    };
    const work = async () => {
      await bench.publisher.publish(space.ns, { queue: 'q' }, [message('x')]);
      await bench.publisher.publish(space.ns, { queue: 'plain' }, [message('x')]);
      const { deliveries } = await bench.claim(queue, { max: 1 });
      await space.queues.settle(queue, [{ action: 'reject', receipt: deliveries[0]!.receipt, reason: 'r' }]);
    };
    await space.setClock(lastMs);
    await work();
    expect(await hours()).toEqual([[hourOf(lastMs), 8]]);
    await space.setClock(lastMs + 1);
    await work();
    expect(await hours()).toEqual([[hourOf(lastMs), 8], [hourOf(lastMs) + 1, 8]]);
    // The entries of the log have been written by the server's own clock; they say by which moment they were counted.
    const entries = await space.redis.xrange(keys.log(space.ns), '-', '+');
    expect(entries.map(([, fields]) => (fields.includes('t') ? Number(fields[fields.indexOf('t') + 1]) : null)).filter((ms) => ms !== null)).toEqual([lastMs, lastMs, lastMs + 1, lastMs + 1]);
  });
});

describe('7: clocks of gateways that are 30 s wrong', () => {
  it('change no hour and no total: the hour is that of the store', async () => {
    const lastMs = Date.UTC(2026, 11, 5, 13, 59, 50);
    const queue = await space.queue('q');
    await space.setClock(lastMs);
    const honest = Date.now;
    try {
      for (const wrongMs of [-30_000, 0, 30_000]) {
        Date.now = () => lastMs + wrongMs;
        await space.publisher().publish(space.ns, { queue: 'q' }, [message('x')]);
      }
    } finally {
      Date.now = honest;
    }
    expect(await space.redis.hgetall(keys.openUsage(space.ns))).toEqual(Object.fromEntries(
      [['mq_messages', 3], ['mq_kib_in', 3], ['mq_queue_passes', 3]].map(([dimension, count]) => [`${hourOf(lastMs)}|${dimension}|publish|${queue.id}`, String(count)]),
    ));
  });
});

describe('9: a fan-out from 1 through 3 exchanges to 5 queues, with a cycle in the bindings', () => {
  it('counts each exchange and each queue once, and ends', async () => {
    const queues = await Promise.all(['q1', 'q2', 'q3', 'q4', 'q5'].map((name) => space.queue(name)));
    await space.change(
      ...['root', 'a', 'b', 'c'].map((name) => exchange(name, 'fanout')), ...['a', 'b', 'c'].map((name) => bind('root', { exchange: name })),
      bind('c', { exchange: 'root' }), bind('b', { exchange: 'a' }), bind('a', { queue: 'q1' }), bind('a', { queue: 'q2' }), bind('b', { queue: 'q3' }), bind('b', { queue: 'q1' }), bind('c', { queue: 'q4' }), bind('c', { queue: 'q5' }),
    );
    await bench.publisher.publish(space.ns, { exchange: 'root' }, [message('x')]);
    const passes = Object.fromEntries(['root', 'a', 'b', 'c'].map((name) => [`mq_exchange_passes publish x_${name}`, 1]));
    const copies = Object.fromEntries(queues.map(({ id }) => [`mq_queue_passes publish ${id}`, 1]));
    expect(await space.usage()).toEqual({ 'mq_messages publish x_root': 1, 'mq_kib_in publish x_root': 1, ...passes, ...copies });
  });
});

describe('10: a storm of redeliveries and empty polls', () => {
  it('counts what goes out once a copy', async () => {
    const queue = await space.queue('q');
    for (let i = 0; i < 20; i += 1) await space.queues.claim(queue, { max: 10, holder: 'c' });
    expect(await space.usage()).toEqual({});
    await bench.send(queue, message('x'.repeat(3_000)));
    for (let i = 0; i < 50; i += 1) {
      const { deliveries } = await bench.claim(queue);
      if (i % 2 === 0) await space.queues.settle(queue, [{ action: 'release', receipt: deliveries[0]!.receipt, delayMs: 0 }]);
      else await bench.pass((i + 1) * 31_000);
    }
    expect((await space.usage())[`mq_kib_out publish ${queue.id}`]).toBe(3);
  });
});

describe('what moves', () => {
  it('counts its passes under its cause, and no message: a dead-letter exchange, a replay; a schedule is a publish of its own', async () => {
    const [queue, letters] = [await space.queue('q'), await space.queue('letters')];
    await space.change(exchange('dlx', 'fanout'), bind('dlx', { queue: 'letters' }));
    await bench.send(queue, message('x'));
    const { deliveries } = await bench.claim(queue);
    await space.queues.settle(queue, [{ action: 'reject', receipt: deliveries[0]!.receipt, reason: 'r' }]);
    const [dead] = await bench.browse(queue, 'dead');
    await space.redis.del(keys.openUsage(space.ns));
    const move = (cause: 'dead-letter' | 'replay') => bench.publisher.publishAnd(space.ns, { kind: 'dead', queue, position: dead!.position }, [{ target: { exchange: 'dlx' }, message: message('x') }], { cause });
    await move('dead-letter');
    expect(await space.usage()).toEqual({ 'mq_exchange_passes dead-letter x_dlx': 1, [`mq_queue_passes dead-letter ${letters.id}`]: 1 });
  });
});
