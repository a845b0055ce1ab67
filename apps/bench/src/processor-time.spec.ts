import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { processorSeconds, processorSecondsIn, watchProcessors } from './processor-time.js';

describe('processor time', () => {
  it('is read past a name that looks like fields', () => {
    expect(processorSecondsIn('7 (a (b) 9 9) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1')).toBe(3);
  });

  it('of a process that is gone is unknown', () => {
    expect(processorSeconds(2 ** 30)).toBeUndefined();
  });
});

describe('the share of a core', () => {
  afterEach(() => void jest.useRealTimers());

  /** Two seconds that are measured, of which the process works for one, and two in which it waits. */
  const measure = (seconds?: number) => {
    jest.useFakeTimers();
    let used = 10;
    const work = () => {
      used += 1;
      jest.advanceTimersByTime(2_000);
      jest.advanceTimersByTime(2_000);
      return Promise.resolve('done');
    };
    return watchProcessors({ gateway: 7, gone: 8 }, work, seconds, (pid) => (pid === 7 ? used : undefined));
  };

  it('is that of the seconds that are measured, not of what ends after them', async () => {
    expect(await measure(2)).toEqual({ result: 'done', shares: { 'gateway % of a core': 50 } });
  });

  it('is that of the whole work where no seconds are given, or it ends before them', async () => {
    expect([await measure(), await measure(60)].map(({ shares }) => shares)).toEqual([{ 'gateway % of a core': 25 }, { 'gateway % of a core': 25 }]);
  });

  it('leaves no timer behind when the work fails', async () => {
    jest.useFakeTimers();
    await expect(watchProcessors({ gateway: 7 }, () => Promise.reject(new Error('refused')), 60, () => 1)).rejects.toThrow('refused');
    expect(jest.getTimerCount()).toBe(0);
  });
});
