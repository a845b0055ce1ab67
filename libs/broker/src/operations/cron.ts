import { WaybillError } from '@waybill/kernel';
import { Cron } from 'croner';

/** How far ahead a schedule must run at least once: the longest gap between two 29 February is eight years. */
const horizonMs = 9 * 366 * 86_400_000;
const fields = 5;

function refusal(reason: string): WaybillError {
  return new WaybillError('cron_invalid', { reason });
}

/** When clocks of a time zone show what a cron expression asks for. */
export class CronTimes {
  readonly #cron: Cron;

  /**
   * Five fields: minute, hour, day, month, weekday; a day and a weekday that are both narrowed are alternatives, as in
   * Vixie cron. An hour that the clocks skip: times given by number run right after it, once; steps and wildcards skip
   * it too. An hour that comes twice: times given by number run the first time only.
   * Fails with `cron_invalid` for a wrong expression, an unknown time zone, or one that never comes.
   */
  constructor(expression: string, timeZone: string, nowMs: number) {
    const parts = expression.trim().split(/\s+/);
    if (parts.length !== fields) throw refusal('give five fields: minute, hour, day, month, weekday');
    if (!isTimeZone(timeZone)) throw refusal('the time zone is not known; use a name such as Europe/Vienna');
    try {
      this.#cron = new Cron(parts.join(' '), { mode: '5-part', fixedTimeRule: 'no-wildcard', timezone: timeZone, paused: true });
    } catch (cause) {
      throw new WaybillError('cron_invalid', { reason: reasonOf(cause) }, { cause });
    }
    if (this.after(nowMs) - nowMs > horizonMs) throw refusal('this never happens');
  }

  /** The first run later than a moment, ms since the Unix epoch; `Infinity` when there is none. */
  after(moment: number): number {
    return this.#cron.nextRun(new Date(moment))?.getTime() ?? Infinity;
  }
}

function isTimeZone(name: string): boolean {
  try {
    // Offsets such as "+01:00" are time zones to Intl, but not names with clocks that change.
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/** `CronPattern: Invalid value for minute: 61` without the class and the full stop. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : 'it cannot be read';
  return text.replace(/^\w+: /, '').replace(/\.$/, '').slice(0, 200);
}
