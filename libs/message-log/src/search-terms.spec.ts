import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stretchOf, termsForPosition, termsForQueue, termsOf } from './search-terms.js';

const now = 114_000_000_000_000;
const overlap = (a: readonly bigint[], b: readonly bigint[]): boolean => a.some((term) => b.includes(term));

describe('the terms of a segment', () => {
  it('lead to it from every message and queue it speaks of, however many there are', () => {
    const spread = fc.constantFrom(1, 2 ** 28, 2 ** 34, 2 ** 39);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), spread, fc.integer({ min: 1, max: 1_500 }), (count, step, queueCount) => {
        const positions = Array.from({ length: count }, (_, i) => now - i * step);
        const queues = Array.from({ length: queueCount }, (_, i) => `q_${i}`);
        const terms = termsOf('ns_1', new Set(positions.map(stretchOf)), new Set(queues));
        expect(terms.length).toBeLessThanOrEqual(256 + 1_025);
        for (const position of [positions[0]!, positions.at(-1)!, positions[count >> 1]!]) expect(overlap(terms, termsForPosition('ns_1', position))).toBe(true);
        expect(overlap(terms, termsForQueue('ns_1', queues.at(-1)!))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('lead nowhere from another namespace, another queue or another time', () => {
    const terms = termsOf('ns_1', new Set([stretchOf(now)]), new Set(['q_1']));
    expect(overlap(terms, termsForPosition('ns_2', now))).toBe(false);
    expect(overlap(terms, termsForQueue('ns_1', 'q_2'))).toBe(false);
    expect(overlap(terms, termsForPosition('ns_1', now - 2 ** 29))).toBe(false);
  });
});
