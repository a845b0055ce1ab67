import type { Exchange, ExchangeKind } from '@waybill/contracts';

/** How each kind routes, in a sentence a newcomer can act on. */
export const kindWords: Readonly<Record<Exchange['kind'], string>> = {
  direct: 'A message goes to the bindings whose pattern is exactly its routing key.',
  topic: 'A message goes to the bindings whose pattern matches its routing key word by word; "*" stands for one word, "#" for any number.',
  fanout: 'Every message goes to all bindings; the routing key does not matter.',
  headers: 'A message goes to the bindings whose headers it carries, all of them or any of them.',
  default: 'Built in. A message goes straight to the queue whose name is its routing key; it needs no bindings and takes none.',
};

/** What to write into the pattern field. Null where a pattern has no meaning. */
export const patternWords: Readonly<Record<ExchangeKind, { description: string; placeholder: string } | null>> = {
  direct: { description: 'The exact routing key, like order.created. Empty matches messages without a key.', placeholder: 'order.created' },
  topic: { description: 'Words separated by dots. "*" is exactly one word, "#" is any number of words: order.*.eu takes order.created.eu, order.# takes everything that starts with order.', placeholder: 'order.#' },
  fanout: null,
  headers: null,
};

/** The most a pattern may hold, checked in bytes because the wire counts bytes. */
export function patternFault(kind: ExchangeKind, pattern: string, limitBytes: number): string | null {
  if (new TextEncoder().encode(pattern).length > limitBytes) return `Use at most ${limitBytes} bytes.`;
  if (kind !== 'topic') return null;
  const odd = pattern.split('.').find((word) => word.length > 1 && /[*#]/.test(word));
  return odd === undefined ? null : `"*" and "#" stand alone as a word; "${odd}" mixes one with other characters.`;
}
