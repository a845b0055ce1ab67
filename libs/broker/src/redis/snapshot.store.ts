import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { TopologyChange } from '../topology-change.js';
import { keys } from './keys.js';
import { storeErrorOf } from './store-error.js';

export interface SnapshotPart {
  readonly version: string;
  readonly changes: TopologyChange[];
}

/** Reads the topology the control plane published. */
export class SnapshotStore {
  constructor(private readonly redis: Redis) {}

  /** The whole topology as changes that build it: exchanges and queues before the bindings. Version `0`: nothing published yet. */
  async load(ns: NamespaceId): Promise<SnapshotPart> {
    const fields = await this.#ask(() => this.redis.hgetall(keys.topology(ns)));
    const nodes: TopologyChange[] = [];
    const bindings: TopologyChange[] = [];
    for (const [field, json] of Object.entries(fields)) {
      if (field.startsWith('x:')) nodes.push({ put: 'exchange', exchange: JSON.parse(json) });
      else if (field.startsWith('q:')) nodes.push({ put: 'queue', queue: JSON.parse(json) });
      else if (field.startsWith('b:')) bindings.push({ put: 'binding', binding: JSON.parse(json) });
    }
    return { version: fields['version'] ?? '0', changes: nodes.concat(bindings) };
  }

  async version(ns: NamespaceId): Promise<string> {
    return (await this.#ask(() => this.redis.hget(keys.topology(ns), 'version'))) ?? '0';
  }

  /** What came after a version, or undefined when the stream of changes does not reach back that far. */
  async changesSince(ns: NamespaceId, version: string): Promise<SnapshotPart | undefined> {
    const entries = await this.#ask(() => this.redis.xrange(keys.topologyChanges(ns), `(${version}-0`, '+'));
    let expected = BigInt(version) + 1n;
    const changes: TopologyChange[] = [];
    for (const [id, [, ops]] of entries) {
      if (id !== `${expected}-0` || ops === undefined) return undefined;
      changes.push(...(JSON.parse(ops) as TopologyChange[]));
      expected += 1n;
    }
    return entries.length === 0 ? undefined : { version: String(expected - 1n), changes };
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}
