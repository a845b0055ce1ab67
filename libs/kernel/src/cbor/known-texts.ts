const slots = 256;
const longest = 40;

/**
 * Short texts that came before. Keys of maps, content types and the like are the same in every message: their bytes are compared,
 * which is cheaper than making the same string again.
 */
export class KnownTexts {
  readonly #known: (string | undefined)[] = [];

  constructor(private readonly bytes: Buffer) {}

  /** The text of these bytes; `read` makes it when it is not known. */
  at(start: number, length: number, read: (start: number, length: number) => string): string {
    if (length === 0 || length > longest) return read(start, length);
    const { bytes } = this;
    const slot = ((bytes[start] as number) * 7 + (bytes[start + length - 1] as number) * 3 + length) % slots;
    const known = this.#known[slot];
    if (known !== undefined && known.length === length && this.#same(known, start)) return known;
    const text = read(start, length);
    // Of other characters a text has fewer than bytes, and is not compared.
    if (text.length === length) this.#known[slot] = text;
    return text;
  }

  #same(known: string, start: number): boolean {
    for (let i = 0; i < known.length; i += 1) if (this.bytes[start + i] !== known.charCodeAt(i)) return false;
    return true;
  }
}
