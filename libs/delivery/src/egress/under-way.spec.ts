import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UnderWay } from './under-way.js';

describe('what is under way', () => {
  it('is what was added and not taken out', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (steps) => {
        const ones = Array.from({ length: 10 }, () => ({ place: -1 }));
        const [list, set] = [new UnderWay<{ place: number }>(), new Set<{ place: number }>()];
        for (const [adds, i] of steps) {
          const one = ones[i]!;
          if (adds && !set.has(one)) {
            set.add(one);
            list.add(one);
          } else if (!adds) {
            set.delete(one);
            list.delete(one);
          }
        }
        expect(list.size).toBe(set.size);
        expect(new Set(list.all())).toEqual(set);
      }),
    );
  });
});
