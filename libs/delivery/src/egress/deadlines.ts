import { UnderWay } from './under-way.js';
import type { Placed } from './under-way.js';

/** Something that has to end by a moment. */
export interface Due extends Placed {
  /** By performance.now(). */
  endsMs: number;
}

/**
 * What is under way and ends by a moment each. One timer for all of them: nearly all end long before, and a timer for each would
 * be started and stopped for nothing.
 */
export class Deadlines<T extends Due> {
  readonly #all = new UnderWay<T>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #looksMs = Number.POSITIVE_INFINITY;

  /** `late` is told of each that is still there at its moment; it has been taken out by then. */
  constructor(private readonly late: (one: T) => void) {}

  add(one: T): void {
    this.#all.add(one);
    this.#lookAt(one.endsMs);
  }

  /** Nothing when it was taken out before. */
  delete(one: T): void {
    this.#all.delete(one);
    if (this.#all.size > 0) return;
    clearTimeout(this.#timer);
    this.#looksMs = Number.POSITIVE_INFINITY;
  }

  /** Another moment for all of them. */
  endAt(endsMs: number): void {
    for (const one of this.#all.all()) one.endsMs = endsMs;
    if (this.#all.size > 0) this.#lookAt(endsMs);
  }

  /** As it is now, whatever is added or taken out meanwhile. */
  all(): T[] {
    return this.#all.all();
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
    for (const one of this.#all.all()) {
      if (one.endsMs > nowMs) nextMs = Math.min(nextMs, one.endsMs);
      else {
        this.#all.delete(one);
        this.late(one);
      }
    }
    if (this.#all.size > 0) this.#lookAt(nextMs);
  }
}
