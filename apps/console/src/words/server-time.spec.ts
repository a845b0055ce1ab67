import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { serverNowMs, tellServerTime } from './server-time.js';
import { lastMonths } from './money.js';

describe("the server's time", () => {
  afterEach(() => {
    jest.useRealTimers();
    tellServerTime(new Date(0).toISOString(), 0, 0);
  });

  it('decides which month runs, whatever the clock of the browser says', () => {
    jest.useFakeTimers({ now: Date.parse('2026-11-29T10:00:00Z') });
    tellServerTime('2027-03-01T00:00:05.000Z', Date.now() - 4_000, Date.now());
    expect(new Date(serverNowMs()).toISOString()).toBe('2027-03-01T00:00:07.000Z');
    expect(lastMonths(serverNowMs(), 2)).toEqual(['2027-03', '2027-02']);
  });

  it('goes on with the clock of the browser', () => {
    jest.useFakeTimers({ now: 1_000_000 });
    tellServerTime(new Date(5_000_000).toISOString(), 1_000_000, 1_000_000);
    jest.setSystemTime(1_060_000);
    expect(serverNowMs()).toBe(5_060_000);
  });
});
