import type { Clock, Timers } from '@waybill/kernel';

interface Waiting {
  readonly atMs: number;
  readonly ms: number;
  readonly run: () => void;
}

/** Runs with the clock of the machine, as what is tested beside it does, and is moved ahead by hand: then what has come due by then is done at once. */
export class MovedClock implements Clock, Timers {
  readonly #waiting = new Map<Waiting, NodeJS.Timeout>();
  #aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  after(ms: number, run: () => void): () => void {
    const one: Waiting = { atMs: this.nowMs() + ms, ms, run };
    this.#waiting.set(one, setTimeout(() => this.#run(one), ms));
    return () => this.#forget(one);
  }

  advance(byMs: number): void {
    this.#aheadMs += byMs;
    const due = [...this.#waiting.keys()].filter(({ atMs }) => atMs <= this.nowMs()).sort((a, b) => a.atMs - b.atMs);
    for (const one of due) if (this.#waiting.has(one)) this.#run(one);
  }

  /** How long was to be waited for what is waited for now, ms each. */
  waits(): number[] {
    return [...this.#waiting.keys()].map(({ ms }) => ms);
  }

  #run(one: Waiting): void {
    this.#forget(one);
    one.run();
  }

  #forget(one: Waiting): void {
    clearTimeout(this.#waiting.get(one));
    this.#waiting.delete(one);
  }
}
