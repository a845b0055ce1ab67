import { afterEach, describe, expect, it } from '@jest/globals';
import { keys, PushAttemptStream, QueueStore } from '@waybill/broker';
import { HeldClock } from '@waybill/kernel';
import { eventually } from '@waybill/testing';
import type { Answer } from '../destination.js';
import { answerOf } from '../testing/push.js';
import { PushRoom } from '../testing/push-room.js';
import type { PushEngine } from './push-engine.js';

let room: PushRoom;
const engines: PushEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop(100)));
  await room.close();
});

async function open(...args: Parameters<typeof PushRoom.open>): Promise<PushEngine> {
  room = await PushRoom.open(...args);
  return another();
}
function another(more?: Parameters<PushRoom['engine']>[0]): PushEngine {
  const engine = room.engine(more);
  engines.push(engine);
  return engine;
}
const bodies = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);

/** A destination that answers when it is told to. */
function heldAnswers(): ((answer: Answer) => void)[] {
  const waiting: ((answer: Answer) => void)[] = [];
  room.answer = () => new Promise((resolve) => waiting.push(resolve));
  return waiting;
}

describe('a turn with a subscription', () => {
  it('delivers what is there, in its order, settles, counts and records it, and ends when nothing is left', async () => {
    const engine = await open({ concurrency: 8 });
    await room.publish(bodies(300));
    expect(await engine.turn(room.id)).toEqual({ end: 'idle' });
    expect(room.bodies).toEqual(bodies(300));
    expect(room.most).toBe(8);
    expect(await room.figures()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 });
    expect(await room.counted()).toBe(300);
    const attempts = await room.attempts();
    expect(attempts).toHaveLength(300);
    expect(new Set(attempts.map(({ messageId }) => messageId)).size).toBe(300);
    expect(attempts[0]).toMatchObject({ attempt: 1, outcome: 'delivered', status: 200, batchIndex: 0, batchMessages: 1 });
  });

  it('takes a message that comes while it lingers at once', async () => {
    const engine = await open();
    const turn = engine.turn(room.id);
    for (let i = 0; i < 5; i += 1) {
      await room.publish([`m${i}`]);
      engine.wake([room.queue.id]);
      await eventually(() => expect(room.bodies).toHaveLength(i + 1));
    }
    expect(await turn).toEqual({ end: 'idle' });
    expect(room.woken).toEqual([]);
  });

  it('finds a message whose wake was lost before it leaves', async () => {
    const engine = await open();
    const turn = engine.turn(room.id);
    await eventually(async () => expect(await room.redis.hget(keys.push(room.queue.ns, room.id), 'run')).toBe('1'));
    await room.publish(['m0']);
    await turn;
    expect(room.bodies).toEqual(['m0']);
  });

  it('says that a wake came when it was too late, and asks for a job where nobody works', async () => {
    const engine = await open();
    engine.wake([room.queue.id]);
    engine.wake([room.queue.id]);
    expect(room.woken).toEqual([room.id]);
  });

  it('tries again by the schedule and sends the last answer to the dead letters, whatever the delivery limit of the queue', async () => {
    const engine = await open({ scheduleMs: [0, 1, 1, 1], circuitFailures: 100 }, { deliveryLimit: 1 });
    room.answer = () => answerOf('failed', { status: 503, head: Buffer.alloc(10_000, 'x'), requestId: 'r-1' });
    await room.publish(['m0']);
    await engine.turn(room.id);
    expect(room.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(room.calls.flatMap(({ messages }) => messages.map(({ id }) => id))).size).toBe(1);
    expect(await room.figures()).toMatchObject({ ready: 0, delayed: 0, dead: 1 });
    const [, [dead]] = (await room.redis.xrange(`${keys.queue(room.queue.ns, room.queue.id)}:dead`, '-', '+'))[0]!.map((part, i) => (i === 1 ? [part] : part)) as unknown as [string, [string[]]];
    expect(dead).toContain('delivery_failed:503');
    const attempts = await room.attempts();
    expect(attempts.map(({ attempt, outcome, head, requestId }) => [attempt, outcome, head.length, requestId])).toEqual([1, 2, 3, 4].map((n) => [n, 'failed', 4_096, 'r-1']));
    expect(await room.counted()).toBe(4);
    expect(await room.redis.exists(keys.pushTries(room.queue.ns, room.id))).toBe(0);
  });

  it('gives up a message at once that the destination rejects, and counts no call that was refused', async () => {
    const engine = await open({ scheduleMs: [0, 60_000] });
    room.answer = ({ messages }) => (Buffer.from(messages[0]!.body).toString() === 'm0' ? answerOf('rejected', { status: 400 }) : answerOf('refused', { status: null, reason: 'egress_private_address' }));
    await room.publish(bodies(2));
    await engine.turn(room.id);
    expect(await room.figures()).toMatchObject({ dead: 1, delayed: 1 });
    expect(await room.counted()).toBe(1);
    expect((await room.attempts()).map(({ outcome, reason }) => [outcome, reason])).toEqual([['rejected', null], ['refused', 'egress_private_address']]);
  });

  it('sends many messages in one call, settles all by its answer, and counts the call once', async () => {
    const engine = await open({ batchMessages: 10, batchWaitMs: 50, concurrency: 2 });
    await room.publish(bodies(25));
    await engine.turn(room.id);
    expect(room.calls.map((call) => call.bodies.length).sort((a, b) => a - b)).toEqual([5, 10, 10]);
    expect(await room.counted()).toBe(3);
    expect((await room.attempts()).map(({ batchIndex, batchMessages }) => `${batchIndex}/${batchMessages}`)).toContain('9/10');
    expect(await room.figures()).toMatchObject({ ready: 0, leased: 0 });
  });

  it('keeps the order of each group behind a message that fails, and lets other groups go on', async () => {
    const engine = await open({ scheduleMs: [0, 50, 50], concurrency: 8, circuitFailures: 100 }, { kind: 'fifo' });
    let failures = 2;
    room.answer = async ({ messages }) => {
      if (Buffer.from(messages[0]!.body).toString() !== 'a0' || failures === 0) return answerOf('delivered');
      failures -= 1;
      // Its last failure is that of an endpoint slower than all other groups take.
      if (failures === 0) await eventually(() => expect(room.bodies).toContain('c4'));
      return answerOf('failed');
    };
    for (const group of ['a', 'b', 'c']) await room.publish(Array.from({ length: 5 }, (_, i) => `${group}${i}`), { group });
    const turn = engine.turn(room.id);
    await eventually(() => {
      engine.wake([room.queue.id]);
      expect(room.bodies).toHaveLength(17);
    });
    await turn;
    const of = (group: string) => room.bodies.filter((body) => body.startsWith(group));
    expect(of('a')).toEqual(['a0', 'a0', 'a0', 'a1', 'a2', 'a3', 'a4']);
    expect(of('b')).toEqual(['b0', 'b1', 'b2', 'b3', 'b4']);
    expect(room.bodies.indexOf('c4')).toBeLessThan(room.bodies.indexOf('a1'));
  });

  it('waits for the database rather than lose records, and goes on when there is room', async () => {
    await open();
    const engine = another({ attemptLimitBytes: 500 });
    await room.publish(bodies(400));
    const turn = engine.turn(room.id);
    await eventually(async () => expect(Number(await room.redis.get(keys.attemptBytes(room.queue.ns)))).toBeGreaterThan(500));
    const trimmed = setInterval(() => void new PushAttemptStream(room.redis).trim(room.queue.ns, '+'), 50);
    expect(await turn.finally(() => clearInterval(trimmed))).toEqual({ end: 'idle' });
    expect(room.bodies).toHaveLength(400);
  });
});

describe('a destination that fails', () => {
  it('is called no more after so many failures in a row, then by one probe, and goes on when that succeeds', async () => {
    const engine = await open({ scheduleMs: [0, 0, 0, 0, 0, 0], circuitFailures: 5, circuitOpenMs: 300, concurrency: 4 });
    let healthy = false;
    room.answer = () => answerOf(healthy ? 'delivered' : 'failed', { status: 500 });
    await room.publish(bodies(20));
    const turn = engine.turn(room.id);
    await eventually(() => expect(room.logged.map(([event]) => event)).toContain('subscription.circuit_opened'));
    const before = room.calls.length;
    expect(before).toBeLessThanOrEqual(5 + 3);
    await eventually(() => expect(room.calls.length).toBe(before + 1));
    healthy = true;
    await turn;
    expect(await room.figures()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 });
    await eventually(() => expect(room.failing).toEqual([expect.any(Number), null]));
  });

  it('keeps its open circuit when another worker takes the subscription', async () => {
    const engine = await open({ scheduleMs: [0, 0, 0, 0, 0, 0], circuitFailures: 3, circuitOpenMs: 60_000, concurrency: 1 });
    room.answer = () => answerOf('failed');
    await room.publish(bodies(10));
    const first = await engine.turn(room.id);
    expect(first).toMatchObject({ end: 'later' });
    expect(await another().turn(room.id)).toEqual(first);
    expect(room.calls).toHaveLength(3);
    expect(await room.figures()).toMatchObject({ ready: 10, leased: 0 });
  });

  it('is disabled when it says that it is gone, and the message stays', async () => {
    const engine = await open({ concurrency: 1 });
    room.answer = () => answerOf('gone', { status: 410 });
    await room.publish(bodies(3));
    expect(await engine.turn(room.id)).toEqual({ end: 'stop' });
    expect(room.disabled).toEqual(['gone']);
    expect(room.alerts).toMatchObject([{ reason: 'gone', percent: 100, lastAnswer: '410' }]);
    expect(await room.figures()).toMatchObject({ ready: 3, leased: 0, dead: 0 });
  });

  it('goes on when it is enabled while the turn that disabled it still ends', async () => {
    room = await PushRoom.open({ concurrency: 1 });
    const enabledMeanwhile = async () => {
      engine.change(room.id, null);
      engine.change(room.id, room.active);
    };
    const engine: PushEngine = another({ health: { failing: async () => undefined, disable: enabledMeanwhile } });
    room.answer = () => answerOf('gone', { status: 410 });
    await room.publish(['m0']);
    expect(await engine.turn(room.id)).toEqual({ end: 'leave' });
    room.answer = () => answerOf('delivered');
    const again = another();
    expect(await again.turn(room.id)).toEqual({ end: 'idle' });
    expect(room.bodies).toEqual(['m0', 'm0']);
  });

  it('is disabled after failing for so long, with a step told on the way, and gets its backlog in order when it is enabled', async () => {
    await open({ disableAfterMs: 15 * 3_600_000, scheduleMs: [0, ...Array.from({ length: 500 }, () => 0)], circuitFailures: 1_000, concurrency: 1 });
    await room.publish(bodies(5));
    const clock = new HeldClock(Date.now());
    room.answer = () => {
      clock.advance(3_600_000);
      return answerOf('failed');
    };
    expect(await another({ clock }).turn(room.id)).toEqual({ end: 'stop' });
    expect(room.disabled).toEqual(['failing']);
    expect(room.alerts.map(({ percent }) => percent)).toEqual([50, 70, 90, 100]);
    room.answer = () => answerOf('delivered');
    room.calls.splice(0);
    expect(await another().turn(room.id)).toEqual({ end: 'idle' });
    expect(room.bodies).toEqual(bodies(5));
  });

  it('gets no call before its Retry-After, and fewer at once after it', async () => {
    const engine = await open({ concurrency: 8, scheduleMs: [0, 0, 0, 0] });
    let slow = true;
    room.answer = () => (slow ? answerOf('slow_down', { status: 429, retryAfterMs: 400 }) : new Promise((resolve) => setTimeout(() => resolve(answerOf('delivered')), 20)));
    await room.publish(bodies(8));
    const turn = engine.turn(room.id);
    await eventually(() => expect(room.calls.length).toBe(8));
    [slow, room.most] = [false, 0];
    await turn;
    expect(room.calls[8]!.nowMs - room.calls[7]!.nowMs).toBeGreaterThanOrEqual(400);
    expect(room.most).toBeLessThan(8);
    expect(await room.figures()).toMatchObject({ ready: 0, leased: 0, dead: 0 });
  });
});

describe('a turn that must end', () => {
  it('begins no call after a pause, and leaves what was not sent in the queue', async () => {
    const engine = await open({ concurrency: 4 });
    const waiting = heldAnswers();
    await room.publish(bodies(50));
    const turn = engine.turn(room.id);
    await eventually(() => expect(waiting).toHaveLength(4));
    engine.change(room.id, null);
    for (const answer of waiting) answer(answerOf('delivered'));
    expect(await turn).toEqual({ end: 'stop' });
    expect(room.calls).toHaveLength(4);
    expect(await room.figures()).toMatchObject({ ready: 46, leased: 0 });
  });

  it('lets the calls under way end when the process stops, and leaves the rest to another worker', async () => {
    const engine = await open({ concurrency: 4 });
    const waiting = heldAnswers();
    await room.publish(bodies(10));
    const turn = engine.turn(room.id);
    await eventually(() => expect(waiting).toHaveLength(4));
    const stopped = engine.stop(10_000);
    for (const answer of waiting) answer(answerOf('delivered'));
    await stopped;
    expect(await turn).toEqual({ end: 'leave' });
    expect(await engine.turn(room.id)).toEqual({ end: 'leave' });
    expect(await room.figures()).toMatchObject({ ready: 6, leased: 0 });
  });

  it('gives calls up that hang when the process stops: their messages are not tried less often for it', async () => {
    const engine = await open({ concurrency: 2, scheduleMs: [0] });
    room.answer = ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(answerOf('failed', { status: null, reason: 'aborted' }))));
    await room.publish(bodies(2));
    const turn = engine.turn(room.id);
    await eventually(() => expect(room.calls).toHaveLength(2));
    await engine.stop(20);
    await turn;
    expect(await room.figures()).toMatchObject({ ready: 2, leased: 0, dead: 0 });
    expect(await room.attempts()).toHaveLength(2);
  });

  it('stops as soon as another worker has the subscription, and settles what it sent', async () => {
    const engine = await open({ concurrency: 2 });
    const waiting = heldAnswers();
    await room.publish(bodies(6));
    const old = engine.turn(room.id);
    await eventually(() => expect(waiting).toHaveLength(2));
    const sent = waiting.splice(0);
    room.answer = () => answerOf('delivered');
    const next = another().turn(room.id);
    await eventually(() => expect(room.calls.length).toBe(6));
    for (const answer of sent) answer(answerOf('delivered'));
    expect(await old).toEqual({ end: 'stop' });
    expect(await next).toEqual({ end: 'idle' });
    expect([...room.bodies].sort()).toEqual(bodies(6));
    expect(await room.counted()).toBe(6);
  });

  it('ends when its queue is gone', async () => {
    const engine = await open();
    await room.redis.unlink(keys.queue(room.queue.ns, room.queue.id));
    expect(await engine.turn(room.id)).toEqual({ end: 'stop' });
  });

  it('is left for later while an invoice is long overdue, and goes on after the payment', async () => {
    const engine = await open();
    await room.publish(['m0']);
    await room.redis.hset(keys.topology(room.queue.ns), 'gate', 'shut');
    expect(await engine.turn(room.id)).toEqual({ end: 'later', atMs: expect.any(Number) });
    expect(room.bodies).toEqual([]);
    await room.redis.hdel(keys.topology(room.queue.ns), 'gate');
    expect(await engine.turn(room.id)).toEqual({ end: 'idle' });
    expect(room.bodies).toEqual(['m0']);
  });

  it('takes messages back whose leases ended when their worker was killed', async () => {
    const engine = await open();
    await room.publish(bodies(3));
    await new QueueStore(room.redis).claim(room.queue, { max: 3, leaseMs: 100, holder: 'killed' });
    await engine.turn(room.id);
    expect(room.bodies).toEqual(bodies(3));
  });
});
