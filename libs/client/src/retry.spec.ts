import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WaybillApiError, WaybillConnectionError } from './errors.js';
import { mayRepeat, pauseMs, usualRetry } from './retry.js';

const answer = (code: string, status: number, retryable: boolean, retryAfterMs?: number) => new WaybillApiError(code, status, '', undefined, retryable, retryAfterMs);

describe('the pause between tries', () => {
  it('is never longer than the longest, whatever the number of tries', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
        const pause = pauseMs(usualRetry, tries, new Error('x'), random);
        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThanOrEqual(usualRetry.longestPauseMs);
      }),
    );
  });

  it('can double with every try', () => {
    expect([1, 2, 3, 4].map((tries) => pauseMs(usualRetry, tries, new Error('x'), 1))).toEqual([100, 200, 400, 800]);
  });

  it('is at least what the answer asks for and at most a fifth more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (asked, random) => {
        const pause = pauseMs(usualRetry, 1, answer('rate_limited', 429, true, asked), random);
        expect(pause).toBeGreaterThanOrEqual(asked);
        expect(pause).toBeLessThanOrEqual(asked * 1.2 + 1e-6);
      }),
    );
  });
});

describe('a call is tried again', () => {
  it.each([
    ['an answer that says not to', answer('request_invalid', 400, false), 'always', false],
    ['a full queue', answer('queue_full', 429, true), 'if-not-done', true],
    ['an unknown outcome, when repeating does no harm', answer('outcome_unknown', 503, true), 'always', true],
    ['an unknown outcome, when repeating does harm', answer('outcome_unknown', 503, true), 'if-not-done', false],
    ['a proxy that says 502, when repeating does harm', answer('http_502', 502, true), 'if-not-done', false],
    ['a request without a reply', answer('request_timed_out', 504, true), 'always', false],
    ['a connection that was refused', new WaybillConnectionError('connection_failed', '', true), 'if-not-done', true],
    ['a connection that broke, when repeating does harm', new WaybillConnectionError('connection_failed', '', false), 'if-not-done', false],
    ['a connection that was refused, with a body that is used up', new WaybillConnectionError('connection_failed', '', true), 'never', false],
    ['a fault of the program', new RangeError('x'), 'always', false],
  ] as const)('after %s', (_name, error, repeat, expected) => {
    expect(mayRepeat(error, repeat)).toBe(expected);
  });
});
