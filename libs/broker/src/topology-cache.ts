import type { NamespaceId } from '@waybill/kernel';
import { RoutingTable } from './routing/routing-table.js';
import type { SnapshotStore } from './redis/snapshot.store.js';

/** The compiled topology of one namespace, at one version. */
export class NamespaceTopology {
  #table = new RoutingTable();
  #version: string | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly ns: NamespaceId,
    private readonly snapshots: SnapshotStore,
  ) {}

  get table(): RoutingTable {
    return this.#table;
  }

  /** Undefined before the first load. */
  get version(): string | undefined {
    return this.#version;
  }

  /**
   * Catches up with what is published. A call made while one is under way waits for a fresh one, which all such
   * calls share: what was published before the call is always seen after it.
   */
  refresh(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#catchUp().finally(() => (this.#running = undefined));
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.refresh();
      });
    return this.#next;
  }

  async #catchUp(): Promise<void> {
    if (this.#version !== undefined) {
      const published = await this.snapshots.version(this.ns);
      if (published === this.#version) return;
      const part = await this.snapshots.changesSince(this.ns, this.#version);
      if (part) {
        this.#table.apply(part.changes);
        this.#version = part.version;
        return;
      }
    }
    const whole = await this.snapshots.load(this.ns);
    const table = new RoutingTable();
    table.apply(whole.changes);
    this.#table = table;
    this.#version = whole.version;
  }
}

/** Topologies of the namespaces seen lately; the one unused longest leaves first. */
export class TopologyCache {
  readonly #known = new Map<NamespaceId, NamespaceTopology>();

  constructor(
    private readonly snapshots: SnapshotStore,
    private readonly capacity = 10_000,
  ) {}

  get(ns: NamespaceId): NamespaceTopology {
    const known = this.#known.get(ns);
    if (known) {
      // Insertion order is the order of use: put it last again, but not on every message.
      if (this.#known.size > this.capacity / 2) {
        this.#known.delete(ns);
        this.#known.set(ns, known);
      }
      return known;
    }
    if (this.#known.size >= this.capacity) {
      const [oldest] = this.#known.keys();
      if (oldest) this.#known.delete(oldest);
    }
    const topology = new NamespaceTopology(ns, this.snapshots);
    this.#known.set(ns, topology);
    return topology;
  }
}
