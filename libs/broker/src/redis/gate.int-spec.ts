import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keys } from './keys.js';
import { plain, TestNamespace } from '../testing/namespace.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.open();
});
afterEach(() => space.close());

const message = (body = 'x', key = '') => ({ properties: plain(key), body: Buffer.from(body) });
const many = (count: number, body?: string) => Array.from({ length: count }, () => message(body));
const gate = (fields: Record<string, string>) => space.redis.hset(keys.topology(space.ns), fields);
const used = () => space.redis.hget(keys.topology(space.ns), 'used');
const monthNow = () => new Date().getUTCFullYear() * 12 + new Date().getUTCMonth() + 1;
const ready = async (queue: Awaited<ReturnType<TestNamespace['queue']>>) => (await space.queues.figures(queue)).ready;

async function leaseOne(queue: Awaited<ReturnType<TestNamespace['queue']>>) {
  const claim = await space.queues.claim(queue, { max: 1, holder: 'c' });
  if (claim.kind !== 'claimed') throw new Error('nothing was claimed');
  return claim.deliveries[0]!.receipt;
}

/** A fanout exchange `in` to two queues. */
async function fanout(settings: Parameters<TestNamespace['queue']>[1] = {}) {
  const queues = [await space.queue('a', settings), await space.queue('b', settings)];
  await space.change(
    { put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'fanout' } },
    ...['a', 'b'].map((queue) => ({ put: 'binding' as const, binding: { id: `b_${queue}`, source: 'in', destination: { queue }, pattern: '', headers: {}, match: 'all' as const } })),
  );
  return queues;
}

describe('25 (gate): a closed gate', () => {
  it.each([['cap', 'spend_cap_reached'], ['stop', 'quota_exceeded'], ['overdue', 'payment_overdue']])('%s refuses publishes with %s, counts them, and lets consuming go on', async (word, code) => {
    const queue = await space.queue('a');
    await space.queue('b', { maxMessages: 10 });
    await space.publisher().publish(space.ns, { queue: 'a' }, [message('before')]);
    const before = await space.usage();
    await gate({ gate: word });
    await expect(space.publisher().publish(space.ns, { queue: 'a' }, many(3))).rejects.toMatchObject({ code });
    await expect(space.publisher().publish(space.ns, { queue: 'b' }, many(2))).rejects.toMatchObject({ code });
    const { [`mq_blocked publish ${queue.id}`]: blocked, ...rest } = await space.usage();
    expect(blocked).toBe(3);
    expect(Object.entries(rest).filter(([name]) => !name.startsWith('mq_blocked'))).toEqual(Object.entries(before));
    const receipt = await leaseOne(queue);
    expect(await space.queues.settle(queue, [{ action: 'accept', receipt }])).toMatchObject([{ outcome: 'accepted' }]);
    await space.redis.hdel(keys.topology(space.ns), 'gate');
    await space.publisher().publish(space.ns, { queue: 'a' }, [message('after')]);
    expect(await ready(queue)).toBe(1);
  });

  it('shut refuses claims as well with payment_overdue, by every way in, and lets leases be settled; open again it hands out what was there', async () => {
    const queue = await space.queue('a');
    await space.publisher().publish(space.ns, { queue: 'a' }, many(3));
    const [held, deferred] = [await leaseOne(queue), await leaseOne(queue)];
    await space.queues.settle(queue, [{ action: 'defer', receipt: deferred, key: 'k', returnMs: 60_000 }]);
    await gate({ gate: 'shut' });
    await expect(space.publisher().publish(space.ns, { queue: 'a' }, [message()])).rejects.toMatchObject({ code: 'payment_overdue' });
    await expect(space.queues.claim(queue, { max: 1, holder: 'c' })).rejects.toMatchObject({ code: 'payment_overdue' });
    await expect(space.queues.claim(queue, { max: 1, holder: 'push:s#1', consumer: 's', push: true })).rejects.toMatchObject({ code: 'payment_overdue' });
    await expect(space.queues.claimDeferred(queue, ['k'], { holder: 'c' })).rejects.toMatchObject({ code: 'payment_overdue' });
    expect(await space.queues.settle(queue, [{ action: 'accept', receipt: held }])).toMatchObject([{ outcome: 'accepted' }]);
    await space.redis.hdel(keys.topology(space.ns), 'gate');
    await leaseOne(queue);
    expect((await space.queues.claimDeferred(queue, ['k'], { holder: 'c' })).deliveries).toHaveLength(1);
  });

  it('does not stop what was published before from being moved', async () => {
    const [queue, target] = [await space.queue('a'), await space.queue('b')];
    await space.publisher().publish(space.ns, { queue: 'a' }, [message('old')]);
    const receipt = await leaseOne(queue);
    await gate({ gate: 'cap' });
    const taking = { kind: 'lease', queue, receipt } as const;
    await expect(space.publisher().publishAnd(space.ns, taking, [{ target: { queue: 'b' }, message: message() }])).rejects.toMatchObject({ code: 'spend_cap_reached' });
    await space.publisher().publishAnd(space.ns, taking, [{ target: { queue: 'b' }, message: message() }], { cause: 'replay' });
    expect(await ready(target)).toBe(1);
  });
});

describe('an exact quota', () => {
  it('gives out its last unit and not one more, in single messages from many publishers at once', async () => {
    const queue = await space.queue('a');
    await gate({ gate: 'quota', limits: '50 - - -', used: `${monthNow()} 7 0 0 0` });
    const publishers = Array.from({ length: 4 }, () => space.publisher());
    const results = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => publishers[i % 4]!.publish(space.ns, { queue: 'a' }, [message()])));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(43);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'quota_exceeded' });
    expect(await ready(queue)).toBe(43);
    const usage = await space.usage();
    expect(usage).toMatchObject({ [`mq_messages publish ${queue.id}`]: 43, [`mq_blocked publish ${queue.id}`]: 57 });
    expect(await used()).toBe(`${monthNow()} 50 43 0 43`);
  });

  it.each([['plain queues', {}], ['queues with settings', { maxMessages: 1_000 }]])('stores a batch whole or not at all, and each message that fits where asked to, in %s', async (_name, settings) => {
    const queues = await fanout(settings);
    await gate({ gate: 'quota', limits: '- - - 11' });
    const publish = (count: number, mode: 'all' | 'each') => space.publisher().publish(space.ns, { exchange: 'in' }, many(count), { mode });
    await publish(3, 'all');
    await expect(publish(3, 'all')).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect((await publish(3, 'each')).map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'over_quota']);
    expect(await Promise.all(queues.map(ready))).toEqual([5, 5]);
    expect(await used()).toBe(`${monthNow()} 5 5 5 10`);
    expect(await space.usage()).toMatchObject({ 'mq_messages publish x_in': 5, 'mq_blocked publish x_in': 4 });
  });

  it('costs nothing for what a queue knew or refused', async () => {
    await space.queue('a', { dedup: { windowMs: 60_000, by: 'body' }, maxMessages: 2 });
    await gate({ gate: 'quota', limits: '3 - - -' });
    const publish = (body: string) => space.publisher().publish(space.ns, { queue: 'a' }, [message(body)]);
    await publish('1');
    await publish('1');
    await publish('2');
    await expect(publish('3')).rejects.toMatchObject({ code: 'queue_full' });
    expect(await used()).toBe(`${monthNow()} 2 2 0 2`);
  });

  it('agrees with a plain model for random batches and limits', async () => {
    await fanout();
    await fc.assert(
      fc.asyncProperty(
        fc.record({ messages: fc.nat({ max: 12 }), kib: fc.nat({ max: 20 }), queues: fc.nat({ max: 24 }) }),
        fc.array(fc.record({ count: fc.integer({ min: 1, max: 5 }), kib: fc.integer({ min: 1, max: 3 }), all: fc.boolean() }), { maxLength: 8 }),
        async (limits, calls) => {
          await space.redis.hdel(keys.topology(space.ns), 'used');
          await gate({ gate: 'quota', limits: `${limits.messages} ${limits.kib} - ${limits.queues}` });
          const model = { messages: 0, kib: 0, queues: 0 };
          const fits = (count: number, kib: number) => model.messages + count <= limits.messages && model.kib + kib <= limits.kib && model.queues + 2 * count <= limits.queues;
          const take = (count: number, kib: number) => {
            model.messages += count;
            model.kib += kib;
            model.queues += 2 * count;
          };
          for (const { count, kib, all } of calls) {
            const outcome = await space.publisher().publish(space.ns, { exchange: 'in' }, many(count, 'x'.repeat(kib * 1_024 - 100)), { mode: all ? 'all' : 'each' }).then(
              (published) => published.filter((each) => each.outcome === 'stored').length,
              (error: { code?: string }) => (error.code === 'quota_exceeded' ? 0 : Promise.reject(error)),
            );
            let expected = 0;
            if (all) expected = fits(count, count * kib) ? count : 0;
            else for (let i = 0; i < count; i += 1) if (model.messages + expected + 1 <= limits.messages && model.kib + (expected + 1) * kib <= limits.kib && model.queues + 2 * (expected + 1) <= limits.queues) expected += 1;
            expect(outcome).toBe(expected);
            take(expected, expected * kib);
          }
          const [, messages, kib, , queues] = ((await used()) ?? '0 0 0 0 0').split(' ').map(Number);
          expect({ messages, kib, queues }).toEqual(model);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('begins anew with the month, and not when a clock goes back', async () => {
    const queue = await space.queue('a');
    await gate({ gate: 'quota', limits: '10 - - -', used: `${monthNow() - 1} 10 0 0 0` });
    await space.publisher().publish(space.ns, { queue: 'a' }, [message()]);
    expect(await used()).toBe(`${monthNow()} 1 1 0 1`);
    await gate({ used: `${monthNow() + 1} 10 0 0 0` });
    await expect(space.publisher().publish(space.ns, { queue: 'a' }, [message()])).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await ready(queue)).toBe(1);
  });

  it('6: knows the month of any moment, at the last and first millisecond, in leap years and at the turn of centuries', async () => {
    const source = (await import('node:fs')).readFileSync(new URL('./lua/gate.lua', import.meta.url), 'utf8');
    const edges = ['2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z', '2028-02-28T23:59:59.999Z', '2028-02-29T00:00:00.000Z', '2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00.000Z', '2027-02-28T23:59:59.999Z', '2027-03-01T00:00:00Z', '2100-02-28T23:59:59.999Z', '2100-03-01T00:00:00.000Z'];
    const random = Array.from({ length: 2_000 }, (_, i) => new Date(Date.UTC(2026, 0, 1) + i * 40_000_003_337).toISOString());
    const moments = [...edges, ...random].map((text) => Date.parse(text));
    const found = await space.redis.eval(`${source}\nlocal r = {} for i = 1, #ARGV do r[i] = month_of(tonumber(ARGV[i])) end return r`, 0, ...moments);
    expect(found).toEqual(moments.map((ms) => new Date(ms).getUTCFullYear() * 12 + new Date(ms).getUTCMonth() + 1));
  });
});
