import type { ExchangeKind } from '@waybill/broker';

/** What a tenant may create; `default` is built in. */
export type CreatableKind = Exclude<ExchangeKind, 'default'>;

export interface Exchange {
  readonly id: string;
  readonly name: string;
  readonly kind: ExchangeKind;
  readonly builtIn: boolean;
  /** Bindings that leave it. */
  readonly bindings: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

export interface QueueSettings {
  readonly kind: 'standard';
  /** Lease of a received message unless the consumer asks for another. */
  readonly leaseSeconds: number;
  /** Deliveries before the dead letters; null for no limit. */
  readonly deliveryLimit: number | null;
}

export interface Queue extends QueueSettings {
  readonly id: string;
  readonly name: string;
  /** Bindings that lead to it. */
  readonly bindings: number;
  readonly createdAt: string;
}

export type Destination = { queue: string } | { exchange: string };

export interface BindingInput {
  readonly destination: Destination;
  /** direct: the routing key; topic: words with `*` and `#`; not looked at elsewhere. */
  readonly pattern: string;
  readonly headers: Record<string, string>;
  readonly match: 'all' | 'any';
}

export interface Binding extends BindingInput {
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
