const slots = 256;
const longest = 24;

/** Keys of maps that came before. They are the same in every message: comparing their bytes is cheaper than making the same string again. */
export class KnownKeys {
  readonly #known: (string | undefined)[] = [];

  constructor(private readonly bytes: Buffer) {}

  /** The key of these bytes, when it is known. They must be there. */
  find(start: number, length: number): string | undefined {
    if (length === 0 || length > longest) return undefined;
    const { bytes } = this;
    const known = this.#known[slotOf(bytes, start, length)];
    if (known === undefined || known.length !== length) return undefined;
    for (let i = 0; i < length; i += 1) if (bytes[start + i] !== known.charCodeAt(i)) return undefined;
    return known;
  }

  /** Of other characters than ASCII a key has fewer than bytes, and is never found again. */
  keep(start: number, length: number, key: string): void {
    if (length > 0 && length <= longest && key.length === length) this.#known[slotOf(this.bytes, start, length)] = key;
  }
}

function slotOf(bytes: Buffer, start: number, length: number): number {
  return ((bytes[start] as number) * 7 + (bytes[start + length - 1] as number) * 3 + length) % slots;
}
