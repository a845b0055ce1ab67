import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiter } from './rate-limiter.js';

/** Moments at which calls begin when as many as may are wanted, ms. */
function begun(perSecond: number, forMs: number, startMs = 0): number[] {
  const limiter = new RateLimiter(perSecond, startMs);
  const moments: number[] = [];
  for (let now = startMs; now <= startMs + forMs; ) {
    const waitMs = limiter.waitMs(now);
    if (waitMs === 0) {
      limiter.take(now);
      moments.push(now);
    } else now += waitMs;
  }
  return moments;
}

describe('the rate', () => {
  it('spreads calls evenly', () => {
    expect(begun(4, 1_000)).toEqual([0, 250, 500, 750, 1_000]);
  });

  it('makes up for a pause by a tenth of a second of calls at most', () => {
    const limiter = new RateLimiter(100, 0);
    limiter.take(0);
    let burst = 0;
    while (limiter.waitMs(60_000) === 0) {
      limiter.take(60_000);
      burst += 1;
    }
    expect(burst).toBe(10);
  });

  it('is never exceeded in any second by more than its burst', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 500, noNaN: true }), (perSecond) => {
        const moments = begun(perSecond, 3_000);
        for (const [i, from] of moments.entries()) {
          const inSecond = moments.slice(i).filter((at) => at < from + 1_000).length;
          expect(inSecond).toBeLessThanOrEqual(Math.ceil(perSecond) + Math.max(1, Math.floor(perSecond * 0.1)) + 1);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is no limit when there is none, and follows a change', () => {
    const limiter = new RateLimiter(null, 0);
    limiter.take(0);
    expect(limiter.waitMs(0)).toBe(0);
    limiter.perSecond = 2;
    limiter.take(0);
    expect(limiter.waitMs(0)).toBe(500);
  });
});
