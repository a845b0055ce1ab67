/** Numbers values from 0 in the order of first use and writes each down once. */
export class Dictionary<T> {
  readonly #places = new Map<T, number>();

  constructor(private readonly write: (value: T) => void) {}

  get size(): number {
    return this.#places.size;
  }

  place(value: T): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(value, place);
    this.write(value);
    return place;
  }

  values(): Iterable<T> {
    return this.#places.keys();
  }
}
