import type { Binding } from '@waybill/contracts';

/** What a binding takes, in a line. The binding does not know its exchange's kind, so it says what is written in it. */
export function bindingRule({ pattern, headers, match }: Pick<Binding, 'pattern' | 'headers' | 'match'>): string {
  const wanted = Object.entries(headers);
  if (wanted.length > 0) return `${match === 'all' ? 'all of' : 'any of'} ${wanted.map(([name, value]) => `${name}=${value}`).join(', ')}`;
  return pattern === '' ? 'every message' : pattern;
}
