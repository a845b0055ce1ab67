import { describe, expect, it } from '@jest/globals';
import { ratePart } from './rating-load.js';

describe('the load for rating', () => {
  const whole = { from: 0, to: 6, queues: 20, hours: 30 };

  it('is the same every time, and split over threads gives the same cents', () => {
    const all = ratePart(whole);
    expect(all).toMatchObject({ rows: 6 * 20 * 30 * 2, shares: 6 * 20 * 2 });
    expect(ratePart(whole)).toEqual(all);
    const [first, second] = [ratePart({ ...whole, to: 2 }), ratePart({ ...whole, from: 2 })];
    expect([first.rows + second.rows, first.totalCents + second.totalCents]).toEqual([all.rows, all.totalCents]);
  });
});
