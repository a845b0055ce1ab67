import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CronTimes } from './cron.js';

const at = (iso: string) => Date.parse(iso);
function runs(cron: string, timeZone: string, from: string, count: number): string[] {
  const times = new CronTimes(cron, timeZone, at(from));
  const found: string[] = [];
  for (let moment = at(from); found.length < count; ) {
    moment = times.after(moment);
    found.push(new Date(moment).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

describe('a cron expression', () => {
  it('runs at the times it names, later than the moment asked about', () => {
    expect(runs('0 6 * * mon-fri', 'UTC', '2026-03-27T06:00:00Z', 3)).toEqual(['2026-03-30T06:00Z', '2026-03-31T06:00Z', '2026-04-01T06:00Z']);
    expect(runs('*/15 * * * *', 'UTC', '2026-03-27T06:14:59.999Z', 2)).toEqual(['2026-03-27T06:15Z', '2026-03-27T06:30Z']);
  });

  it('shows the clock of its time zone', () => {
    expect(runs('0 6 * * *', 'Europe/Vienna', '2026-01-01T00:00:00Z', 1)).toEqual(['2026-01-01T05:00Z']);
    expect(runs('0 6 * * *', 'Europe/Vienna', '2026-07-01T00:00:00Z', 1)).toEqual(['2026-07-01T04:00Z']);
    expect(runs('0 6 * * *', 'Asia/Kolkata', '2026-07-01T00:00:00Z', 1)).toEqual(['2026-07-01T00:30Z']);
  });

  it('takes a narrowed day and a narrowed weekday as alternatives', () => {
    expect(runs('0 0 1 * mon', 'UTC', '2026-03-28T12:00:00Z', 3)).toEqual(['2026-03-30T00:00Z', '2026-04-01T00:00Z', '2026-04-06T00:00Z']);
  });

  it('finds 29 February however far it is', () => {
    expect(runs('0 0 29 2 *', 'UTC', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00Z']);
  });

  it('runs once right after the hour that the clocks skip when its time is named', () => {
    expect(runs('30 2 * * *', 'Europe/Vienna', '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00Z', '2026-03-30T00:30Z']);
    expect(runs('0,30 2 * * *', 'Europe/Vienna', '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00Z', '2026-03-30T00:00Z']);
  });

  it('runs at the first of two equal times only when its time is named', () => {
    expect(runs('30 2 * * *', 'Europe/Vienna', '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
  });

  it('goes on every hour through both changes of the clock when any hour will do', () => {
    expect(runs('30 * * * *', 'Europe/Vienna', '2026-10-24T23:00:00Z', 4)).toEqual(['2026-10-24T23:30Z', '2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T02:30Z']);
    expect(runs('30 * * * *', 'Europe/Vienna', '2026-03-29T00:00:00Z', 2)).toEqual(['2026-03-29T00:30Z', '2026-03-29T01:30Z']);
  });

  it('never runs twice in a minute', () => {
    const zones = ['UTC', 'Europe/Vienna', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom('* * * * *', '*/7 * * * *', '30 2 * * *', '0,30 1-3 * * *'), fc.date({ min: new Date('2026-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }), (zone, cron, from) => {
        const times = new CronTimes(cron, zone, from.getTime());
        let last = -Infinity;
        for (let i = 0, moment = from.getTime(); i < 20; i += 1) {
          moment = times.after(moment);
          expect(moment % 60_000).toBe(0);
          expect(moment - last).toBeGreaterThanOrEqual(60_000);
          last = moment;
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['too few fields', '* * * *', 'UTC', /five fields/],
    ['seconds', '* * * * * *', 'UTC', /five fields/],
    ['a nickname', '@daily', 'UTC', /five fields/],
    ['a date', '2026-12-01T00:00:00', 'UTC', /five fields/],
    ['nothing', '', 'UTC', /five fields/],
    ['a minute that does not exist', '61 * * * *', 'UTC', /minute/],
    ['words', 'every day at six o-clock', 'UTC', /./],
    ['a day that never comes', '0 0 30 2 *', 'UTC', /never/],
    ['an unknown time zone', '0 0 * * *', 'Mars/Olympus', /time zone/],
    ['an offset as time zone', '0 0 * * *', '+01:00', /time zone/],
    ['no time zone', '0 0 * * *', '', /time zone/],
  ])('is refused with %s', (_what, cron, zone, reason) => {
    expect(() => new CronTimes(cron, zone, at('2026-01-01T00:00:00Z'))).toThrow(expect.objectContaining({ code: 'cron_invalid', message: expect.stringMatching(reason) }));
  });
});
