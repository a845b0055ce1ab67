import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadlines } from './deadlines.js';
import type { Due } from './deadlines.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

interface Named extends Due {
  readonly name: string;
}

const inMs = (name: string, ms: number): Named => ({ name, place: 0, endsMs: performance.now() + ms });

function watched(): { late: string[]; deadlines: Deadlines<Named> } {
  const late: string[] = [];
  return { late, deadlines: new Deadlines<Named>(({ name }) => void late.push(name)) };
}

describe('deadlines', () => {
  it('tell of each at its own moment, whatever the order in which they came', () => {
    const { late, deadlines } = watched();
    for (const one of [inMs('b', 200), inMs('c', 300), inMs('a', 100)]) deadlines.add(one);
    jest.advanceTimersByTime(99);
    expect(late).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(late).toEqual(['a']);
    jest.advanceTimersByTime(100);
    expect(late).toEqual(['a', 'b']);
    jest.advanceTimersByTime(100);
    expect(late).toEqual(['a', 'b', 'c']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('say nothing of what ended before, and keep no timer when nothing is left', () => {
    const { late, deadlines } = watched();
    const [a, b] = [inMs('a', 100), inMs('b', 200)];
    deadlines.add(a);
    deadlines.add(b);
    deadlines.delete(a);
    jest.advanceTimersByTime(150);
    expect(late).toEqual([]);
    deadlines.delete(b);
    expect(jest.getTimerCount()).toBe(0);
    deadlines.add(inMs('c', 10));
    jest.advanceTimersByTime(10);
    expect(late).toEqual(['c']);
  });

  it('can be drawn nearer for all of them', () => {
    const { late, deadlines } = watched();
    deadlines.add(inMs('a', 10_000));
    deadlines.add(inMs('b', 20_000));
    deadlines.endAt(performance.now() + 5);
    jest.advanceTimersByTime(5);
    expect(late.sort()).toEqual(['a', 'b']);
  });

  it('may be given another one by what is told of the first', () => {
    const late: string[] = [];
    const deadlines: Deadlines<Named> = new Deadlines(({ name }) => {
      late.push(name);
      if (name === 'a') deadlines.add(inMs('b', 50));
    });
    deadlines.add(inMs('a', 50));
    jest.advanceTimersByTime(50);
    jest.advanceTimersByTime(50);
    expect(late).toEqual(['a', 'b']);
  });
});
