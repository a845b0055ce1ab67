import { describe, expect, it } from '@jest/globals';
import type { MarkedNamespaces, TurnEnd } from '@waybill/broker';
import { HeldClock } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import { MessageTaskTurns } from './message-task-turns.js';

const ns = 'ns_a' as NamespaceId;
const noMarks = {} as MarkedNamespaces;

/** Tasks that need so many milliseconds of work; they are worked on until the turn is over. */
function world(left: Record<string, number>, paused: readonly string[] = []) {
  const clock = new HeldClock(0);
  const turns: string[] = [];
  const runner = {
    turn(_ns: NamespaceId, id: string, _worker: string, untilMs: number): Promise<TurnEnd> {
      turns.push(id);
      if (paused.includes(id)) return Promise.resolve('paused');
      const spent = Math.min(left[id] as number, untilMs - clock.nowMs());
      clock.advance(spent);
      left[id] = (left[id] as number) - spent;
      if (left[id] === 0) delete left[id];
      return Promise.resolve(left[id] === undefined ? 'ended' : 'paused');
    },
  };
  return { turns, clock, taking: new MessageTaskTurns(noMarks, { running: () => Promise.resolve(Object.keys(left)) }, runner, clock, 'w1') };
}

describe('the tasks of a namespace', () => {
  it('take turns until all have ended, so that a long one does not hold up a short one', async () => {
    const { taking, turns } = world({ long: 1_200, short: 100 });
    expect(await taking.take(ns, 10_000)).toBe(0);
    expect(turns).toEqual(['long', 'short', 'long', 'long']);
  });

  it('stop when the time is over, and say how many are left', async () => {
    const { taking, clock } = world({ a: 60_000, b: 60_000 });
    expect(await taking.take(ns, 3_000)).toBe(2);
    expect(clock.nowMs()).toBe(3_000);
  });

  it('are not asked again and again while they wait for their rate or for another worker', async () => {
    const { taking, turns } = world({ slow: 10, other: 10 }, ['slow', 'other']);
    expect(await taking.take(ns, 10_000)).toBe(2);
    expect(turns).toEqual(['slow', 'other']);
  });

  it('go on beside one that waits', async () => {
    const { taking, turns } = world({ slow: 10, busy: 1_100 }, ['slow']);
    expect(await taking.take(ns, 10_000)).toBe(1);
    expect(turns.filter((id) => id === 'busy')).toHaveLength(3);
  });
});
