import { isUtf8 } from 'node:buffer';
import { WaybillError } from '@waybill/kernel';

/** Deeper JSON is refused before it is parsed: a few megabytes of brackets would hold the process up for seconds. */
export const depthLimit = 64;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** JSON of a request. Fails with `text_invalid`, `body_too_deep` or `request_malformed_json`. */
export function parsedJson(bytes: Buffer): unknown {
  requireSound(bytes);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new WaybillError('request_malformed_json', {}, { cause });
  }
}

/** What is refused before anything is parsed: `text_invalid` and `body_too_deep`. */
export function requireSound(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new WaybillError('text_invalid', { field: 'the body' });
  walk(bytes);
}

/**
 * The elements of a JSON array as the bytes they were sent as: parsing and writing them again would change numbers
 * that JavaScript cannot hold. Fails like {@link parsedJson}; undefined when it is no array.
 */
export function elementsOf(bytes: Buffer): { readonly bytes: Buffer; readonly value: unknown }[] | undefined {
  const values = parsedJson(bytes);
  if (!Array.isArray(values)) return undefined;
  const commas: number[] = [];
  walk(bytes, (at) => commas.push(at));
  const start = bytes.indexOf(openArray) + 1;
  const end = bytes.lastIndexOf(closeArray);
  return values.map((value: unknown, index) => {
    const from = index === 0 ? start : (commas[index - 1] as number) + 1;
    return { bytes: trimmed(bytes.subarray(from, commas[index] ?? end)), value };
  });
}

/** Counts brackets outside strings; tells of each comma of the outermost array. */
function walk(bytes: Buffer, onComma?: (at: number) => void): void {
  let depth = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === quote) {
      i = endOfString(bytes, i);
    } else if (byte === openArray || byte === openObject) {
      depth += 1;
      if (depth > depthLimit) throw new WaybillError('body_too_deep', { limit: depthLimit });
    } else if (byte === closeArray || byte === closeObject) depth -= 1;
    else if (byte === comma && depth === 1) onComma?.(i);
  }
}

/** Where a string ends that starts at a quote: bodies are long strings, so they are skipped and not walked. */
function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(quote, start + 1); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let slashes = end;
    while (bytes[slashes - 1] === backslash) slashes -= 1;
    if ((end - slashes) % 2 === 0) return end;
  }
  return bytes.length;
}

function trimmed(bytes: Buffer): Buffer {
  let from = 0;
  let to = bytes.length;
  while (from < to && (bytes[from] as number) <= 0x20) from += 1;
  while (to > from && (bytes[to - 1] as number) <= 0x20) to -= 1;
  return bytes.subarray(from, to);
}
