/** Something that is under way, and knows its place among the others. */
export interface Placed {
  place: number;
}

/**
 * What is under way now, in no order. A Set would do, but the many that come and go would fill its table again and again, and V8
 * links each table it gives up to the next one: once one of them is old, all that were ever in the tables after it outlive
 * every collection of young garbage.
 */
export class UnderWay<T extends Placed> {
  readonly #all: T[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(one: T): void {
    one.place = this.#all.push(one) - 1;
  }

  /** Nothing when it was taken out before. */
  delete(one: T): void {
    if (this.#all[one.place] !== one) return;
    const last = this.#all.pop() as T;
    if (last === one) return;
    this.#all[one.place] = last;
    last.place = one.place;
  }

  /** As it is now, whatever is added or taken out meanwhile. */
  all(): T[] {
    return [...this.#all];
  }
}
