import { describe, expect, it } from '@jest/globals';
import { HeldClock, WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import fc from 'fast-check';
import { FakeQueue } from '../testing/fake-queue.js';
import type { Moved } from './message-mover.js';
import type { TaskSpec, TaskState, TaskWork } from './message-task.js';
import type { Entry } from './operated-queue.js';
import { TaskRunner } from './task-runner.js';
import type { TaskProgress, TaskStore } from './tasks.store.js';

const ns = 'ns_a' as NamespaceId;
const spec: TaskSpec = {
  kind: 'redrive', queue: 'orders', queueId: 'q_a', from: 'dead', inOrder: true, to: { queue: 'orders' }, filter: {}, ratePerSecond: null, askedBy: 'key_a',
};
class Killed extends Error {}

/** One task as the store keeps it, with the counts that its saves add up to. */
class OneTask implements Pick<TaskStore, 'take' | 'save'> {
  state: TaskState = 'running';
  problem: string | null = null;
  owner: string | undefined;
  counts = { scanned: 0, matched: 0, done: 0, refused: 0 };
  saved: Pick<TaskWork, 'cursor' | 'plan' | 'paidUntilMs'>;

  constructor(
    readonly wanted: TaskSpec,
    readonly clock: HeldClock,
    readonly upTo = Infinity,
  ) {
    this.saved = { cursor: undefined, plan: [], paidUntilMs: clock.nowMs() };
  }

  take(_ns: NamespaceId, id: string, worker: string): Promise<TaskWork | undefined> {
    if (this.state !== 'running' || (this.owner !== undefined && this.owner !== worker)) return Promise.resolve(undefined);
    this.owner = worker;
    return Promise.resolve({ ...this.wanted, ...this.counts, ...this.saved, id, state: this.state, createdMs: 0, endedMs: null, problem: null, nowMs: this.clock.nowMs(), upTo: this.upTo });
  }

  save(_ns: NamespaceId, _id: string, worker: string, { counts, cursor, plan, paidUntilMs, then }: TaskProgress): Promise<boolean> {
    if (this.owner !== worker) return Promise.resolve(false);
    for (const name of ['scanned', 'matched', 'done', 'refused'] as const) this.counts[name] += counts[name];
    if (this.state === 'cancelled') return Promise.resolve(false);
    this.saved = { cursor, plan, paidUntilMs };
    if (then === 'pause') this.owner = undefined;
    if (then === 'done') this.state = 'done';
    if (typeof then === 'object') [this.state, this.problem] = ['failed', then.failed];
    return Promise.resolve(true);
  }

  /** What the store does when a worker has said nothing for long. */
  abandon(): void {
    this.owner = undefined;
  }
}

/** Moves by taking the entry out of the fake queue and writing down where it went; may die before or after any step. */
function movesOf(source: FakeQueue, answer: (entry: Entry) => Moved | Error = () => 'moved') {
  const arrived: { id: string; properties: Entry['properties'] }[] = [];
  return {
    arrived,
    move(_queue: unknown, entry: Entry, _target: unknown, properties: Entry['properties']): Promise<Moved> {
      const moved = answer(entry);
      if (moved instanceof Error) return Promise.reject(moved);
      if (moved !== 'moved') return Promise.resolve(moved);
      if (!source.take(entry.state, entry.position)) return Promise.resolve('gone');
      arrived.push({ id: entry.id, properties });
      return Promise.resolve('moved');
    },
  };
}
const noRemover = { remove: () => Promise.reject(new Error('nothing is removed here')) };
const letters = (count: number) => {
  const source = new FakeQueue();
  for (let i = 1; i <= count; i += 1) source.add('dead', i, { properties: { key: i % 3 === 0 ? 'third' : 'other', death: { reason: 'rejected', queue: 'orders', atMs: i, deliveries: 1 } } });
  return source;
};

describe('a task', () => {
  it('moves everything in order and counts it', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(250);
    const task = new OneTask(spec, clock);
    const moves = movesOf(source);
    const ids = source.entries.map(({ id }) => id);
    expect(await new TaskRunner(task, source, moves, noRemover, clock).turn(ns, 'tsk_a', 'w1', Infinity)).toBe('ended');
    expect(moves.arrived.map(({ id }) => id)).toEqual(ids);
    expect(moves.arrived.every(({ properties }) => properties.death === undefined)).toBe(true);
    expect(task).toMatchObject({ state: 'done', counts: { scanned: 250, matched: 250, done: 250, refused: 0 } });
  });

  it('moves only what fits the filter', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(250);
    const task = new OneTask({ ...spec, filter: { key: 'third' } }, clock);
    await new TaskRunner(task, source, movesOf(source), noRemover, clock).turn(ns, 'tsk_a', 'w1', Infinity);
    expect(task.counts).toEqual({ scanned: 250, matched: 83, done: 83, refused: 0 });
    expect(source.positions('dead')).toHaveLength(167);
    expect(source.positions('dead').every((position) => position % 3 !== 0)).toBe(true);
  });

  it('leaves what came after it was asked for, so that messages which die again do not keep it busy for ever', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(250);
    let next = 1_000;
    const moves = movesOf(source, () => {
      source.add('dead', (next += 1));
      return 'moved';
    });
    const task = new OneTask(spec, clock, 250);
    await new TaskRunner(task, source, moves, noRemover, clock).turn(ns, 'tsk_a', 'w1', Infinity);
    expect(task).toMatchObject({ state: 'done', counts: { done: 250 } });
    expect(source.positions('dead')).toHaveLength(250);
  });

  it('leaves a message in its place when the target refuses it, and counts one that is gone as neither', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(10);
    const task = new OneTask(spec, clock);
    const answers: Record<number, Moved> = { 3: 'full', 5: 'gone', 7: 'unwanted' };
    await new TaskRunner(task, source, movesOf(source, ({ position }) => answers[position] ?? 'moved'), noRemover, clock).turn(ns, 'tsk_a', 'w1', Infinity);
    expect(task).toMatchObject({ state: 'done', counts: { scanned: 10, matched: 10, done: 7, refused: 2 } });
    expect(source.positions('dead')).toEqual([3, 5, 7]);
  });

  it('purges by the step', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(130);
    const task = new OneTask({ ...spec, kind: 'purge', to: null, filter: { key: 'third' } }, clock);
    const remover = { remove: (_queue: unknown, state: 'dead' | 'ready' | 'delayed' | 'deferred', entries: readonly Entry[]) => Promise.resolve(entries.filter(({ position }) => source.take(state, position)).length) };
    await new TaskRunner(task, source, movesOf(source), remover, clock).turn(ns, 'tsk_a', 'w1', Infinity);
    expect(task).toMatchObject({ state: 'done', counts: { matched: 43, done: 43 } });
    expect(source.positions('dead')).toHaveLength(87);
  });

  it('fails for good when the target is gone, and says so', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(10);
    const task = new OneTask(spec, clock);
    await new TaskRunner(task, source, movesOf(source, () => new WaybillError('exchange_not_found', { exchange: 'x' })), noRemover, clock).turn(ns, 'tsk_a', 'w1', Infinity);
    expect(task).toMatchObject({ state: 'failed', problem: 'Create the exchange "x" or correct its name.' });
    expect(source.positions('dead')).toHaveLength(10);
  });

  it('goes on with the next turn when the store is not reachable for a while', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(60);
    const task = new OneTask(spec, clock);
    let away = true;
    const moves = movesOf(source, ({ position }) => (away && position > 30 ? new WaybillError('store_unavailable') : 'moved'));
    const runner = new TaskRunner(task, source, moves, noRemover, clock);
    await expect(runner.turn(ns, 'tsk_a', 'w1', Infinity)).rejects.toMatchObject({ code: 'store_unavailable' });
    away = false;
    expect(await runner.turn(ns, 'tsk_a', 'w1', Infinity)).toBe('ended');
    expect(task).toMatchObject({ state: 'done', counts: { scanned: 60, matched: 60, done: 60, refused: 0 } });
  });

  it('stops within a step when it is cancelled, and keeps count of what it has done', async () => {
    const clock = new HeldClock(1_000);
    const source = letters(1_000);
    const task = new OneTask(spec, clock);
    const moves = movesOf(source, ({ position }) => {
      if (position === 150) task.state = 'cancelled';
      return 'moved';
    });
    expect(await new TaskRunner(task, source, moves, noRemover, clock).turn(ns, 'tsk_a', 'w1', Infinity)).toBe('ended');
    expect(task.counts.done).toBe(moves.arrived.length);
    expect(moves.arrived.length).toBe(200);
  });

  it('is left alone by a worker while another one has it', async () => {
    const clock = new HeldClock(1_000);
    const task = new OneTask(spec, clock);
    task.owner = 'w1';
    expect(await new TaskRunner(task, letters(3), movesOf(letters(3)), noRemover, clock).turn(ns, 'tsk_a', 'w2', Infinity)).toBe('not_ours');
  });

  it('loses no message, doubles none and counts each once, wherever its workers are killed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 260 }), fc.array(fc.record({ calls: fc.integer({ min: 0, max: 200 }), after: fc.boolean() }), { maxLength: 6 }), fc.constantFrom({}, { key: 'third' }), async (count, kills, filter) => {
        const clock = new HeldClock(1_000);
        const source = letters(count);
        const wanted = source.entries.filter(({ properties }) => !('key' in filter) || properties.key === filter.key).map(({ id }) => id);
        const task = new OneTask({ ...spec, filter }, clock);
        const moves = movesOf(source);
        let lives = 0;
        for (const kill of [...kills, undefined]) {
          lives += 1;
          let left = kill?.calls ?? Infinity;
          let dead = false;
          // A worker that is killed does nothing more, but what it had asked for may have happened.
          const mortal = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
            left -= 1;
            if (dead || left < 0) {
              if (!dead && kill?.after) await call(...args);
              dead = true;
              throw new Killed();
            }
            return call(...args);
          };
          const store = { take: mortal(task.take.bind(task)), save: mortal((...args: Parameters<OneTask['save']>) => (typeof args[3].then === 'object' ? Promise.reject(new Killed()) : task.save(...args))) };
          const runner = new TaskRunner(store, source, { move: mortal(moves.move) }, noRemover, clock);
          await runner.turn(ns, 'tsk_a', `w${lives}`, Infinity).catch((error: unknown) => {
            if (!(error instanceof Killed)) throw error;
          });
          if (task.state !== 'running') break;
          task.abandon();
        }
        expect(task.state).toBe('done');
        expect(moves.arrived.map(({ id }) => id).sort()).toEqual([...wanted].sort());
        expect(task.counts).toEqual({ scanned: count, matched: wanted.length, done: wanted.length, refused: 0 });
      }),
      { numRuns: 200 },
    );
  });

  it('keeps its rate exactly on average over many turns and workers', async () => {
    const clock = new HeldClock(0);
    const source = letters(400);
    const task = new OneTask({ ...spec, ratePerSecond: 30, filter: { key: 'third' } }, clock);
    const moves = movesOf(source);
    for (let turn = 0; task.state === 'running' && turn < 1_000; turn += 1) {
      clock.advance(70);
      await new TaskRunner(task, source, moves, noRemover, clock).turn(ns, 'tsk_a', `w${turn % 2}`, Infinity);
      expect(moves.arrived.length).toBeLessThanOrEqual((clock.nowMs() * 30) / 1_000);
      if (task.state === 'running') expect(moves.arrived.length).toBeGreaterThan((clock.nowMs() * 30) / 1_000 - 1.001);
    }
    expect(task).toMatchObject({ state: 'done', counts: { scanned: 400, matched: 133, done: 133 } });
    expect(clock.nowMs()).toBeGreaterThan(4_400);
    expect(clock.nowMs()).toBeLessThan(4_600);
  });
});
