import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bodiesOf, message, QueueBench } from '../testing/queue-bench.js';
import { PushAttemptStream, PushStore } from './push.store.js';
import type { PushRef, PushReport, PushSettled, PushSettlement } from './push.store.js';
import type { Claim, QueueRef } from './queue.store.js';

let bench: QueueBench;
let push: PushStore;
let attempts: PushAttemptStream;
let queue: QueueRef;
let ref: PushRef;
let run: number;
let calls = 0;
/** Of the moment an entry was counted. */
const momentBytes = 13;

beforeEach(async () => {
  bench = await QueueBench.open();
  push = new PushStore(bench.space.redis);
  attempts = new PushAttemptStream(bench.space.redis);
  queue = await bench.space.queue('q', { deliveryLimit: 2 });
  await begin(queue);
});
afterEach(() => bench.space.close());

async function begin(of: QueueRef): Promise<void> {
  ref = { subscriptionId: 'sub_1', queue: of };
  ({ run } = await push.begin(ref));
}

async function claim(max = 10): Promise<Extract<Claim, { kind: 'claimed' }>> {
  const claimed = await push.claim(ref, run, { max, holder: 'push' });
  if (claimed === 'superseded' || claimed.kind !== 'claimed') throw new Error('nothing was claimed');
  return claimed;
}

function settle(settlements: readonly PushSettlement[], more: Partial<PushReport> = {}): Promise<PushSettled> {
  calls += 1;
  return push.settle(ref, { id: `${run}:${calls}`, calls: settlements.length, attempts: '[]', state: null, settlements, ...more });
}

const attemptsBooked = async () => (await bench.space.usage())['mq_push_attempts push sub_1'] ?? 0;

describe('settling by what a destination answered', () => {
  it('ends the leases, counts the calls and records the attempts in one step', async () => {
    await bench.send(queue, message('a'), message('b'), message('c'));
    const [a, b, c] = (await claim()).deliveries;
    const settled = await settle(
      [{ action: 'accept', receipt: a!.receipt, tried: false }, { action: 'reject', receipt: b!.receipt, reason: 'delivery_failed:500', tried: false }, { action: 'again', receipt: c!.receipt, delayMs: 5_000, tries: '1' }],
      { calls: 3, attempts: '["facts"]', state: '{"n":1}' },
    );
    expect(settled.outcomes).toEqual([{ outcome: 'accepted' }, { outcome: 'rejected' }, { outcome: 'released' }]);
    expect(await attemptsBooked()).toBe(3);
    expect((await attempts.read(bench.space.ns, '0', 10)).map(({ subscriptionId, attempts: facts }) => [subscriptionId, facts])).toEqual([['sub_1', '["facts"]']]);
    expect(settled.waitingBytes).toBe('sub_1["facts"]'.length + momentBytes);
    expect(await bench.space.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, delayed: 1, dead: 1 });
    expect((await push.begin(ref)).state).toBe('{"n":1}');
    expect((await bench.browse(queue, 'dead')).map(({ properties }) => properties.death?.reason)).toEqual(['delivery_failed:500']);
  });

  it.each(['standard', 'fifo'] as const)('tells apart what was accepted and what was settled before, in a queue of the kind %s', async (kind) => {
    await begin(await bench.space.queue(kind, { kind }));
    await bench.send(ref.queue, message('a', { group: 'a' }), message('b', { group: 'b' }), message('c', { group: 'c' }));
    const accept = (await claim()).deliveries.map(({ receipt }): PushSettlement => ({ action: 'accept', receipt, tried: false }));
    expect((await settle(accept.slice(0, 1))).outcomes).toEqual([{ outcome: 'accepted' }]);
    expect((await settle(accept)).outcomes).toEqual([{ outcome: 'already_settled' }, { outcome: 'accepted' }, { outcome: 'accepted' }]);
    expect(await bench.space.queues.figures(ref.queue)).toMatchObject({ ready: 0, leased: 0, bytes: 0 });
  });

  it('does nothing when a call is repeated because its answer was lost', async () => {
    await bench.send(queue, message('a'));
    const [a] = (await claim()).deliveries;
    const report: PushReport = { id: `${run}:1`, calls: 1, attempts: '[1]', state: null, settlements: [{ action: 'again', receipt: a!.receipt, delayMs: 0, tries: '1' }] };
    await push.settle(ref, report);
    expect(await push.settle(ref, report)).toMatchObject({ outcomes: 'repeated' });
    expect(await attemptsBooked()).toBe(1);
    expect(await attempts.read(bench.space.ns, '0', 10)).toHaveLength(1);
  });

  it('records and counts a call whose lease was lost meanwhile, or whose queue is gone', async () => {
    await bench.send(queue, message('a'));
    const [a] = (await claim()).deliveries;
    await bench.pass(31_000);
    const [again] = (await claim()).deliveries;
    expect(again!.deliveries).toBe(2);
    expect((await settle([{ action: 'accept', receipt: a!.receipt, tried: false }])).outcomes).toEqual([{ outcome: 'lease_lost' }]);
    await bench.space.change({ drop: 'queue', id: queue.id, name: queue.name });
    expect((await settle([{ action: 'accept', receipt: again!.receipt, tried: false }])).outcomes).toBe('queue_gone');
    expect(await attemptsBooked()).toBe(2);
  });

  it('hands a message out again as often as the destination needs, whatever the delivery limit of the queue, and counts its calls, not its bytes', async () => {
    await bench.send(queue, message('a'));
    for (let round = 1; round <= 6; round += 1) {
      const [a] = (await claim()).deliveries;
      expect(await push.tries(ref, [a!.position])).toEqual([round === 1 ? null : String(round - 1)]);
      await settle([{ action: 'again', receipt: a!.receipt, delayMs: 1_000, tries: String(round) }]);
      await bench.pass(round * 1_000);
    }
    const [a] = (await claim()).deliveries;
    await settle([{ action: 'accept', receipt: a!.receipt, tried: true }]);
    expect(await push.tries(ref, [a!.position])).toEqual([null]);
    expect(await bench.space.usage()).toMatchObject({ [`mq_messages publish ${queue.id}`]: 1, 'mq_push_attempts push sub_1': 7 });
    expect(await bench.space.usage()).not.toHaveProperty(`mq_kib_out publish ${queue.id}`);
  });

  it('11: 500 five times and then 200 costs six attempts and one message', async () => {
    await bench.send(queue, message('a'));
    for (let call = 1; call <= 6; call += 1) {
      const [a] = (await claim()).deliveries;
      await settle([call < 6 ? { action: 'again', receipt: a!.receipt, delayMs: 1_000, tries: String(call) } : { action: 'accept', receipt: a!.receipt, tried: true }]);
      await bench.pass(call * 1_000);
    }
    expect(await bench.space.usage()).toEqual({
      [`mq_messages publish ${queue.id}`]: 1, [`mq_kib_in publish ${queue.id}`]: 1, [`mq_queue_passes publish ${queue.id}`]: 1, 'mq_push_attempts push sub_1': 6,
    });
  });

  it('leaves the delivery limit to hand-outs that nobody ended: a message that kills its workers dies', async () => {
    await bench.send(queue, message('a'));
    const [a] = (await claim()).deliveries;
    await settle([{ action: 'again', receipt: a!.receipt, delayMs: 0, tries: '1' }]);
    await claim();
    await bench.pass(31_000);
    expect(await push.claim(ref, run, { max: 1, holder: 'push' })).toMatchObject({ kind: 'empty' });
    expect((await bench.browse(queue, 'dead')).map(({ properties }) => properties.death?.reason)).toEqual(['delivery_limit']);
  });

  it('lets a message that expired while it was tried die as expired', async () => {
    const short = await bench.space.queue('short', { messageTtlMs: 1_000 });
    await begin(short);
    await bench.send(short, message('a'));
    const [a] = (await claim()).deliveries;
    await bench.pass(2_000);
    expect((await settle([{ action: 'again', receipt: a!.receipt, delayMs: 5_000, tries: '1' }])).outcomes).toEqual([{ outcome: 'dead_lettered' }]);
    expect((await bench.browse(short, 'dead')).map(({ properties }) => properties.death?.reason)).toEqual(['expired']);
  });
});

describe('fifo under a subscription', () => {
  it('keeps a group behind its head while it is tried again, and lets other groups go on', async () => {
    const fifo = await bench.space.queue('fifo', { kind: 'fifo' });
    await begin(fifo);
    await bench.send(fifo, message('a1', { group: 'a' }), message('a2', { group: 'a' }), message('b1', { group: 'b' }), message('b2', { group: 'b' }));
    const first = await claim();
    expect(bodiesOf(first.deliveries)).toEqual(['a1', 'b1']);
    await settle([
      { action: 'again', receipt: first.deliveries[0]!.receipt, delayMs: 10_000, tries: '1' },
      { action: 'accept', receipt: first.deliveries[1]!.receipt, tried: false },
    ]);
    const second = await claim();
    expect(bodiesOf(second.deliveries)).toEqual(['b2']);
    await settle([{ action: 'accept', receipt: second.deliveries[0]!.receipt, tried: false }]);
    expect(await push.claim(ref, run, { max: 1, holder: 'push' })).toMatchObject({ kind: 'empty', nextDueMs: 10_000 });
    await bench.pass(10_000);
    expect(bodiesOf((await claim()).deliveries)).toEqual(['a1']);
  });
});

describe('a subscription that another worker took', () => {
  it('gives nothing to the worker that had it before, and takes its settlements', async () => {
    await bench.send(queue, message('a'), message('b'));
    const [a] = (await claim(1)).deliveries;
    const before = run;
    await begin(queue);
    expect(await push.claim(ref, before, { max: 1, holder: 'old' })).toBe('superseded');
    expect(await bench.space.queues.figures(queue)).toMatchObject({ ready: 1, leased: 1 });
    const settled = await push.settle(ref, { id: `${before}:9`, calls: 1, attempts: '', state: null, settlements: [{ action: 'accept', receipt: a!.receipt, tried: false }] });
    expect(settled).toMatchObject({ run, outcomes: [{ outcome: 'accepted' }] });
    expect(bodiesOf((await claim()).deliveries)).toEqual(['b']);
  });
});

describe('the stream of attempts', () => {
  it('forgets what is stored, with its bytes', async () => {
    await settle([], { attempts: '[1]' });
    await settle([], { attempts: '[2]' });
    const [first] = await attempts.read(bench.space.ns, '0', 1);
    await attempts.trim(bench.space.ns, first!.id);
    expect((await attempts.read(bench.space.ns, '0', 10)).map((entry) => entry.attempts)).toEqual(['[2]']);
    expect(await attempts.waitingBytes(bench.space.ns)).toBe('sub_1[2]'.length + momentBytes);
  });

  it('says which queues have messages to hand out', async () => {
    const [empty, away] = [await bench.space.queue('empty'), await bench.space.queue('away')];
    await bench.send(queue, message('a'));
    await bench.send(away, message('b'), message('c', {}, { delayMs: 5_000 }));
    await bench.claim(away);
    expect(await push.ready([ref, { subscriptionId: 'sub_2', queue: empty }, { subscriptionId: 'sub_3', queue: away }])).toEqual([true, false, false]);
  });
});
