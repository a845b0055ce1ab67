import { isUtf8 } from 'node:buffer';
import { WaybillError } from '@waybill/kernel';
import { KnownKeys } from './known-keys.js';
import { major } from './major-types.js';

/** What JSON can say, and bytes: those are a view of what was decoded, not a copy. */
export type CborValue = null | boolean | number | string | Buffer | CborValue[] | { [key: string]: CborValue };

export interface CborRules {
  /** Where none has a meaning, a byte string is refused. Default: taken. */
  readonly byteStrings?: 'taken' | 'refused';
}

/** Arrays and maps within each other; the same as for JSON. */
export const cborDepthLimit = 64;
/** Arrays, maps, byte strings and pieces of strings: one byte of CBOR becomes an object of a hundred bytes. */
export const cborObjectLimit = 100_000;

/** RFC 8949 §3.4.6: says only "this is CBOR". */
const selfDescribed = 55_799;
const indefinite = -1;
const breakByte = 0xff;
const replacement = '\ufffd';
const cutShort = 'it ends in the middle of an item';
const meaningless = 'an initial byte means nothing';

class Decoder {
  #at = 0;
  #depth = 0;
  #objects = 0;
  readonly #keys: KnownKeys;

  constructor(
    private readonly bytes: Buffer,
    private readonly byteStrings: boolean,
  ) {
    this.#keys = new KnownKeys(bytes);
  }

  whole(): CborValue {
    const value = this.#item();
    if (this.#at < this.bytes.length) throw this.#malformed('something follows the first item');
    return value;
  }

  #malformed(reason: string): WaybillError {
    return new WaybillError('request_malformed_cbor', { reason, at: this.#at });
  }

  #byte(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) throw this.#malformed(cutShort);
    this.#at += 1;
    return byte;
  }

  /** Moves past so many bytes; where they start. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.bytes.length - start) throw this.#malformed(cutShort);
    this.#at = start + length;
    return start;
  }

  /** The argument of an initial byte (RFC 8949 §3), or `indefinite`. */
  #argument(info: number): number {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.#byte();
      case 25:
        return this.bytes.readUInt16BE(this.#take(2));
      case 26:
        return this.bytes.readUInt32BE(this.#take(4));
      case 27: {
        const start = this.#take(8);
        const value = this.bytes.readUInt32BE(start) * 2 ** 32 + this.bytes.readUInt32BE(start + 4);
        if (!Number.isSafeInteger(value)) throw this.#malformed('a number or a length is above 2^53');
        return value;
      }
      case 31:
        return indefinite;
      default:
        throw this.#malformed(meaningless);
    }
  }

  #item(): CborValue {
    const initial = this.#byte();
    const kind = initial >> 5;
    if (kind === major.simple) return this.#simple(initial & 31);
    const argument = this.#argument(initial & 31);
    if (argument === indefinite && (kind < major.bytes || kind === major.tag)) throw this.#malformed(meaningless);
    switch (kind) {
      case major.unsigned:
        return argument;
      case major.negative:
        return -1 - argument;
      case major.bytes:
        return this.#byteString(argument);
      case major.text:
        return argument === indefinite ? this.#piecedText() : this.#utf8(this.#take(argument), argument);
      case major.tag:
        if (argument !== selfDescribed) throw this.#malformed(`the tag ${argument} is not known here`);
        return this.#tagged();
      default:
        return this.#nested(kind, argument);
    }
  }

  #simple(info: number): CborValue {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 25:
        return halfOf(this.bytes.readUInt16BE(this.#take(2)));
      case 26:
        return this.bytes.readFloatBE(this.#take(4));
      case 27:
        return this.bytes.readDoubleBE(this.#take(8));
      default:
        throw this.#malformed('a simple value is not false, true or null');
    }
  }

  /** Tags count as levels too: thousands of them in a row would overflow the stack. */
  #tagged(): CborValue {
    this.#enter();
    const value = this.#item();
    this.#depth -= 1;
    return value;
  }

  #nested(kind: number, count: number): CborValue {
    this.#enter();
    this.#countObject();
    const value = kind === major.array ? this.#array(count) : this.#map(count);
    this.#depth -= 1;
    return value;
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > cborDepthLimit) throw new WaybillError('body_too_deep', { limit: cborDepthLimit });
  }

  #countObject(): void {
    this.#objects += 1;
    if (this.#objects > cborObjectLimit) throw this.#malformed(`it has more than ${cborObjectLimit} arrays, maps and byte strings`);
  }

  /** Whether an array, map or string of indefinite length ends here (RFC 8949 §3.2.1). */
  #ended(): boolean {
    if (this.bytes[this.#at] !== breakByte) return false;
    this.#at += 1;
    return true;
  }

  /** Nothing is set aside for a count that was only declared: items are added as they come. */
  #array(count: number): CborValue[] {
    const items: CborValue[] = [];
    if (count === indefinite) while (!this.#ended()) items.push(this.#item());
    else for (let i = 0; i < count; i += 1) items.push(this.#item());
    return items;
  }

  #map(count: number): { [key: string]: CborValue } {
    const map: { [key: string]: CborValue } = {};
    for (let i = 0; count === indefinite ? !this.#ended() : i < count; i += 1) {
      const key = this.#key();
      if (key === '__proto__') throw this.#malformed('a map has the key __proto__');
      if (Object.hasOwn(map, key)) throw this.#malformed('a map has a key twice');
      map[key] = this.#item();
    }
    return map;
  }

  #key(): string {
    const initial = this.#byte();
    if (initial >> 5 !== major.text) throw this.#malformed('a key of a map is not text');
    const length = this.#argument(initial & 31);
    return length === indefinite ? this.#piecedText() : this.#keyOf(length);
  }

  #keyOf(length: number): string {
    const start = this.#take(length);
    const known = this.#keys.find(start, length);
    if (known !== undefined) return known;
    const key = this.#utf8(start, length);
    this.#keys.keep(start, length, key);
    return key;
  }

  #byteString(length: number): Buffer {
    if (!this.byteStrings) throw this.#malformed('a byte string has no meaning here');
    this.#countObject();
    return length === indefinite ? Buffer.concat(this.#pieces(major.bytes, (start, bytes) => this.bytes.subarray(start, start + bytes))) : this.#view(length);
  }

  #view(length: number): Buffer {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Each piece is UTF-8 of its own: a character is never cut in two (RFC 8949 §3.2.3). */
  #piecedText(): string {
    return this.#pieces(major.text, (start, length) => this.#utf8(start, length)).join('');
  }

  /** The pieces of a string of indefinite length. */
  #pieces<T>(kind: number, read: (start: number, length: number) => T): T[] {
    const pieces: T[] = [];
    while (!this.#ended()) {
      this.#countObject();
      const initial = this.#byte();
      const length = initial >> 5 === kind ? this.#argument(initial & 31) : indefinite;
      if (length === indefinite) throw this.#malformed('a piece of a string is of another kind');
      pieces.push(read(this.#take(length), length));
    }
    return pieces;
  }

  /** What is not UTF-8 is read as U+FFFD; only a text that has one is looked at again. */
  #utf8(start: number, length: number): string {
    const text = this.bytes.toString('utf8', start, start + length);
    if (text.includes(replacement) && !isUtf8(this.bytes.subarray(start, start + length))) throw new WaybillError('text_invalid', { field: 'every text of the body' });
    return text;
  }
}

/** IEEE 754 half precision (RFC 8949 appendix D). */
function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}

/**
 * Decodes one item (RFC 8949) that is all of `bytes`. Takes integers up to 2^53, floats, false, true, null, bytes, texts, arrays, and
 * maps with texts for keys, each once; of definite or indefinite length; no tag but 55799. Fails with `request_malformed_cbor`,
 * `body_too_deep` or `text_invalid`.
 */
export function decodeCbor(bytes: Buffer, { byteStrings = 'taken' }: CborRules = {}): CborValue {
  return new Decoder(bytes, byteStrings === 'taken').whole();
}
