import type { Attempt } from '@waybill/contracts';
import { outcomes } from './outcome-words.js';

/** Which attempts; as it stands in the address of a page. */
export interface AttemptFilter {
  readonly message?: string;
  readonly outcome?: Attempt['outcome'];
  readonly status?: number;
  /** RFC 3339, UTC. */
  readonly from?: string;
  readonly to?: string;
}

/** The filter in an address; what is not understood is left out, so that an old link opens. */
export function attemptFilterOf(search: Readonly<Record<string, unknown>>): AttemptFilter {
  const { message, outcome, status, from, to } = search;
  const code = Number(status);
  return {
    ...(message === undefined || message === '' ? {} : { message: String(message) }),
    ...(outcomes.some((each) => each === outcome) ? { outcome: outcome as Attempt['outcome'] } : {}),
    ...(status !== undefined && status !== '' && Number.isInteger(code) && code >= 0 && code <= 999 ? { status: code } : {}),
    ...(isMoment(from) ? { from: momentOf(from) } : {}),
    ...(isMoment(to) ? { to: momentOf(to) } : {}),
  };
}

const isMoment = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const momentOf = (value: string): string => new Date(value).toISOString();

export const isFiltered = (filter: AttemptFilter): boolean => Object.values(filter).some((value) => value !== undefined);

/** A moment as `datetime-local` holds it: the clock on the wall here, to the minute. */
export function wallClock(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What a `datetime-local` field says as a moment; undefined while it says nothing. */
export function momentAt(wall: string): string | undefined {
  const at = new Date(wall);
  return wall === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
