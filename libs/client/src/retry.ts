import { WaybillApiError, WaybillConnectionError } from './errors.js';

/** All times in milliseconds. */
export interface RetrySettings {
  /** For one try, answer included; long polls get their waiting time on top. Default 15,000. */
  readonly attemptMs: number;
  /** For a call with all its tries and pauses. Default 60,000. */
  readonly deadlineMs: number;
  /** Longest first pause; it doubles with every try. Default 100. */
  readonly firstPauseMs: number;
  /** Longest pause, unless the answer asks for more. Default 5,000. */
  readonly longestPauseMs: number;
}

export const usualRetry: RetrySettings = { attemptMs: 15_000, deadlineMs: 60_000, firstPauseMs: 100, longestPauseMs: 5_000 };

/**
 * Whether a call may be sent again: `always` when doing it twice does no harm, `if-not-done` when only an
 * answer that says "nothing was done" allows it, `never` when its body is used up.
 */
export type Repeat = 'always' | 'if-not-done' | 'never';

/** A wait for a reply that ran out was long enough: another try would publish the request again. */
const finalCodes = new Set(['request_timed_out']);
/** These may hide a call that was carried out. */
const doubtfulCodes = new Set(['outcome_unknown', 'internal_error', 'topology_not_published']);

/** Whether this error lets the call be tried again. */
export function mayRepeat(error: unknown, repeat: Repeat): boolean {
  if (repeat === 'never') return false;
  if (error instanceof WaybillConnectionError) return repeat === 'always' || error.neverSent;
  if (!(error instanceof WaybillApiError) || !error.retryable || finalCodes.has(error.code)) return false;
  return repeat === 'always' || !(doubtfulCodes.has(error.code) || error.code.startsWith('http_'));
}

/**
 * Pause before the next try: anything up to a limit that doubles, so that clients that failed together do not come
 * back together. An answer's Retry-After is the least; up to a fifth is added to it.
 * @param tries made so far, from 1
 * @param random 0 to 1
 */
export function pauseMs(settings: RetrySettings, tries: number, error: unknown, random: number): number {
  const asked = error instanceof WaybillApiError ? error.retryAfterMs : undefined;
  if (asked !== undefined && asked > 0) return asked * (1 + random / 5);
  return random * Math.min(settings.longestPauseMs, settings.firstPauseMs * 2 ** Math.min(tries - 1, 30));
}
