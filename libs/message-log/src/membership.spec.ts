import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mayHave, membersOf, probesOfKey, probesOfPosition } from './membership.js';

describe('the filter of a segment', () => {
  it('never denies what is in it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.maxSafeNat()), fc.uniqueArray(fc.string({ unit: 'binary' })), (positions, keys) => {
        const filter = membersOf(new Set(positions), keys, keys.length);
        for (const position of positions) expect(mayHave(filter, probesOfPosition(position))).toBe(true);
        for (const key of keys) expect(mayHave(filter, probesOfKey(key))).toBe(true);
      }),
    );
  });

  it('says yes wrongly about once in a hundred', () => {
    const first = 114_000_000_000_000;
    const filter = membersOf(new Set(Array.from({ length: 8_000 }, (_, i) => first + i * 3)), [], 0);
    let wrong = 0;
    for (let i = 0; i < 20_000; i += 1) if (mayHave(filter, probesOfPosition(first + i * 3 + 1))) wrong += 1;
    expect(wrong).toBeGreaterThan(0);
    expect(wrong / 20_000).toBeLessThan(0.03);
  });

  it('of nothing has nothing', () => {
    expect(mayHave(membersOf(new Set(), [], 0), probesOfPosition(5))).toBe(false);
  });
});
