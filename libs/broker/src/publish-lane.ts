import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { Position } from './position.js';
import type { EncodedRecord } from './record.js';
import type { MessageStore, RoutedRecord } from './redis/message.store.js';
import type { RoutingTable, Route } from './routing/routing-table.js';
import type { NamespaceTopology } from './topology-cache.js';

/** Messages of one publish call: stored together, in order, all or none. */
export interface PublishUnit {
  readonly records: readonly EncodedRecord[];
  readonly bytes: number;
  /** Routes each record with the topology given; throws when the exchange or queue does not exist there. */
  route(table: RoutingTable): readonly Route[];
}

export interface PublishedMessage {
  readonly position: Position;
  readonly route: Route;
  readonly kib: number;
}

interface Waiting {
  readonly unit: PublishUnit;
  resolve(published: PublishedMessage[]): void;
  reject(error: unknown): void;
}

export interface LaneLimits {
  /** Records and bytes in one script call; a single unit may be larger. */
  readonly callRecords: number;
  readonly callBytes: number;
  /** Records and bytes waiting before `gateway_overloaded`. */
  readonly waitingRecords: number;
  readonly waitingBytes: number;
}

export const laneLimits: LaneLimits = { callRecords: 256, callBytes: 2 * 1024 * 1024, waitingRecords: 20_000, waitingBytes: 64 * 1024 * 1024 };
const staleAttempts = 20;

/**
 * Group commit for one namespace (DESIGN.md §4.3): while a script call is in flight, later publishes gather and go
 * as one call, so they share its fsync. Calls go one after the other: order of arrival is order in the queues.
 */
export class PublishLane {
  #waiting: Waiting[] = [];
  #waitingRecords = 0;
  #waitingBytes = 0;
  #running = false;

  constructor(
    private readonly ns: NamespaceId,
    private readonly topology: NamespaceTopology,
    private readonly store: MessageStore,
    private readonly limits: LaneLimits = laneLimits,
  ) {}

  get idle(): boolean {
    return !this.#running && this.#waiting.length === 0;
  }

  /** Resolves when Redis has the messages on disk. Fails with `gateway_overloaded` before anything is gathered. */
  publish(unit: PublishUnit): Promise<PublishedMessage[]> {
    if (this.#waitingRecords + unit.records.length > this.limits.waitingRecords || this.#waitingBytes + unit.bytes > this.limits.waitingBytes) {
      return Promise.reject(new WaybillError('gateway_overloaded', { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, resolve, reject });
      this.#waitingRecords += unit.records.length;
      this.#waitingBytes += unit.bytes;
      if (!this.#running) {
        this.#running = true;
        // What arrives in the same turn of the event loop goes along.
        setImmediate(() => void this.#run());
      }
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#call(this.#takeCall());
    this.#running = false;
  }

  #takeCall(): Waiting[] {
    let records = 0;
    let bytes = 0;
    let count = 0;
    for (const { unit } of this.#waiting) {
      if (count > 0 && (records + unit.records.length > this.limits.callRecords || bytes + unit.bytes > this.limits.callBytes)) break;
      records += unit.records.length;
      bytes += unit.bytes;
      count += 1;
    }
    this.#waitingRecords -= records;
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #call(calls: Waiting[]): Promise<void> {
    let open = calls;
    try {
      for (let attempt = 0; attempt < staleAttempts; attempt += 1) {
        if (attempt > 0 || this.topology.version === undefined) await this.topology.refresh();
        const routed = await this.#route(open, attempt);
        open = routed.map(({ waiting }) => waiting);
        if (open.length === 0) return;
        const stored = await this.store.publish(this.ns, this.topology.version as string, recordsOf(routed));
        if (stored === 'stale') continue;
        let position = stored;
        for (const { waiting, routes } of routed) {
          const { records } = waiting.unit;
          waiting.resolve(routes.map((route, i) => ({ position: position + i, route, kib: (records[i] as EncodedRecord).kib })));
          position += routes.length;
        }
        return;
      }
      throw new WaybillError('gateway_overloaded', { retryAfterSeconds: 1 });
    } catch (error) {
      for (const { reject } of open) reject(error);
    }
  }

  /**
   * Routes what can be routed and refuses the rest. A name that is unknown is looked up once more in the newest
   * topology before it is refused: the API may have confirmed it a moment ago.
   */
  async #route(open: Waiting[], attempt: number): Promise<Routed[]> {
    const routed: Routed[] = [];
    let refreshed = attempt > 0;
    for (const waiting of open) {
      try {
        routed.push({ waiting, routes: waiting.unit.route(this.topology.table) });
      } catch (error) {
        if (!refreshed) {
          refreshed = true;
          const before = this.topology.version;
          await this.topology.refresh();
          if (this.topology.version !== before) return this.#route(open, 1);
        }
        waiting.reject(error);
      }
    }
    return routed;
  }
}

interface Routed {
  readonly waiting: Waiting;
  readonly routes: readonly Route[];
}

function recordsOf(routed: readonly Routed[]): RoutedRecord[] {
  const records: RoutedRecord[] = [];
  for (const { waiting, routes } of routed) {
    for (let i = 0; i < routes.length; i += 1) {
      records.push({ bytes: (waiting.unit.records[i] as EncodedRecord).bytes, route: routes[i] as Route });
    }
  }
  return records;
}
