import type { Exchange, RoutedKind } from '@waybill/contracts';

/** How each kind routes, in a sentence a newcomer can act on. */
export const kindWords: Readonly<Record<Exchange['kind'], string>> = {
  direct: 'A message goes to the bindings whose pattern is exactly its routing key.',
  topic: 'A message goes to the bindings whose pattern matches its routing key word by word; "*" stands for one word, "#" for any number.',
  fanout: 'Every message goes to all bindings; the routing key does not matter.',
  headers: 'A message goes to the bindings whose headers it carries, all of them or any of them.',
  filter: 'A message goes to the bindings whose filter fits its headers, properties and JSON body.',
  'consistent-hash': 'Each message goes to exactly one binding. Messages with the same key, group or header always go to the same one.',
  delayed: 'Messages wait in the queues they reach before a consumer gets them: their own delay, or that of the exchange.',
  default: 'Built in. A message goes straight to the queue whose name is its routing key; it needs no bindings and takes none.',
};

/** What to write into the pattern field. Null where a pattern has no meaning. */
export const patternWords: Readonly<Record<RoutedKind, { description: string; placeholder: string } | null>> = {
  direct: { description: 'The exact routing key, like order.created. Empty matches messages without a key.', placeholder: 'order.created' },
  topic: { description: 'Words separated by dots. "*" is exactly one word, "#" is any number of words: order.*.eu takes order.created.eu, order.# takes everything that starts with order.', placeholder: 'order.#' },
  fanout: null,
  headers: null,
  filter: null,
  'consistent-hash': null,
};

/** What stands in the place of a pattern where every binding is the same. */
export const noRuleWords: Readonly<Partial<Record<RoutedKind, string>>> = {
  fanout: 'A fanout exchange passes every message on, so there is nothing to match.',
  'consistent-hash': 'The exchange spreads messages over its bindings by their shares, so there is nothing to match.',
};

/** How an exchange matches its bindings: a delayed one matches as another kind does. */
export const routedAs = ({ kind, routesAs }: Pick<Exchange, 'kind' | 'routesAs'>): RoutedKind | null =>
  kind === 'default' ? null : kind === 'delayed' ? (routesAs ?? 'topic') : kind;

/** The most a pattern may hold, checked in bytes because the wire counts bytes. */
export function patternFault(kind: RoutedKind, pattern: string, limitBytes: number): string | null {
  if (new TextEncoder().encode(pattern).length > limitBytes) return `Use at most ${limitBytes} bytes.`;
  if (kind !== 'topic') return null;
  const odd = pattern.split('.').find((word) => word.length > 1 && /[*#]/.test(word));
  return odd === undefined ? null : `"*" and "#" stand alone as a word; "${odd}" mixes one with other characters.`;
}
