import type { ExchangeKind, HashOn, Overflow, QueueKind, RoutedKind } from '@waybill/broker';

/** What a tenant may create; `default` is built in. */
export type CreatableKind = Exclude<ExchangeKind, 'default'>;

/** All settings of an exchange; null where its kind has no such setting. */
export interface ExchangeSettings {
  readonly kind: CreatableKind;
  /** Name of the exchange that takes what no binding matched; null: nobody. */
  readonly alternate: string | null;
  /** What a consistent-hash exchange hashes. */
  readonly hashOn: HashOn | null;
  /** delayed: how long messages without a delay of their own wait. */
  readonly delaySeconds: number | null;
  /** delayed: how it matches bindings. */
  readonly routesAs: RoutedKind | null;
}

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What is left out or null gets its default. */
export type ExchangeInput = Pick<ExchangeSettings, 'kind'> & Given<Omit<ExchangeSettings, 'kind'>>;

export interface Exchange extends Omit<ExchangeSettings, 'kind'> {
  readonly id: string;
  readonly name: string;
  readonly kind: ExchangeKind;
  readonly builtIn: boolean;
  /** Bindings that leave it. */
  readonly bindings: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

/** Delays of releases that name none; by the number of deliveries so far, the last one repeats. */
export type RetryPolicy =
  | { readonly kind: 'list'; readonly delaysSeconds: number[]; readonly jitter: number }
  | { readonly kind: 'exponential'; readonly firstSeconds: number; readonly factor: number; readonly maxSeconds: number; readonly jitter: number };

/** All settings of a queue; null is none. What they mean: QueueDefinition of libs/broker. */
export interface QueueSettings {
  readonly kind: QueueKind;
  /** Lease of a received message unless the consumer asks for another. */
  readonly leaseSeconds: number;
  /** Deliveries before the dead letters. */
  readonly deliveryLimit: number | null;
  readonly messageTtlSeconds: number | null;
  readonly maxMessages: number | null;
  readonly maxBytes: number | null;
  readonly overflow: Overflow;
  readonly dedup: { readonly windowSeconds: number; readonly by: 'id' | 'body' } | null;
  readonly retry: RetryPolicy | null;
  /** Name of the exchange that takes the dead letters; null: the queue keeps them. */
  readonly deadLetterExchange: string | null;
  readonly deadLetterKey: string | null;
  readonly singleActiveConsumer: boolean;
  readonly deleteWhenIdleSeconds: number | null;
  readonly fair: boolean;
  readonly poison: 'dead-letter' | 'park-group';
}

/** What is left out gets its default (queue-settings.ts). */
export type QueueInput = Pick<QueueSettings, 'kind' | 'leaseSeconds' | 'deliveryLimit'> & Given<Omit<QueueSettings, 'kind' | 'leaseSeconds' | 'deliveryLimit'>>;

export interface Queue extends QueueSettings {
  readonly id: string;
  readonly name: string;
  /** Bindings that lead to it. */
  readonly bindings: number;
  readonly createdAt: string;
}

/** A queue that wants to be deleted when nobody used it for `idleMs`. */
export interface IdleDeleting {
  readonly tenantId: string;
  readonly namespaceId: string;
  readonly id: string;
  readonly name: string;
  readonly idleMs: number;
}

export type Destination = { queue: string } | { exchange: string };

/** What a binding takes and where it leads, in full. */
export interface BindingRule {
  readonly destination: Destination;
  /** direct: the routing key; topic: words with `*` and `#`; not looked at elsewhere. */
  readonly pattern: string;
  readonly headers: Record<string, string>;
  readonly match: 'all' | 'any';
  /** headers exchange: names that a message must not carry; sorted, each once. */
  readonly absent: string[];
  /** filter exchange; null matches every message. */
  readonly filter: Record<string, unknown> | null;
  /** Bindings of one exchange with the same split share the messages they match. */
  readonly split: string | null;
  readonly weight: number;
}

export type BindingInput = Pick<BindingRule, 'destination' | 'pattern' | 'headers' | 'match'> & Given<Pick<BindingRule, 'absent' | 'filter' | 'split' | 'weight'>>;

export interface Binding extends BindingRule {
  /** Made from the content: the same binding always has the same id. */
  readonly id: string;
  readonly source: string;
  readonly createdAt: string;
}

export type PutBinding = Binding & { readonly created: boolean };

export interface PageQuery {
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface BindingQuery extends PageQuery {
  /** Source. */
  readonly exchange?: string | undefined;
  /** Destination. */
  readonly queue?: string | undefined;
}

export interface Page<T> {
  readonly items: T[];
  /** Null on the last page. */
  readonly next: string | null;
}

export interface ResourceName {
  readonly kind: 'exchange' | 'queue';
  readonly name: string;
}
