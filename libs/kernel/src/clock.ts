/** The only source of wall time outside Redis, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

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
