import { WaybillError } from '@waybill/kernel';

/** One month, UTC. */
export interface Period {
  /** `2026-11` */
  readonly name: string;
  /** First millisecond. */
  readonly startMs: number;
  /** First millisecond of the next one. */
  readonly endMs: number;
}

export function periodAt(atMs: number): Period {
  const at = new Date(atMs);
  return ofMonth(at.getUTCFullYear(), at.getUTCMonth());
}

export function nextPeriod({ endMs }: Period): Period {
  return periodAt(endMs);
}

export function previousPeriod({ startMs }: Period): Period {
  return periodAt(startMs - 1);
}

/** `2026-11`. Fails with `period_invalid`, also for a month that has not begun. */
export function parsePeriod(name: string, nowMs: number): Period {
  const [, year = '', month = ''] = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(name) ?? [];
  const period = year === '' ? null : ofMonth(Number(year), Number(month) - 1);
  if (period === null || period.startMs > nowMs) throw new WaybillError('period_invalid');
  return period;
}

function ofMonth(year: number, month: number): Period {
  const startMs = Date.UTC(year, month);
  return { name: new Date(startMs).toISOString().slice(0, 7), startMs, endMs: Date.UTC(year, month + 1) };
}
