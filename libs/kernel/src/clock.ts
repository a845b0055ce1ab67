/** The only source of wall time outside Redis, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}

/** What is done later, so that a test need not wait for it. */
export interface Timers {
  /** Runs once, in so many ms. Returns what takes it back. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock & Timers = {
  nowMs: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock that moves only when told to. */
export class HeldClock implements Clock {
  constructor(private valueMs: number) {}

  nowMs(): number {
    return this.valueMs;
  }

  advance(byMs: number): void {
    this.valueMs += byMs;
  }
}
