import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerOf } from '../testing/push.js';
import { firstDelayMs, longestRetryAfterMs, nextStep } from './schedule.js';

const settings = { scheduleMs: [0, 1_000, 60_000], jitter: 0.1 };

describe('the schedule of a message', () => {
  it('waits before each attempt what the subscription says, give or take its jitter', () => {
    expect(nextStep(settings, 1, answerOf('failed'), 0.5)).toEqual({ step: 'again', delayMs: 1_000 });
    expect(nextStep(settings, 1, answerOf('failed'), 0)).toEqual({ step: 'again', delayMs: 900 });
    expect(nextStep(settings, 2, answerOf('slow_down'), 0.9999)).toEqual({ step: 'again', delayMs: 65_999 });
  });

  it('ends in the dead letters after the last attempt, with the last answer', () => {
    expect(nextStep(settings, 3, answerOf('failed', { status: 503 }), 0)).toEqual({ step: 'dead', reason: 'delivery_failed:503' });
    expect(nextStep(settings, 3, answerOf('failed', { status: null, reason: 'timeout' }), 0)).toEqual({ step: 'dead', reason: 'delivery_failed:timeout' });
  });

  it('ends at once when the destination will never take the message', () => {
    expect(nextStep(settings, 1, answerOf('rejected', { status: 400 }), 0)).toEqual({ step: 'dead', reason: 'rejected:400' });
  });

  it('obeys a Retry-After that is longer than the delay, up to a day', () => {
    expect(nextStep(settings, 1, answerOf('failed', { retryAfterMs: 7_000 }), 0)).toEqual({ step: 'again', delayMs: 7_000 });
    expect(nextStep(settings, 1, answerOf('failed', { retryAfterMs: 10 ** 12 }), 0)).toEqual({ step: 'again', delayMs: longestRetryAfterMs });
  });

  it('never ends before its last attempt, whatever is answered but a rejection', () => {
    fc.assert(
      fc.property(
        fc.record({ scheduleMs: fc.array(fc.nat(10 ** 9), { minLength: 1, maxLength: 30 }), jitter: fc.double({ min: 0, max: 1, noNaN: true }) }),
        fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.option(fc.nat(10 ** 12)),
        (any, attempts, random, retryAfterMs) => {
          const next = nextStep(any, attempts, answerOf('failed', { retryAfterMs }), random);
          expect(next.step).toBe(attempts >= any.scheduleMs.length ? 'dead' : 'again');
          if (next.step === 'again') expect(next.delayMs).toBeGreaterThanOrEqual(Math.min(retryAfterMs ?? 0, longestRetryAfterMs));
        },
      ),
    );
  });

  it('holds a first attempt back that has a delay, counted from the publish', () => {
    const late = { scheduleMs: [5_000] };
    expect([firstDelayMs(late, 1_000, 2_000), firstDelayMs(late, 1_000, 6_000), firstDelayMs(settings, 1_000, 1_000)]).toEqual([4_000, 0, 0]);
  });
});
