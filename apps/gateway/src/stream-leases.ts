/** The leases a stream gave out and has not seen end, by receipt. */
export class StreamLeases {
  readonly #untilMs = new Map<string, number>();

  get size(): number {
    return this.#untilMs.size;
  }

  get receipts(): string[] {
    return [...this.#untilMs.keys()];
  }

  /** When the first of them runs out, milliseconds since the epoch. */
  get nextEndMs(): number | undefined {
    let first: number | undefined;
    for (const untilMs of this.#untilMs.values()) if (first === undefined || untilMs < first) first = untilMs;
    return first;
  }

  add(receipt: string, untilMs: number): void {
    this.#untilMs.set(receipt, untilMs);
  }

  end(receipt: string): boolean {
    return this.#untilMs.delete(receipt);
  }

  extend(receipt: string, untilMs: number): void {
    if (this.#untilMs.has(receipt)) this.#untilMs.set(receipt, untilMs);
  }

  /** A lease that ran out makes room, whether its consumer knows it or not. */
  dropRunOut(nowMs: number): void {
    for (const [receipt, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(receipt);
  }

  clear(): void {
    this.#untilMs.clear();
  }
}
