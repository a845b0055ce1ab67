import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pace } from './pace.js';

describe('a pace', () => {
  it('lets everything through without a rate', () => {
    expect(new Pace(null, 0, () => 1_000).allowed()).toBe(Infinity);
  });

  it('is exact on average, whatever the moments at which it is asked', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 10_000, noNaN: true }), fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 200 }), (rate, gaps) => {
        let nowMs = 1_000_000;
        const pace = new Pace(rate, nowMs, () => nowMs);
        let sent = 0;
        for (const gap of gaps) {
          nowMs += gap;
          const allowed = pace.allowed();
          pace.pay(allowed);
          sent += allowed;
        }
        const owed = ((nowMs - 1_000_000) * rate) / 1_000;
        expect(sent).toBeLessThanOrEqual(owed + 0.001);
        expect(sent).toBeGreaterThan(owed - 1.001);
      }),
    );
  });

  it('loses nothing of a message that was owed in part before a short absence, at a low rate', () => {
    let nowMs = 0;
    const pace = new Pace(0.3934705650976793, 0, () => nowMs);
    const sent = [1_868, 5_866, 7_627].map((atMs) => {
      nowMs = atMs;
      const allowed = pace.allowed();
      pace.pay(allowed);
      return allowed;
    });
    expect(sent).toEqual([0, 2, 1]);
  });

  it('catches up five seconds and a message at most after a long absence', () => {
    let nowMs = 0;
    const pace = new Pace(10, 0, () => nowMs);
    nowMs = 3_600_000;
    expect(pace.allowed()).toBe(51);
  });

  it('lets a single message through when the rate is one in ten seconds', () => {
    let nowMs = 0;
    const pace = new Pace(0.1, 0, () => nowMs);
    nowMs = 9_999;
    expect(pace.allowed()).toBe(0);
    nowMs = 10_000;
    expect(pace.allowed()).toBe(1);
    pace.pay(1);
    expect(pace.allowed()).toBe(0);
  });

  it('goes on where another worker stopped', () => {
    let nowMs = 1_000;
    const first = new Pace(10, 0, () => nowMs);
    first.pay(first.allowed());
    const second = new Pace(10, first.paidUntilMs, () => nowMs);
    expect(second.allowed()).toBe(0);
    nowMs = 1_100;
    expect(second.allowed()).toBe(1);
  });
});
