import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import { Neighbours } from './neighbours.js';
import type { MessageExtra, RoutedRecord, UnitShape } from './publish-plan.js';
import { resultsOf } from './published-message.js';
import type { PublishedMessage } from './published-message.js';
import type { EncodedRecord } from './record.js';
import type { MessageStore, Stored } from './redis/message.store.js';
import type { Route, RoutingTable } from './routing/routing-table.js';
import type { NamespaceTopology } from './topology-cache.js';

/** Messages of one publish call: stored together, in order. */
export interface PublishUnit {
  readonly records: readonly EncodedRecord[];
  readonly bytes: number;
  /** Stored all or none; otherwise each that has room. */
  readonly atomic: boolean;
  readonly publishedBy: string;
  readonly idempotency?: UnitShape['idempotency'];
  /** Routes a record with the topology given; throws when the exchange or queue does not exist there. */
  route(table: RoutingTable, index: number): Route;
  extra(index: number, route: Route): MessageExtra | undefined;
}

interface Waiting {
  readonly unit: PublishUnit;
  resolve(published: PublishedMessage[]): void;
  reject(error: unknown): void;
}

interface Answered {
  /** Records that were stored. */
  readonly records: number;
  tell(): void;
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
export const staleAttempts = 20;

/** Calls on their way at once; more than one only while so many records wait, so that small calls still gather. */
const flight = { calls: 3, records: 64 };

/**
 * Beside other gateways of the namespace every call pays for an fsync that one gateway alone would share, and there are as
 * many more calls as there are gateways. So a lane then waits until nearly all it has just answered are back, which on a
 * kept connection takes less than a millisecond, and sends them as one call. docs/adr/0024.
 */
const gathering = { share: 0.9, mostMs: 1 };

/**
 * Group commit for one namespace (DESIGN.md §4.3): while script calls are in flight, later publishes gather and go
 * as one call, so they share its fsync. Calls are sent and carried out one after the other: order of arrival is order
 * in the queues.
 */
export class PublishLane {
  #waiting: Waiting[] = [];
  #waitingRecords = 0;
  #waitingBytes = 0;
  #inFlight = 0;
  #turnEnds = false;
  /** Set while the lane waits for those it has just answered. */
  #gathering: NodeJS.Timeout | undefined;
  #wantedRecords = 0;
  readonly #neighbours = new Neighbours();
  /** Calls that look at the topology first: nothing new is sent before them. */
  #stale = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly ns: NamespaceId,
    private readonly topology: NamespaceTopology,
    private readonly store: MessageStore,
    private readonly limits: LaneLimits = laneLimits,
  ) {}

  get idle(): boolean {
    return this.#inFlight === 0 && this.#waiting.length === 0;
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
      if (this.#gathering !== undefined && this.#waitingRecords >= this.#wantedRecords) return this.#gathered();
      if (!this.#maySend()) return;
      // Enough for a call of its own: Redis begins while the next requests are read.
      if (this.#waitingRecords >= flight.records) return this.#send();
      if (this.#turnEnds) return;
      this.#turnEnds = true;
      // What arrives in the same turn of the event loop goes along.
      setImmediate(() => {
        this.#turnEnds = false;
        this.#send();
      });
    });
  }

  #maySend(): boolean {
    if (this.#waiting.length === 0 || this.#stale > 0 || this.#gathering !== undefined) return false;
    const worthwhile = this.#neighbours.present ? this.limits.callRecords : flight.records;
    return this.#inFlight === 0 || (this.#inFlight < flight.calls && this.#waitingRecords >= worthwhile);
  }

  /** A call was answered: what waits is sent now, or with those who got the answer. */
  #resume(answered: number): void {
    if (!this.#neighbours.present || this.#inFlight > 0 || this.#waitingRecords >= this.limits.callRecords) return this.#send();
    this.#wantedRecords = this.#waitingRecords + Math.ceil(answered * gathering.share);
    this.#gathering ??= setTimeout(() => this.#gathered(), gathering.mostMs);
  }

  #gathered(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#send();
  }

  #send(): void {
    while (this.#maySend()) {
      this.#inFlight += 1;
      const before = this.#last;
      // The next call is on its way before this one is answered: Redis works while the answers are written.
      this.#last = this.#call(this.#takeCall(), before).then(({ records, tell }) => {
        this.#inFlight -= 1;
        this.#resume(records);
        tell();
      });
    }
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
  async #call(calls: Waiting[], before: Promise<void>): Promise<Answered> {
    let held = false;
    // Nothing overtakes a call that has to look at the topology first: those before it end, those after it wait.
    const refresh = async (): Promise<void> => {
      if (!held) this.#stale += 1;
      held = true;
      await before;
      await this.topology.refresh();
    };
    try {
      let open = calls;
      for (let attempt = 0; attempt < staleAttempts; attempt += 1) {
        if (attempt > 0 || this.topology.version === undefined) await refresh();
        const routed: RoutedRecord[] = [];
        const units: UnitShape[] = [];
        const refused = this.#route(open, routed, units);
        if (refused.size > 0) {
          // A name that is unknown here may have been confirmed by the API a moment ago.
          const known = this.topology.version;
          if (attempt === 0) await refresh();
          if (this.topology.version !== known) continue;
          open = open.filter((waiting) => !refused.has(waiting));
          for (const [waiting, error] of refused) waiting.reject(error);
          if (open.length === 0) return { records: 0, tell: () => undefined };
        }
        const stored = await this.store.publish(this.ns, { topologyVersion: this.topology.version as string, cause: 'publish', records: routed, units });
        if (stored === 'stale') continue;
        this.#neighbours.note(stored, routed.length);
        return { records: routed.length, tell: () => tell(open, routed, units, stored) };
      }
      throw new WaybillError('gateway_overloaded', { retryAfterSeconds: 1 });
    } catch (error) {
      return { records: 0, tell: () => calls.forEach(({ reject }) => reject(error)) };
    } finally {
      if (held) this.#stale -= 1;
    }
  }

  /** Routes the records of all units into `routed`; returns the units that cannot be routed, with the reason. */
  #route(open: readonly Waiting[], routed: RoutedRecord[], units: UnitShape[]): Map<Waiting, unknown> {
    const refused = new Map<Waiting, unknown>();
    const { table } = this.topology;
    for (const waiting of open) {
      const { unit } = waiting;
      const first = routed.length;
      try {
        for (let i = 0; i < unit.records.length; i += 1) {
          const { bytes, kib, key, meteredBytes, ownId } = unit.records[i] as EncodedRecord;
          const route = unit.route(table, i);
          routed.push({ bytes, kib, key, meteredBytes, ownId, route, extra: unit.extra(i, route) });
        }
        units.push({ first, count: unit.records.length, atomic: unit.atomic, publishedBy: unit.publishedBy, idempotency: unit.idempotency });
      } catch (error) {
        routed.length = first;
        refused.set(waiting, error);
      }
    }
    return refused;
  }
}

function tell(open: readonly Waiting[], routed: readonly RoutedRecord[], units: readonly UnitShape[], stored: Stored): void {
  for (const [index, { resolve, reject }] of open.entries()) {
    try {
      resolve(resultsOf(units[index] as UnitShape, index, routed, stored));
    } catch (error) {
      reject(error);
    }
  }
}
