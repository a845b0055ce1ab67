const minutes = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const;
const toSeconds = { ...minutes, second: '2-digit' } as const;
const dayOfYear = { day: 'numeric', month: 'short', year: 'numeric' } as const;
const clock = new Intl.DateTimeFormat('en-GB', toSeconds);
const day = new Intl.DateTimeFormat('en-GB', dayOfYear);
const moment = new Intl.DateTimeFormat('en-GB', { ...dayOfYear, ...minutes });
const dayInUtc = new Intl.DateTimeFormat('en-GB', { ...dayOfYear, timeZone: 'UTC' });

// Moments are shown in the reader's own time zone, which they name: the books of Waybill are kept in UTC.

export const clockTime = (at: string | number): string => clock.format(new Date(at));
export const date = (at: string | number): string => day.format(new Date(at));
/** A day of the books: months begin and invoices fall due at midnight UTC, wherever they are read. */
export const utcDay = (at: string | number): string => dayInUtc.format(new Date(at));
export const dateTime = (at: string | number): string => moment.format(new Date(at));

const exact = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...toSeconds });
/** A moment to the second, without the year: for lists of what happened lately. */
export const exactTime = (at: string | number): string => exact.format(new Date(at));
const full = new Intl.DateTimeFormat('en-GB', { ...dayOfYear, ...toSeconds });
/** A moment to the second. */
export const fullTime = (at: string | number): string => full.format(new Date(at));

const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** A length of time in two units at most: 42 s, 3 min, 5 h 20 min, 2 days 4 h. */
export function duration(ms: number): string {
  if (ms < 1_000) return 'under 1 s';
  if (ms < minuteMs) return `${Math.floor(ms / 1_000)} s`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < dayMs) return withRest(Math.floor(ms / hourMs), 'h', Math.floor((ms % hourMs) / minuteMs), 'min');
  const days = Math.floor(ms / dayMs);
  return withRest(days, days === 1 ? 'day' : 'days', Math.floor((ms % dayMs) / hourMs), 'h');
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value} ${unit}` : `${value} ${unit} ${rest} ${restUnit}`;
}

/** How long a call took: 84 ms, 1.2 s, 15 s, 2 min. */
export function callTime(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 10_000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : duration(ms);
}

/** Seconds of a setting, exact: 30 s, 90 s, 5 min, 2 h. */
export function seconds(value: number): string {
  if (value === 0 || value % 60 !== 0) return `${value} s`;
  return duration(value * 1_000);
}

/** How long ago a moment was; a clock that runs ahead makes it "just now". */
export function ago(at: string | number, nowMs: number): string {
  const ms = nowMs - new Date(at).getTime();
  return ms < 2_000 ? 'just now' : `${duration(ms)} ago`;
}

/** The ledger's days are UTC days, so "today" is too. */
export function startOfDayUtc(nowMs: number, daysBack = 0): Date {
  return new Date(Math.floor(nowMs / dayMs) * dayMs - daysBack * dayMs);
}
