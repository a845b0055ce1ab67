/** After the time-out of a call, for its answer to arrive. Less than what a lease has left by then (intake.ts), so that it can be settled. */
export const graceMs = 2_000;

/** Ends calls whose destination keeps no promise: neither its time-out nor that it gives up when it is told to. */
export class CallGuard {
  readonly #waiting = new Set<(afterMs: number) => void>();

  /** What the call answers, or `late()` when it has not answered `graceMs` after its time-out, or after `abort`. */
  async within<T>(timeoutMs: number, call: Promise<T>, late: () => T): Promise<T> {
    const given = Promise.withResolvers<T>();
    const giveUp = () => given.resolve(late());
    let timer = setTimeout(giveUp, timeoutMs + graceMs);
    const hasten = (afterMs: number) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, afterMs);
    };
    this.#waiting.add(hasten);
    try {
      return await Promise.race([call, given.promise]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(hasten);
    }
  }

  /** The calls under way were told to give up. */
  abort(): void {
    for (const hasten of this.#waiting) hasten(graceMs);
  }
}
