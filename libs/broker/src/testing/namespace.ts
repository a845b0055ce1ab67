import { randomBytes } from 'node:crypto';
import type { NamespaceId } from '@waybill/kernel';
import { testServer } from '@waybill/testing';
import type { MessageProperties } from '../message.js';
import { emptyHeaders } from '../record.js';
import type { Redis } from '../redis/connection.store.js';
import { openRedis, whenReady } from '../redis/connection.store.js';
import { queueSettings } from '../queue-settings.js';
import { keys, queueKeys } from '../redis/keys.js';
import { MessageStore } from '../redis/message.store.js';
import { QueueStore } from '../redis/queue.store.js';
import type { QueueRef } from '../redis/queue.store.js';
import { SnapshotStore } from '../redis/snapshot.store.js';
import { Publisher } from '../publisher.js';
import { TopologyCache } from '../topology-cache.js';
import { setTestClock, withTestClock } from './test-clock.js';
import { snapshotField } from '../topology-change.js';
import type { QueueDefinition, TopologyChange } from '../topology-change.js';

export const plain = (key = '', headers: Readonly<Record<string, string>> = emptyHeaders): MessageProperties => ({ key, contentType: 'text/plain', priority: 0, headers });

/** A namespace of its own on a real Redis, with its topology written as the control plane writes it. */
export class TestNamespace {
  readonly ns = `ns_${randomBytes(8).toString('hex')}` as NamespaceId;
  #version = 0;

  readonly redis: Redis;

  private constructor(
    private readonly connection: Redis,
    ownClock: boolean,
  ) {
    this.redis = ownClock ? withTestClock(connection, this.ns) : connection;
  }

  /** With `startMs` the scripts have a clock of their own that starts there and moves by {@link setClock} alone. */
  static async open({ startMs }: { startMs?: number } = {}): Promise<TestNamespace> {
    const redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    const space = new TestNamespace(redis, startMs !== undefined);
    if (startMs !== undefined) await space.setClock(startMs);
    return space;
  }

  async setClock(nowMs: number): Promise<void> {
    await setTestClock(this.connection, this.ns, nowMs);
  }

  get queues(): QueueStore {
    return new QueueStore(this.redis);
  }

  publisher(): Publisher {
    return new Publisher(new TopologyCache(new SnapshotStore(this.redis)), new MessageStore(this.redis));
  }

  async change(...changes: TopologyChange[]): Promise<void> {
    this.#version += 1;
    const many = this.redis.multi();
    for (const change of changes) {
      if ('put' in change) {
        const definition = change.put === 'exchange' ? change.exchange : change.put === 'queue' ? change.queue : change.binding;
        many.hset(keys.topology(this.ns), snapshotField(change), JSON.stringify(definition));
        if (change.put === 'queue') {
          many.hset(keys.queue(this.ns, change.queue.id), ...queueSettings(change.queue));
        }
      } else {
        many.hdel(keys.topology(this.ns), snapshotField(change));
        if (change.drop === 'queue') many.unlink(...queueKeys(this.ns, change.id));
      }
    }
    many.hset(keys.topology(this.ns), 'version', this.#version);
    many.xadd(keys.topologyChanges(this.ns), `${this.#version}-0`, 'ops', JSON.stringify(changes));
    await many.exec();
  }

  /** A queue with a lease of 30 s unless said otherwise. */
  async queue(name: string, settings: Partial<Omit<QueueDefinition, 'id' | 'name'>> = {}): Promise<QueueRef> {
    const id = `q_${randomBytes(6).toString('hex')}`;
    await this.change({ put: 'queue', queue: { kind: 'standard', leaseMs: 30_000, deliveryLimit: null, ...settings, id, name } });
    return { ns: this.ns, id, name };
  }

  async usage(): Promise<Record<string, number>> {
    const fields = await this.redis.hgetall(keys.openUsage(this.ns));
    const sums: Record<string, number> = {};
    for (const [field, value] of Object.entries(fields)) {
      const [, dimension, cause, resource] = field.split('|');
      sums[`${dimension} ${cause} ${resource}`] = (sums[`${dimension} ${cause} ${resource}`] ?? 0) + Number(value);
    }
    return sums;
  }

  async close(): Promise<void> {
    for (let cursor = '0'; ; ) {
      const [next, found] = await this.redis.scan(cursor, 'MATCH', `{${this.ns}}*`, 'COUNT', 1000);
      if (found.length > 0) await this.redis.unlink(...found);
      if ((cursor = next) === '0') break;
    }
    this.connection.disconnect();
  }
}
