import type { Filter } from './routing/filter.js';

export type RoutedKind = 'direct' | 'topic' | 'fanout' | 'headers' | 'filter' | 'consistent-hash';
export type ExchangeKind = RoutedKind | 'delayed' | 'default';
/** Every namespace has it; it routes by queue name and has no definition of its own. */
export const defaultExchange = 'default';

/** What a consistent-hash exchange hashes; a message without it is hashed by its routing key. */
export type HashOn = 'key' | 'group' | 'dedup-id' | 'correlation-id' | { readonly header: string };

export interface ExchangeDefinition {
  readonly id: string;
  readonly name: string;
  readonly kind: ExchangeKind;
  /** Name of the exchange that takes what no binding matched. */
  readonly alternate?: string | undefined;
  /** consistent-hash only; default `key`. */
  readonly hashOn?: HashOn | undefined;
  /** delayed only: how long messages without a delay of their own wait in the queues they reach. */
  readonly delayMs?: number | undefined;
  /** delayed only: how it matches bindings; default `topic`. */
  readonly routesAs?: RoutedKind | undefined;
}

export type QueueKind = 'standard' | 'fifo' | 'priority';
export type Overflow = 'reject' | 'drop-oldest-to-dead-letters';

/** Delays of releases that name none; by the number of deliveries so far, the last one repeats. */
export type RetryPolicy =
  | { readonly kind: 'list'; readonly delaysMs: readonly number[]; readonly jitter: number }
  | { readonly kind: 'exponential'; readonly firstMs: number; readonly factor: number; readonly maxMs: number; readonly jitter: number };

export interface QueueDefinition {
  readonly id: string;
  readonly name: string;
  readonly kind: QueueKind;
  readonly leaseMs: number;
  /** Deliveries before the dead letters; null for no limit. */
  readonly deliveryLimit: number | null;
  /** Messages that are not settled this long after they came go to the dead letters (`expired`). */
  readonly messageTtlMs?: number | undefined;
  /** Messages not settled, in any state but dead. */
  readonly maxMessages?: number | undefined;
  /** Bytes of records not settled. */
  readonly maxBytes?: number | undefined;
  /** Default `reject`. */
  readonly overflow?: Overflow | undefined;
  /** `id`: by dedup id; `body`: by dedup id, else by the SHA-256 of the body. */
  readonly dedup?: { readonly windowMs: number; readonly by: 'id' | 'body' } | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Name of the exchange that takes the dead letters; absent: the queue keeps them. */
  readonly deadLetterExchange?: string | undefined;
  /** Routing key of dead letters sent to the exchange; absent: their own. */
  readonly deadLetterKey?: string | undefined;
  readonly singleActiveConsumer?: boolean | undefined;
  /** The queue is deleted when nobody published or received this long. */
  readonly deleteWhenIdleMs?: number | undefined;
  /** standard only: groups take turns, so that a noisy one does not starve the others. */
  readonly fair?: boolean | undefined;
  /** fifo only: what happens when the head of a group reaches the delivery limit. Default `dead-letter`. */
  readonly poison?: 'dead-letter' | 'park-group' | undefined;
}

export interface BindingDefinition {
  readonly id: string;
  /** Name of the exchange. */
  readonly source: string;
  readonly destination: { readonly queue: string } | { readonly exchange: string };
  readonly pattern: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly match: 'all' | 'any';
  /** headers exchange: names that a message must not carry. */
  readonly absent?: readonly string[] | undefined;
  /** filter exchange: what headers and JSON body must look like; absent matches every message. */
  readonly filter?: Filter | undefined;
  /** Bindings of one exchange with the same split that match a message share it: one is taken, by weight. */
  readonly split?: string | undefined;
  /** 1 to 1,000, default 1: share of a split, or of the ring of a consistent-hash exchange. */
  readonly weight?: number | undefined;
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
