import { cborContentType } from '@waybill/contracts';

/** RFC 9110 §12.4.2. */
const weight = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;
/** A comma or a semicolon between quotes separates nothing. */
const quoted = /"(?:[^"\\]|\\.)*"/g;
const jsonRanges = ['application/json', 'application/*', '*/*'];

/**
 * Whether an Accept header (RFC 9110 §12.5.1) asks for CBOR: it is named, with a weight that is neither 0 nor below that of JSON. Whoever
 * takes anything gets JSON.
 */
export function asksForCbor(accept: string | undefined): boolean {
  if (accept === undefined || !accept.toLowerCase().includes(cborContentType)) return false;
  const weights = weightsOf(accept);
  const cbor = weights.get(cborContentType) ?? 0;
  const named = jsonRanges.find((range) => weights.has(range));
  return cbor > 0 && cbor >= (named === undefined ? 0 : (weights.get(named) as number));
}

/** Per media range; one whose weight is malformed counts as not named. */
function weightsOf(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of accept.replace(quoted, '').split(',')) {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const value = q === undefined ? '1' : weight.exec(q)?.[1];
    if (value !== undefined) weights.set(range, Number(value));
  }
  return weights;
}
