export type ExchangeKind = 'direct' | 'topic' | 'fanout' | 'headers' | 'default';
/** Every namespace has it; it routes by queue name and has no definition of its own. */
export const defaultExchange = 'default';

export interface ExchangeDefinition {
  readonly id: string;
  readonly name: string;
  readonly kind: ExchangeKind;
}

export interface QueueDefinition {
  readonly id: string;
  readonly name: string;
  readonly kind: 'standard';
  readonly leaseMs: number;
  /** Deliveries before the dead letters; null for no limit. */
  readonly deliveryLimit: number | null;
}

export interface BindingDefinition {
  readonly id: string;
  /** Name of the exchange. */
  readonly source: string;
  readonly destination: { readonly queue: string } | { readonly exchange: string };
  readonly pattern: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly match: 'all' | 'any';
}

/**
 * One step of a topology change. In the snapshot hash `{ns}:topology` a definition is the JSON under
 * `x:<exchange name>`, `q:<queue name>` or `b:<binding id>`; the stream of changes carries arrays of these.
 * A deletion says all it takes along: bindings are deleted by steps of their own in the same change.
 */
export type TopologyChange =
  | { readonly put: 'exchange'; readonly exchange: ExchangeDefinition }
  | { readonly put: 'queue'; readonly queue: QueueDefinition }
  | { readonly put: 'binding'; readonly binding: BindingDefinition }
  | { readonly drop: 'exchange'; readonly name: string }
  | { readonly drop: 'queue'; readonly name: string; readonly id: string }
  | { readonly drop: 'binding'; readonly id: string };

/** Field of the snapshot hash that a step writes or deletes. */
export function snapshotField(change: TopologyChange): string {
  if ('put' in change) {
    if (change.put === 'exchange') return `x:${change.exchange.name}`;
    return change.put === 'queue' ? `q:${change.queue.name}` : `b:${change.binding.id}`;
  }
  if (change.drop === 'exchange') return `x:${change.name}`;
  return change.drop === 'queue' ? `q:${change.name}` : `b:${change.id}`;
}
