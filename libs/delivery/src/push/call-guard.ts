import { UnderWay } from '../egress/under-way.js';

/** After the time-out of a call, for its answer to arrive. Less than what a lease has left by then (intake.ts), so that it can be settled. */
export const graceMs = 2_000;

/** A call that is watched. */
export interface Guarded {
  /** By performance.now(). */
  endsMs: number;
  place: number;
  readonly giveUp: () => void;
}

/**
 * Ends calls whose destination keeps no promise: neither its time-out nor that it gives up when it is told to. One timer for
 * all of them: nearly every call ends long before.
 */
export class CallGuard {
  readonly #calls = new UnderWay<Guarded>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #looksMs = Number.POSITIVE_INFINITY;

  /** A call begins; `giveUp` when it has not ended `graceMs` after its time-out, or after `abort`. */
  begin(timeoutMs: number, giveUp: () => void): Guarded {
    const guarded: Guarded = { endsMs: performance.now() + timeoutMs + graceMs, place: 0, giveUp };
    this.#calls.add(guarded);
    this.#lookAt(guarded.endsMs);
    return guarded;
  }

  end(guarded: Guarded): void {
    this.#calls.delete(guarded);
    if (this.#calls.size > 0) return;
    clearTimeout(this.#timer);
    this.#looksMs = Number.POSITIVE_INFINITY;
  }

  /** The calls under way were told to give up. */
  abort(): void {
    const endsMs = performance.now() + graceMs;
    for (const guarded of this.#calls.all()) guarded.endsMs = endsMs;
    if (this.#calls.size > 0) this.#lookAt(endsMs);
  }

  #lookAt(atMs: number): void {
    if (atMs >= this.#looksMs) return;
    this.#looksMs = atMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.ceil(atMs - performance.now()));
  }

  #look(): void {
    const nowMs = performance.now();
    this.#looksMs = Number.POSITIVE_INFINITY;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const guarded of this.#calls.all()) {
      if (guarded.endsMs > nowMs) nextMs = Math.min(nextMs, guarded.endsMs);
      else {
        this.#calls.delete(guarded);
        guarded.giveUp();
      }
    }
    if (this.#calls.size > 0) this.#lookAt(nextMs);
  }
}
