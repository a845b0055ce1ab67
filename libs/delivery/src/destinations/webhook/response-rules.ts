import type { IncomingHttpHeaders } from 'node:http';
import type { Outcome } from '../../destination.js';

/** A destination that asks for more is asked again after a day. */
const longestRetryAfterMs = 24 * 3_600_000;
const requestIdHeaders = ['x-request-id', 'request-id', 'x-amzn-requestid', 'x-correlation-id', 'cf-ray', 'x-trace-id'];
const requestIdChars = 128;
const slowDown = new Set([429, 502, 503, 504]);

export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: string | null;
}

/** Standard Webhooks, "Considerations": 2xx is done, 3xx is failure, 410 wants no more, 429 and gateway errors ask for fewer calls. */
export function verdictOf(status: number, headers: IncomingHttpHeaders, abortHeader: string | null): Verdict {
  if (status >= 200 && status < 300) return { outcome: 'delivered', reason: null };
  if (status === 410) return { outcome: 'gone', reason: null };
  if (abortHeader !== null && textOf(headers[abortHeader.toLowerCase()])?.trim().toLowerCase() === 'true') return { outcome: 'rejected', reason: 'aborted_by_destination' };
  if (slowDown.has(status)) return { outcome: 'slow_down', reason: null };
  return { outcome: 'failed', reason: status >= 300 && status < 400 ? 'redirect' : null };
}

/** RFC 9110 §10.2.3: seconds, or a date. Null for what is neither; a past date is now. */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | null {
  const text = textOf(headers['retry-after'])?.trim();
  if (text === undefined || text === '') return null;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, longestRetryAfterMs);
  // A date has letters: "-5" and "1.5" are neither seconds nor a date, whatever Date.parse thinks.
  const atMs = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.min(Math.max(0, atMs - nowMs), longestRetryAfterMs);
}

/** What the destination calls the request, under the names that are usual. */
export function requestIdOf(headers: IncomingHttpHeaders): string | null {
  for (const name of requestIdHeaders) {
    const value = textOf(headers[name]);
    if (value !== undefined && value !== '') return value.replace(/[^\x20-\x7e]/g, '?').slice(0, requestIdChars);
  }
  return null;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
