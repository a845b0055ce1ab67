import { describe, expect, it } from '@jest/globals';
import { changeOf } from './change.js';
import { detailsOf } from './details.js';

describe('figures of finance', () => {
  it('say a change in whole per cent, and "new" where there was nothing before', () => {
    expect([changeOf(150n, 100n), changeOf(50n, 100n), changeOf(100n, 100n), changeOf(5n, 0n), changeOf(0n, 0n)]).toEqual(['+50 %', '-50 %', '0 %', 'new', '–']);
  });

  it('say what an action left behind in one line', () => {
    expect(detailsOf({ amountCents: '1634', tiers: [1] })).toBe('amountCents 1634, tiers [1]');
    expect([detailsOf(null), detailsOf({}), detailsOf('paid')]).toEqual(['–', '–', 'paid']);
  });
});
