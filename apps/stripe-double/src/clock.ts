/** Unix time in whole seconds, as Stripe tells it. */
export type Seconds = number;

/**
 * The one clock of the double. It runs with the machine, shifted by every advance, or stands still when it was held.
 * While something due is carried out, `at` says its moment, so that what happens at midnight is dated midnight.
 */
export class DoubleClock {
  #offsetMs = 0;
  #heldMs: number | null;
  #at: Seconds | null = null;

  /** @param heldMs stands still there; null runs with the machine */
  constructor(heldMs: number | null = null) {
    this.#heldMs = heldMs;
  }

  now(): Seconds {
    return this.#at ?? Math.floor(this.nowMs() / 1000);
  }

  nowMs(): number {
    return this.#heldMs ?? Date.now() + this.#offsetMs;
  }

  /** Never backwards: Stripe's own clocks refuse that too. */
  advanceTo(toMs: number): void {
    if (toMs < this.nowMs()) throw new Error('a clock only goes forward');
    this.jumpTo(toMs);
  }

  /** For the clock-jump fault: any direction. */
  jumpTo(toMs: number): void {
    if (this.#heldMs === null) this.#offsetMs = toMs - Date.now();
    else this.#heldMs = toMs;
  }

  hold(atMs: number): void {
    this.#heldMs = atMs;
  }

  during<T>(at: Seconds, work: () => T): T {
    const before = this.#at;
    this.#at = at;
    try {
      return work();
    } finally {
      this.#at = before;
    }
  }
}

/** First second of the calendar month after a moment, UTC. */
export function nextMonth(at: Seconds): Seconds {
  const date = new Date(at * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / 1000;
}
