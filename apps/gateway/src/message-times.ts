import { delayLimitSeconds, timestamp } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';

/** What a message says about time, as it was sent. Numbers are seconds. */
export interface SentTimes {
  readonly delay?: number | undefined;
  readonly notBefore?: string | undefined;
  readonly ttl?: number | undefined;
  readonly expiresAt?: string | undefined;
}

/** Milliseconds from now. The gateway's clock turns moments into them; from there on only Redis's counts. */
export interface Times {
  readonly delayMs: number | undefined;
  readonly ttlMs: number | undefined;
}

const limit = `${delayLimitSeconds / 86_400} days`;
const limitMs = delayLimitSeconds * 1000;
const refuse = (reason: string): never => {
  throw new WaybillError('delay_invalid', { limit, reason });
};

/** Fails with `delay_invalid`. A not-before that has passed means at once; an expiry that has passed is refused. */
export function timesOf({ delay, notBefore, ttl, expiresAt }: SentTimes, nowMs: number): Times {
  if (delay !== undefined && notBefore !== undefined) refuse('send a delay or a not-before, not both');
  if (ttl !== undefined && expiresAt !== undefined) refuse('send a time to live or an expiry, not both');
  const delayMs = delay === undefined ? fromNow(notBefore, nowMs, 'not-before') : within(delay * 1000, 'the delay');
  const ttlMs = ttl === undefined ? fromNow(expiresAt, nowMs, 'expiry') : within(ttl * 1000, 'the time to live');
  if (ttlMs !== undefined && ttlMs < 1) refuse('a message cannot expire before it is stored');
  if (ttlMs !== undefined && delayMs !== undefined && delayMs >= ttlMs) refuse('it would expire before it may be received');
  return { delayMs: delayMs === undefined ? undefined : Math.max(0, delayMs), ttlMs };
}

function within(ms: number, what: string): number {
  if (!(ms >= 0 && ms <= limitMs)) refuse(`${what} is out of range`);
  return Math.round(ms);
}

function fromNow(moment: string | undefined, nowMs: number, what: string): number | undefined {
  if (moment === undefined) return undefined;
  if (!timestamp.safeParse(moment).success) refuse(`the ${what} is not a UTC time like 2030-01-31T08:00:00Z`);
  const ms = Date.parse(moment) - nowMs;
  if (ms > limitMs) refuse(`the ${what} is too far ahead`);
  return ms;
}

const decimal = /^\d{1,9}(\.\d{1,6})?$/;

/** Seconds as a header says them: digits, at most with a fraction. */
export function secondsOf(value: string | undefined, header: string): number | undefined {
  if (value === undefined) return undefined;
  if (!decimal.test(value)) refuse(`${header} is a number of seconds from 0 on`);
  return Number(value);
}
