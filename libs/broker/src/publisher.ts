import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { MessageProperties } from './message.js';
import { PublishLane } from './publish-lane.js';
import type { PublishedMessage, PublishUnit } from './publish-lane.js';
import { encodeRecord } from './record.js';
import type { MessageStore } from './redis/message.store.js';
import type { RoutingTable, Route } from './routing/routing-table.js';
import type { TopologyCache } from './topology-cache.js';

export interface OutgoingMessage {
  readonly properties: MessageProperties;
  readonly body: Buffer;
}

/** Where a publish goes: through an exchange, or straight to a queue. */
export type PublishTarget = { readonly exchange: string } | { readonly queue: string };

/** Stores messages durably, a lane per namespace. */
export class Publisher {
  readonly #lanes = new Map<NamespaceId, PublishLane>();

  constructor(
    private readonly topologies: TopologyCache,
    private readonly store: MessageStore,
  ) {}

  /**
   * Publishes messages in order, all or none; resolves when they are on disk. Fails with `exchange_not_found`,
   * `queue_not_found`, `store_full`, `store_unavailable`, `outcome_unknown` or `gateway_overloaded`.
   */
  publish(ns: NamespaceId, target: PublishTarget, messages: readonly OutgoingMessage[]): Promise<PublishedMessage[]> {
    const records = messages.map(({ properties, body }) => encodeRecord(properties, body));
    const unit: PublishUnit = {
      records,
      bytes: records.reduce((sum, { bytes }) => sum + bytes.length, 0),
      route: (table, index) => routeOf(table, target, (messages[index] as OutgoingMessage).properties),
    };
    return this.#lane(ns).publish(unit);
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

function routeOf(table: RoutingTable, target: PublishTarget, { key, headers }: MessageProperties): Route {
  if ('queue' in target) {
    const route = table.routeToQueue(target.queue);
    if (!route) throw new WaybillError('queue_not_found', target);
    return route;
  }
  const route = table.route(target.exchange, key, headers);
  if (!route) throw new WaybillError('exchange_not_found', target);
  return route;
}
