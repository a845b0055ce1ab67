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
  /** Routes a record with the topology given; throws when the exchange or queue does not exist there. */
  route(table: RoutingTable, index: number): Route;
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

type Answer = () => void;

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

  /** The next call is on its way before the last one is answered: Redis works while the answers are written. */
  async #run(): Promise<void> {
    let answerLast: Answer = () => undefined;
    while (this.#waiting.length > 0) {
      const call = this.#call(this.#takeCall());
      answerLast();
      answerLast = await call;
    }
    this.#running = false;
    answerLast();
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

  /** Carries the units out; what it returns tells them. Up to the store call it runs in one go. */
  async #call(calls: Waiting[]): Promise<Answer> {
    let open = calls;
    try {
      for (let attempt = 0; attempt < staleAttempts; attempt += 1) {
        if (attempt > 0 || this.topology.version === undefined) await this.topology.refresh();
        const routed: RoutedRecord[] = [];
        const refused = this.#route(open, routed);
        if (refused.size > 0) {
          // A name that is unknown here may have been confirmed by the API a moment ago.
          const before = this.topology.version;
          if (attempt === 0) await this.topology.refresh();
          if (this.topology.version !== before) continue;
          open = open.filter((waiting) => !refused.has(waiting));
          for (const [waiting, error] of refused) waiting.reject(error);
          if (open.length === 0) return () => undefined;
        }
        const stored = await this.store.publish(this.ns, this.topology.version as string, routed);
        if (stored !== 'stale') return () => tell(open, routed, stored);
      }
      throw new WaybillError('gateway_overloaded', { retryAfterSeconds: 1 });
    } catch (error) {
      return () => open.forEach(({ reject }) => reject(error));
    }
  }

  /** Routes the records of all units into `routed`; returns the units that cannot be routed, with the reason. */
  #route(open: readonly Waiting[], routed: RoutedRecord[]): Map<Waiting, unknown> {
    const refused = new Map<Waiting, unknown>();
    const { table } = this.topology;
    for (const waiting of open) {
      const { records } = waiting.unit;
      const before = routed.length;
      try {
        for (let i = 0; i < records.length; i += 1) {
          const { bytes, kib } = records[i] as EncodedRecord;
          routed.push({ bytes, kib, route: waiting.unit.route(table, i) });
        }
      } catch (error) {
        routed.length = before;
        refused.set(waiting, error);
      }
    }
    return refused;
  }
}

function tell(open: readonly Waiting[], routed: readonly RoutedRecord[], first: Position): void {
  let next = 0;
  for (const { unit, resolve } of open) {
    const published: PublishedMessage[] = [];
    for (let i = 0; i < unit.records.length; i += 1, next += 1) {
      const { route, kib } = routed[next] as RoutedRecord;
      published.push({ position: first + next, route, kib });
    }
    resolve(published);
  }
}
