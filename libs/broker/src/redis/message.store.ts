import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { Position } from '../position.js';
import type { EncodedRecord } from '../record.js';
import { meteredExchanges } from '../routing/routing-table.js';
import type { Route } from '../routing/routing-table.js';
import { keys } from './keys.js';
import { Script, text } from './script.store.js';

export interface RoutedRecord extends EncodedRecord {
  readonly route: Route;
}

const publishScript = new Script('publish');

/** Writes messages. The Lua script behind it stores and counts in one atomic step. */
export class MessageStore {
  constructor(private readonly redis: Redis) {}

  /**
   * Stores the records in their queues, in order, all or none. The first gets the position returned, the others
   * follow one by one. `stale`: the topology has moved on since they were routed; nothing was stored.
   */
  async publish(ns: NamespaceId, topologyVersion: string, records: readonly RoutedRecord[]): Promise<Position | 'stale'> {
    const queueIndex = new Map<string, number>();
    const routeIndex = new Map<Route, number>();
    const routes: unknown[] = [];
    const routeOf = Buffer.allocUnsafe(records.length * 2);
    const args: (string | Buffer)[] = [topologyVersion, '', routeOf];
    for (let i = 0; i < records.length; i += 1) {
      const { bytes, route } = records[i] as RoutedRecord;
      let index = routeIndex.get(route);
      if (index === undefined) {
        routeIndex.set(route, (index = routes.length));
        routes.push(planOf(ns, route, queueIndex));
      }
      routeOf.writeUInt16BE(index, i * 2);
      args.push(bytes);
    }
    const queues = [...queueIndex.keys()];
    args[1] = JSON.stringify({ queues, routes });
    const reply = await publishScript.run(
      this.redis,
      [keys.topology(ns), keys.position(ns), keys.openUsage(ns), keys.wake(ns), ...queues.map((id) => keys.messages(ns, id))],
      args,
    );
    return text(reply[0]) === 'stale' ? 'stale' : Number(text(reply[1]));
  }
}

/** A route as the script reads it. */
function planOf(ns: NamespaceId, route: Route, queueIndex: Map<string, number>): unknown {
  return {
    on: route.meteredOn || ns,
    exchanges: meteredExchanges(route).map(({ id }) => id),
    queues: route.queues.map(({ id }) => {
      let index = queueIndex.get(id);
      if (index === undefined) queueIndex.set(id, (index = queueIndex.size));
      return index;
    }),
  };
}
