import { WaybillError } from '@waybill/kernel';
import type { Exchange } from '@waybill/topology';

/** What a customer may choose, in the words of the exchange. */
export interface EventScope {
  /** '' for everything. */
  readonly keyPrefix: string;
  /** Whether patterns have wildcards: a topic exchange has them, a direct one has none. */
  readonly wildcards: boolean;
}

/**
 * Only an exchange that routes by key keeps customers apart: by any other one everybody would receive everything. Fails
 * with `exchange_unsuitable`.
 */
export function scopeOn({ name, kind, routesAs }: Pick<Exchange, 'name' | 'kind' | 'routesAs'>, keyPrefix: string): EventScope {
  const routes = kind === 'delayed' ? (routesAs ?? 'topic') : kind;
  if (routes !== 'topic' && routes !== 'direct') throw new WaybillError('exchange_unsuitable', { exchange: name });
  return { keyPrefix, wildcards: routes === 'topic' };
}

/** Patterns of bindings for what a customer chose, each once. Fails with `pattern_invalid` for a wildcard that would be taken literally. */
export function patternsOf(events: readonly string[], { keyPrefix, wildcards }: EventScope): string[] {
  if (!wildcards && events.some((event) => event.split('.').some((word) => word === '*' || word === '#'))) throw new WaybillError('pattern_invalid');
  return [...new Set(events)].map((event) => (keyPrefix === '' ? event : `${keyPrefix}.${event}`));
}

/** The other way; null for a binding that lies outside the prefix, which somebody else made. */
export function eventOf(pattern: string, keyPrefix: string): string | null {
  if (keyPrefix === '') return pattern;
  return pattern.startsWith(`${keyPrefix}.`) ? pattern.slice(keyPrefix.length + 1) : null;
}
