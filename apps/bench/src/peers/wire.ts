/**
 * How messages travel to the gateway and back. Texts are Latin-1, a character a byte: receipts and bodies are found in an answer without
 * parsing it, so that the client takes little of a machine that both sides share.
 */
export interface Wire {
  readonly batchType: string;
  /** What a receive asks for, as headers. */
  readonly answers: Readonly<Record<string, string>>;
  /** A batch of so many text messages with this body. */
  batch(body: string, count: number): Buffer;
  /** Of a received answer. */
  receiptsIn(text: string): string[];
  bodiesIn(text: string): string[];
  /** How many receipts a receive accepted as well. */
  acceptedIn(text: string): number;
}

const contentType = 'text/plain';
const beforeReceipt = '"receipt":"';

export const jsonWire: Wire = {
  batchType: 'application/vnd.waybill.batch+json',
  answers: {},
  batch: (body, count) => Buffer.from(JSON.stringify({ messages: Array.from({ length: count }, () => ({ body, contentType })) })),
  receiptsIn(text) {
    const receipts: string[] = [];
    for (let at = text.indexOf(beforeReceipt); at >= 0; at = text.indexOf(beforeReceipt, at)) {
      const start = at + beforeReceipt.length;
      at = text.indexOf('"', start);
      receipts.push(text.slice(start, at));
    }
    return receipts;
  },
  bodiesIn: (text) => (JSON.parse(text) as { messages: { body: string }[] }).messages.map(({ body }) => body),
  acceptedIn: (text) => Number(/"accepted":(\d+)[^[]*$/.exec(text.slice(-200))?.[1] ?? 0),
};

const [unsigned, bytes, textString, array, map] = [0, 2, 3, 4, 5];

/** The initial byte and the argument (RFC 8949 §3), for what the benchmark sends. */
export function cborHead(kind: number, argument: number): string {
  if (argument < 24) return String.fromCharCode((kind << 5) | argument);
  if (argument < 0x100) return String.fromCharCode((kind << 5) | 24, argument);
  return String.fromCharCode((kind << 5) | 25, argument >> 8, argument & 0xff);
}

const cborText = (value: string): string => cborHead(textString as number, value.length) + value;

/** The value behind each occurrence of a key: text, bytes, or a number as text. */
function valuesOf(text: string, key: string): string[] {
  const named = cborText(key);
  const values: string[] = [];
  for (let at = text.indexOf(named); at >= 0; at = text.indexOf(named, at)) {
    const initial = text.charCodeAt(at + named.length);
    const short = initial & 31;
    let start = at + named.length + 1;
    let argument = short < 24 ? short : 0;
    for (let more = short < 24 ? 0 : 1 << (short - 24); more > 0; more -= 1) argument = argument * 256 + text.charCodeAt(start++);
    at = initial >> 5 === unsigned ? start : start + argument;
    values.push(initial >> 5 === unsigned ? String(argument) : text.slice(start, at));
  }
  return values;
}

export const cborWire: Wire = {
  batchType: 'application/vnd.waybill.batch+cbor',
  answers: { accept: 'application/cbor' },
  batch(body, count) {
    const message = cborHead(map as number, 2) + cborText('body') + cborHead(bytes as number, body.length) + body + cborText('contentType') + cborText(contentType);
    return Buffer.from(cborHead(map as number, 1) + cborText('messages') + cborHead(array as number, count) + message.repeat(count), 'latin1');
  },
  receiptsIn: (text) => valuesOf(text, 'receipt'),
  bodiesIn: (text) => valuesOf(text, 'body'),
  acceptedIn: (text) => Number(valuesOf(text, 'accepted')[0] ?? 0),
};
