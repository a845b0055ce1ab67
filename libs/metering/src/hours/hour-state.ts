import { hourMs } from '../usage-field.js';

/**
 * open: counted in now. settling: over, but something counted in it may still be on its way. sealed: its records are
 * never changed again; what comes later is an adjustment (billing.md §6).
 */
export type HourState = 'open' | 'settling' | 'sealed';

/** After its end an hour is still taken for open this long. */
export const settlingAfterMs = 5 * 60_000;
/** After its end an hour is sealed whatever is still on its way. */
export const sealDeadlineMs = 60 * 60_000;

/** `sealedThroughMs`: hours before it are sealed. All of it by the clock of Redis. */
export function hourStateOf(startMs: number, sealedThroughMs: number, nowMs: number): HourState {
  if (startMs < sealedThroughMs) return 'sealed';
  return nowMs >= startMs + hourMs + settlingAfterMs ? 'settling' : 'open';
}

export interface SealingFacts {
  readonly nowMs: number;
  /** Everything counted before this moment is in the ledger. */
  readonly asOfMs: number;
  /** Minutes and archive are booked for the hours before this one. */
  readonly hourlyThroughMs: number;
}

/** Up to which hour, and without it, a namespace may be sealed, and whether only because too much time has passed. */
export function sealableThrough({ nowMs, asOfMs, hourlyThroughMs }: SealingFacts): { readonly throughMs: number; readonly deadlineMs: number } {
  const floor = (ms: number) => Math.floor(ms / hourMs) * hourMs;
  return { throughMs: floor(Math.min(asOfMs, hourlyThroughMs, nowMs - settlingAfterMs)), deadlineMs: floor(nowMs - sealDeadlineMs) };
}
