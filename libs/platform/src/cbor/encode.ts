import { major } from './major-types.js';

/**
 * CBOR (RFC 8949) as texts of Latin-1, one character a byte: V8 joins and copies those faster than many small writes into a Buffer.
 * Bytes are no text; only their heads are written so, and whoever puts an answer together copies them in between.
 */
const ascii = /^[\x00-\x7f]*$/;
const chr = String.fromCharCode;

/** The initial byte and the argument, the shortest that holds it (RFC 8949 §3, §4.2.1). */
function head(kind: number, argument: number): string {
  const initial = kind << 5;
  if (argument < 24) return chr(initial | argument);
  if (argument < 0x100) return chr(initial | 24, argument);
  if (argument < 0x1_0000) return chr(initial | 25, argument >> 8, argument & 255);
  if (argument < 0x1_0000_0000) return chr(initial | 26) + fourBytes(argument);
  return chr(initial | 27) + fourBytes(Math.floor(argument / 2 ** 32)) + fourBytes(argument % 2 ** 32);
}

const fourBytes = (value: number): string => chr(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

export const bytesHead = (length: number): string => head(major.bytes, length);
export const arrayHead = (items: number): string => head(major.array, items);
export const mapHead = (entries: number): string => head(major.map, entries);

export function textAsCbor(text: string): string {
  if (ascii.test(text)) return head(major.text, text.length) + text;
  const bytes = Buffer.from(text, 'utf8');
  return head(major.text, bytes.length) + bytes.toString('latin1');
}

export function integerAsCbor(value: number): string {
  return value < 0 ? head(major.negative, -1 - value) : head(major.unsigned, value);
}

function floatAsCbor(value: number): string {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return `\xfb${bytes.toString('latin1')}`;
}

/** Whatever JSON can say, and bytes. As in JSON, what is undefined is left out of a map. */
export function valueAsCbor(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return textAsCbor(value);
    case 'boolean':
      return value ? '\xf5' : '\xf4';
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? integerAsCbor(value) : floatAsCbor(value);
    case 'object':
      return value === null ? '\xf6' : objectAsCbor(value);
    default:
      throw new TypeError(`CBOR has no ${typeof value} here`);
  }
}

function objectAsCbor(value: object): string {
  if (Buffer.isBuffer(value)) return bytesHead(value.length) + value.toString('latin1');
  if (Array.isArray(value)) return arrayHead(value.length) + value.map(valueAsCbor).join('');
  let entries = 0;
  let text = '';
  for (const [key, one] of Object.entries(value)) {
    if (one === undefined) continue;
    entries += 1;
    text += textAsCbor(key) + valueAsCbor(one);
  }
  return mapHead(entries) + text;
}

export const encodeCbor = (value: unknown): Buffer => Buffer.from(valueAsCbor(value), 'latin1');
