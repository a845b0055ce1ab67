import { describe, expect, it } from '@jest/globals';
import { bytes, count, inUnits, percent, perSecond, plural } from './figures.js';
import { nameFault } from './names.js';
import { ago, callTime, clockTime, dateTime, duration, exactTime, fullTime, seconds, startOfDayUtc, utcDay } from './time.js';

describe('words for time', () => {
  it.each([
    [400, 'under 1 s'],
    [42_900, '42 s'],
    [185_000, '3 min'],
    [3_600_000, '1 h'],
    [5 * 3_600_000 + 20 * 60_000, '5 h 20 min'],
    [86_400_000, '1 day'],
    [2 * 86_400_000 + 4 * 3_600_000, '2 days 4 h'],
  ])('say %i ms as %s', (ms, words) => expect(duration(ms)).toBe(words));

  it('say a setting exactly, never rounded', () => {
    expect([0, 30, 90, 300, 7_200].map(seconds)).toEqual(['0 s', '30 s', '90 s', '5 min', '2 h']);
  });

  it('say how long a call took, in milliseconds while they count', () => {
    expect([84, 999, 1_000, 1_290, 9_999, 15_400, 125_000].map(callTime)).toEqual(['84 ms', '999 ms', '1.0 s', '1.2 s', '9.9 s', '15 s', '2 min']);
  });

  it('take a moment ahead of this clock as now', () => expect(ago(5_000, 1_000)).toBe('just now'));

  it('name the time zone of a moment, and give a day of the books in UTC', () => {
    for (const words of [clockTime, dateTime, exactTime, fullTime]) expect(words('2026-03-10T23:59:59Z')).toMatch(/:\d\d [A-Z]{3,4}([+-]\d+(:\d\d)?)?$/);
    expect([utcDay('2026-03-10T00:00:00Z'), utcDay('2026-03-10T23:59:59Z')]).toEqual(['10 Mar 2026', '10 Mar 2026']);
  });

  it('begin the day at midnight UTC', () => {
    expect(startOfDayUtc(Date.parse('2026-03-10T23:59:59Z'), 6).toISOString()).toBe('2026-03-04T00:00:00.000Z');
  });
});

describe('words for figures', () => {
  it('group digits and keep every one of a number above 2^53', () => expect(count('9007199254740993')).toBe('9,007,199,254,740,993'));
  it('keep a decimal of a slow rate', () => expect([0, 0.44, 9.96, 1234.4].map(perSecond)).toEqual(['0', '0.4', '10.0', '1,234']));
  it('never round a share up to all of it', () => expect([0, 0.5, 0.9987, 0.99999, 1].map(percent)).toEqual(['0 %', '50 %', '99.8 %', '99.9 %', '100 %']));
  it('say a size in the largest unit it fills', () => expect([0, 1_023, 1_024, 1_572_864, 2 ** 40, 2 ** 52].map(bytes)).toEqual(['0 bytes', '1,023 bytes', '1 KiB', '1.5 MiB', '1 TiB', '4,096 TiB']));
  it('say a billed quantity with its unit', () => expect([inUnits('1', 'pass'), inUnits('20', 'pass'), inUnits('0', 'queue minute'), inUnits('40', 'KiB'), inUnits('2', 'MiB hour')]).toEqual(['1 pass', '20 passes', '0 queue minutes', '40 KiB', '2 MiB hours']));
  it('say one message and two messages', () => expect([plural(1, 'message'), plural(2, 'message')]).toEqual(['1 message', '2 messages']));
});

describe('a name', () => {
  it('is refused in words before the server has to', () => {
    expect(nameFault('')).toBe('Enter a name.');
    expect(nameFault('a/b')).toMatch(/^Use 1 to 127/);
    expect(nameFault('orders.eu_1-x')).toBeNull();
  });
});
