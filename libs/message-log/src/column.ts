/** Bytes that grow at the end. Whole numbers up to 2^53 take 7 bits a byte, low ones first (LEB128). */
export class ColumnWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  number(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    let rest = value;
    while (rest >= 0x80) {
      const low = rest % 0x80;
      this.#bytes[this.#length] = low + 0x80;
      this.#length += 1;
      rest = (rest - low) / 0x80;
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  /** A number that may be negative: the first byte has the sign and 6 bits, so that small in either direction is short. */
  difference(value: number): void {
    const size = value < 0 ? -value - 1 : value;
    const low = size % 0x40;
    const first = low * 2 + (value < 0 ? 1 : 0);
    if (size < 0x40) return this.byte(first);
    this.byte(first + 0x80);
    this.number((size - low) / 0x40);
  }

  text(value: string): void {
    this.blob(Buffer.from(value, 'utf8'));
  }

  blob(value: Uint8Array): void {
    this.number(value.length);
    if (this.#length + value.length > this.#bytes.length) this.#grow(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A view, good until the next write. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(by: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + by));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Reads what ColumnWriter wrote. Throws at the end. */
export class ColumnReader {
  #offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get ended(): boolean {
    return this.#offset >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.#offset];
    if (value === undefined) throw new Error('column is cut');
    this.#offset += 1;
    return value;
  }

  number(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value -= 0x80;
    for (let scale = 0x80; ; scale *= 0x80) {
      const next = this.byte();
      if (next < 0x80) return value + next * scale;
      value += (next - 0x80) * scale;
    }
  }

  difference(): number {
    const first = this.byte();
    const low = (first & 0x7f) >>> 1;
    const size = first < 0x80 ? low : low + this.number() * 0x40;
    return (first & 1) === 1 ? -size - 1 : size;
  }

  text(): string {
    return this.blob().toString('utf8');
  }

  /** A view on the column. */
  blob(): Buffer {
    const length = this.number();
    const end = this.#offset + length;
    if (end > this.bytes.length) throw new Error('column is cut');
    const value = this.bytes.subarray(this.#offset, end);
    this.#offset = end;
    return value;
  }
}
