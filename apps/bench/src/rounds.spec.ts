import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { alternate, ratio, rowOf, warmUpSeconds } from './rounds.js';
import type { Measured, Side } from './rounds.js';

const measured = (...rates: number[]): Measured[] => rates.map((perSecond) => ({ perSecond }));

describe('rounds', () => {
  beforeEach(() => {
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const side = (name: string, said: string[], rate: number): Side => ({
    name,
    async measure(seconds) {
      said.push(`${name} for ${seconds} s`);
      return { perSecond: rate };
    },
    async clear() {
      said.push(`${name} cleared`);
    },
  });

  it('warm every side up first, then take turns in an order that changes', async () => {
    const said: string[] = [];
    await alternate([side('a', said, 1), side('b', said, 2)], { rounds: 2, seconds: 4 });
    expect(said.filter((line) => !line.endsWith('cleared'))).toEqual(['a for 6 s', 'b for 6 s', 'a for 4 s', 'b for 4 s', 'b for 4 s', 'a for 4 s']);
  });

  it('clear after every measurement, the warm-up included', async () => {
    const said: string[] = [];
    await alternate([side('a', said, 1)], { rounds: 2, seconds: 1 });
    expect(said).toEqual(['a for 1.5 s', 'a cleared', 'a for 1 s', 'a cleared', 'a for 1 s', 'a cleared']);
  });

  it('answer what each side measured, without the warm-up', async () => {
    expect(await alternate([side('a', [], 7), side('b', [], 9)], { rounds: 3, seconds: 1 })).toEqual([measured(7, 7, 7), measured(9, 9, 9)]);
  });

  it('end with the error of a side that fails', async () => {
    const broken: Side = { name: 'broken', measure: () => Promise.reject(new Error('the server answered 503')) };
    await expect(alternate([broken], { rounds: 1, seconds: 1 })).rejects.toThrow('503');
  });
});

describe('a warm-up', () => {
  it('grows with the measurement up to six seconds', () => {
    expect([1, 4, 60].map((seconds) => warmUpSeconds({ rounds: 1, seconds }))).toEqual([1.5, 6, 6]);
  });
});

describe('a ratio', () => {
  it('is the middle of the ratios of the rounds, not the ratio of the middles', () => {
    expect(ratio(measured(10, 30, 20), measured(10, 10, 40))).toBe(1);
  });

  it('compares what it is told to', () => {
    expect(ratio([{ perSecond: 1, p99Ms: 6 }], [{ perSecond: 1, p99Ms: 2 }], ({ p99Ms = Number.NaN }) => p99Ms)).toBe(3);
  });
});

describe('a row', () => {
  it('has the middle of each value', () => {
    const rounds = [
      { perSecond: 3, p50Ms: 1, p99Ms: 9, more: { 'redis %': 50 } },
      { perSecond: 1, p50Ms: 3, p99Ms: 7, more: { 'redis %': 70 } },
      { perSecond: 2, p50Ms: 2, p99Ms: 8, more: { 'redis %': 60 } },
    ];
    expect(rowOf('publish', 'one', rounds)).toEqual({ group: 'publish', name: 'one', unit: 'msg/s', value: 2, p50Ms: 2, p99Ms: 8, more: { 'redis %': 60 } });
  });

  it('leaves latencies out when no round has them', () => {
    expect(rowOf('batch', 'one', measured(5))).toEqual({ group: 'batch', name: 'one', unit: 'msg/s', value: 5 });
  });
});
