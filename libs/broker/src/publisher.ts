import { createHash } from 'node:crypto';
import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { MessageProperties } from './message.js';
import { PublishLane, staleAttempts } from './publish-lane.js';
import type { PublishUnit } from './publish-lane.js';
import type { Cause, MessageExtra, RoutedRecord, UnitShape } from './publish-plan.js';
import { resultsOf } from './published-message.js';
import type { PublishedMessage } from './published-message.js';
import { encodeRecord } from './record.js';
import type { MessageStore, Taking } from './redis/message.store.js';
import type { RoutingTable, Route } from './routing/routing-table.js';
import type { TopologyCache } from './topology-cache.js';

export interface OutgoingMessage {
  readonly properties: MessageProperties;
  /** Empty when it is stored outside (`properties.storedBody`). */
  readonly body: Buffer;
  /** Of a body stored outside, in hex: what a queue that deduplicates by body goes by. */
  readonly bodySha256?: string | undefined;
  /** How long it waits before it may be received, milliseconds. */
  readonly delayMs?: number | undefined;
  /** How long it lives, milliseconds from now. */
  readonly ttlMs?: number | undefined;
}

/** Where a publish goes: through an exchange, or straight to a queue. */
export type PublishTarget = { readonly exchange: string } | { readonly queue: string };

export interface PublishOptions {
  /** `all` (default): stored all or none. `each`: those that have room. */
  readonly mode?: 'all' | 'each' | undefined;
  /** Id of the key it is published with, for the message log. */
  readonly publishedBy?: string | undefined;
  /** Digests, in hex, of the Idempotency-Key and of the request. */
  readonly idempotency?: { readonly key: string; readonly request: string } | undefined;
}

export interface TakingOptions {
  /** Default `publish`. */
  readonly cause?: Cause | undefined;
  readonly publishedBy?: string | undefined;
  /** Fails with `request_unroutable`, nothing done, when a message would reach no queue. */
  readonly mustReachQueue?: boolean | undefined;
}

/** Stores messages durably, a lane per namespace. */
export class Publisher {
  readonly #lanes = new Map<NamespaceId, PublishLane>();

  constructor(
    private readonly topologies: TopologyCache,
    private readonly store: MessageStore,
  ) {}

  /**
   * Publishes messages in order; resolves when they are on disk. Fails with `exchange_not_found`, `queue_not_found`,
   * `queue_full` (mode `all`), `spend_cap_reached`, `payment_overdue`, `quota_exceeded`, `idempotency_key_reused`, `message_log_full`, `store_full`, `store_unavailable`,
   * `outcome_unknown` or `gateway_overloaded`.
   */
  publish(ns: NamespaceId, target: PublishTarget, messages: readonly OutgoingMessage[], options: PublishOptions = {}): Promise<PublishedMessage[]> {
    const records = messages.map(({ properties, body }) => encodeRecord(properties, body));
    const unit: PublishUnit = {
      records,
      bytes: records.reduce((sum, { bytes }) => sum + bytes.length, 0),
      atomic: options.mode !== 'each',
      publishedBy: options.publishedBy ?? '',
      idempotency: options.idempotency,
      route: (table, index) => routeOf(table, target, messages[index] as OutgoingMessage),
      extra: (index, route) => extraOf(messages[index] as OutgoingMessage, route),
    };
    return this.#lane(ns).publish(unit);
  }

  /**
   * Publishes and takes something away in one step, all or nothing. Fails like `publish`, and with `lease_lost`,
   * `message_not_found` or `schedule_not_found` when what is to be taken is not there any more.
   */
  async publishAnd(
    ns: NamespaceId,
    taking: Taking,
    items: readonly { readonly target: PublishTarget; readonly message: OutgoingMessage }[],
    options: TakingOptions = {},
  ): Promise<PublishedMessage[]> {
    const topology = this.topologies.get(ns);
    const encoded = items.map(({ message }) => encodeRecord(message.properties, message.body));
    const unit: UnitShape = { first: 0, count: items.length, atomic: true, publishedBy: options.publishedBy ?? '' };
    for (let attempt = 0; attempt < staleAttempts; attempt += 1) {
      if (attempt > 0 || topology.version === undefined) await topology.refresh();
      let records: RoutedRecord[];
      try {
        records = items.map(({ target, message }, index) => {
          const route = routeOf(topology.table, target, message);
          return { ...(encoded[index] as (typeof encoded)[number]), route, extra: extraOf(message, route) };
        });
      } catch (error) {
        // A name that is unknown here may have been confirmed by the API a moment ago.
        const before = topology.version;
        if (attempt === 0) await topology.refresh();
        if (topology.version !== before) continue;
        throw error;
      }
      if (options.mustReachQueue && records.some(({ route }) => route.queues.length === 0)) throw new WaybillError('request_unroutable');
      const stored = await this.store.publish(ns, { topologyVersion: topology.version as string, cause: options.cause ?? 'publish', records, units: [unit], taking });
      if (stored !== 'stale') return resultsOf(unit, 0, records, stored);
    }
    throw new WaybillError('gateway_overloaded', { retryAfterSeconds: 1 });
  }

  #lane(ns: NamespaceId): PublishLane {
    let lane = this.#lanes.get(ns);
    if (!lane) {
      if (this.#lanes.size >= 1_000) this.#dropIdle();
      this.#lanes.set(ns, (lane = new PublishLane(ns, this.topologies.get(ns), this.store)));
    }
    return lane;
  }

  #dropIdle(): void {
    for (const [ns, lane] of this.#lanes) if (lane.idle) this.#lanes.delete(ns);
  }
}

function routeOf(table: RoutingTable, target: PublishTarget, { properties, body }: OutgoingMessage): Route {
  if ('queue' in target) {
    const route = table.routeToQueue(target.queue);
    if (!route) throw new WaybillError('queue_not_found', target);
    return route;
  }
  const { key, headers, contentType, group, dedupId, correlationId, priority, storedBody } = properties;
  const route = table.route(target.exchange, { key, headers, contentType, group, dedupId, correlationId, priority, body: storedBody ? undefined : body });
  if (!route) throw new WaybillError('exchange_not_found', target);
  return route;
}

/** What the script must know beside the record; nothing for nearly all messages. */
function extraOf(message: OutgoingMessage, route: Route): MessageExtra | undefined {
  const { properties, delayMs, ttlMs } = message;
  // A message that is moved is the original, not a duplicate of itself.
  const dedup = properties.id === undefined ? dedupOf(message, route) : undefined;
  if (delayMs === undefined && ttlMs === undefined && dedup === undefined) return undefined;
  return { delayMs, ttlMs, dedup };
}

const digestDigits = 32;
const digest = (value: string | Buffer): string => createHash('sha256').update(value).digest('hex').slice(0, digestDigits);

function dedupOf({ properties: { dedupId }, body, bodySha256 }: OutgoingMessage, { queues }: Route): string | undefined {
  let byBody = false;
  let byId = false;
  for (const { dedup } of queues) {
    if (!dedup) continue;
    byId = true;
    byBody ||= dedup.by === 'body';
  }
  if (byId && dedupId !== undefined) return `i${digest(dedupId)}`;
  return byBody ? `b${bodySha256?.slice(0, digestDigits) ?? digest(body)}` : undefined;
}
