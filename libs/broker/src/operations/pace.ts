/** A worker that was away catches up at most this much; the average stays what was asked for. */
const catchUpMs = 5_000;

/** Spreads messages over time, exactly on average: what is allowed later is written down as a moment, not as a count. */
export class Pace {
  #paidUntilMs: number;

  constructor(
    private readonly perSecond: number | null,
    paidUntilMs: number,
    private readonly nowMs: () => number,
  ) {
    this.#paidUntilMs = paidUntilMs;
  }

  /** The rate is used up until then. */
  get paidUntilMs(): number {
    return this.#paidUntilMs;
  }

  /** How many may go now; `Infinity` without a rate. */
  allowed(): number {
    if (this.perSecond === null) return Infinity;
    const nowMs = this.nowMs();
    // Less than a message may have been owed before the absence: that is not lost either, however low the rate.
    const reachMs = catchUpMs + 1_000 / this.perSecond;
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - reachMs);
    return Math.max(0, Math.floor(((nowMs - this.#paidUntilMs) * this.perSecond) / 1_000 + 1e-9));
  }

  pay(messages: number): void {
    if (this.perSecond !== null) this.#paidUntilMs += (messages * 1_000) / this.perSecond;
  }
}
