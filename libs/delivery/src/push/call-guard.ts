import { Deadlines } from '../egress/deadlines.js';
import type { Due } from '../egress/deadlines.js';

/** After the time-out of a call, for its answer to arrive. Less than what a lease has left by then (intake.ts), so that it can be settled. */
export const graceMs = 2_000;

/** A call that is watched. */
export interface Guarded extends Due {
  readonly giveUp: () => void;
}

/** Ends calls whose destination keeps no promise: neither its time-out nor that it gives up when it is told to. */
export class CallGuard {
  readonly #calls = new Deadlines<Guarded>(({ giveUp }) => giveUp());

  /** A call begins; `giveUp` when it has not ended `graceMs` after its time-out, or after `abort`. */
  begin(timeoutMs: number, giveUp: () => void): Guarded {
    const guarded: Guarded = { endsMs: performance.now() + timeoutMs + graceMs, place: 0, giveUp };
    this.#calls.add(guarded);
    return guarded;
  }

  end(guarded: Guarded): void {
    this.#calls.delete(guarded);
  }

  /** The calls under way were told to give up. */
  abort(): void {
    this.#calls.endAt(performance.now() + graceMs);
  }
}
