/** Stands for a line that was longer than allowed; its bytes were dropped as they came. */
export const tooLong = Symbol('too long');

const newline = 0x0a;
const isBlank = (line: Buffer): boolean => line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/** Cuts a stream of bytes into lines; keeps at most one unfinished line of the limit. Blank lines are left out. */
export class LineSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;
  #dropping = false;

  constructor(private readonly limitBytes: number) {}

  /** The lines that are complete now. */
  *push(chunk: Buffer): Generator<Buffer | typeof tooLong> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(newline, from);
      if (end < 0) break;
      this.#keep(chunk.subarray(from, end));
      from = end + 1;
      yield* this.end();
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** The last line, which needs no newline. */
  *end(): Generator<Buffer | typeof tooLong> {
    const [only] = this.#parts;
    const line = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts, this.#bytes);
    const dropped = this.#dropping;
    [this.#parts, this.#bytes, this.#dropping] = [[], 0, false];
    if (dropped) yield tooLong;
    else if (!isBlank(line)) yield line;
  }

  #keep(part: Buffer): void {
    if (this.#dropping || part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes <= this.limitBytes) {
      this.#parts.push(part);
      return;
    }
    [this.#parts, this.#bytes, this.#dropping] = [[], 0, true];
  }
}
