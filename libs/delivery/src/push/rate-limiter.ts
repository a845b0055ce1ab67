/** Share of a second's calls that may begin at once. */
const burstShare = 0.1;

/**
 * Calls begun per second, evenly: the generic cell rate algorithm. A worker that takes a subscription over starts without
 * a burst, so the limit holds over all of them.
 */
export class RateLimiter {
  #perSecond: number | null;
  /** When the next call would be on time, ms. */
  #nextMs: number;

  constructor(perSecond: number | null, nowMs: number) {
    this.#perSecond = perSecond;
    this.#nextMs = nowMs + this.#burstMs();
  }

  set perSecond(value: number | null) {
    this.#perSecond = value;
  }

  /** 0 when a call may begin now, else for how long not. */
  waitMs(nowMs: number): number {
    if (this.#perSecond === null) return 0;
    return Math.max(0, Math.ceil(this.#nextMs - this.#burstMs() - nowMs));
  }

  /** A call begins. */
  take(nowMs: number): void {
    if (this.#perSecond !== null) this.#nextMs = Math.max(this.#nextMs, nowMs) + 1_000 / this.#perSecond;
  }

  #burstMs(): number {
    if (this.#perSecond === null) return 0;
    return (Math.max(1, Math.floor(this.#perSecond * burstShare)) - 1) * (1_000 / this.#perSecond);
  }
}
