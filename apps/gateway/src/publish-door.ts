import type { OutgoingMessage, PublishedMessage, PublishOptions, PublishTarget } from '@waybill/broker';
import type { Clock, Logger } from '@waybill/kernel';
import type { DataCaller } from './authenticate.js';
import type { Authenticator } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import type { IdempotentCalls } from './idempotent-calls.js';
import type { LargeBodies } from './large-bodies.js';
import type { RateLimits } from './rate-limits.js';
import type { ReplyAddresses } from './reply-addresses.js';

/** What the publish routes work with. */
export interface PublishDoor {
  readonly broker: Pick<BrokerWiring, 'active' | 'memory' | 'prices' | 'publisher' | 'topologies'>;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly inlineLimitBytes: number;
  readonly bodies: LargeBodies;
  readonly replies: ReplyAddresses;
  readonly idempotent: IdempotentCalls;
  /** Absent: no limit is set. */
  readonly rates: RateLimits | undefined;
  readonly onPublished: (messages: number) => void;
  /** Aborts when the process is about to stop: streams of lines end then. */
  readonly closing: AbortSignal;
}

/** Where the messages of one request go, and who sends them. */
export interface PublishCall {
  readonly caller: DataCaller;
  readonly target: PublishTarget;
  /** Name of the exchange; undefined when it goes straight to a queue. */
  readonly exchange: string | undefined;
}

/** What storing needs of it. */
export interface StoreDoor {
  readonly broker: Pick<BrokerWiring, 'active' | 'memory' | 'prices' | 'publisher'>;
  readonly rates: RateLimits | undefined;
}

/** Stores messages for a caller who was let in; one token was taken for the call, the others are taken here. */
export function store({ broker, rates }: StoreDoor, { caller, target }: PublishCall, messages: readonly OutgoingMessage[], options: PublishOptions): Promise<PublishedMessage[]> {
  broker.memory.check();
  const ns = caller.namespaceId;
  const more = messages.length > 1 && rates !== undefined ? rates.take(caller, messages.length - 1) : undefined;
  const marking = broker.active.touch(ns);
  const pricing = broker.prices.ready(ns);
  if (more === undefined && !marking && pricing === undefined) return broker.publisher.publish(ns, target, messages, options);
  return Promise.all([more, marking, pricing]).then(() => broker.publisher.publish(ns, target, messages, options));
}

/** Messages that are in a queue now, or reached none and are counted: neither refused nor known before. */
export function storedIn(published: readonly PublishedMessage[]): number {
  let stored = 0;
  for (const { outcome } of published) if (outcome === 'stored') stored += 1;
  return stored;
}
