import { keys } from '@waybill/broker';
import { silentLogger, HeldClock, newId, Secret } from '@waybill/kernel';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { freshDatabase, newHome, openTestRedis } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import type { Redis } from 'ioredis';
import { destinationKinds } from '../destinations/registry.js';
import { SecretBox } from '../secrets/secret-box.js';
import type { SubscriptionInput } from '../subscriptions/definitions.js';
import { openSubscriptions } from '../subscriptions/open-subscriptions.store.js';
import type { OpenSubscriptions } from '../subscriptions/open-subscriptions.store.js';
import { localGuard } from './calls.js';
import { testMailParts } from './mail-parts.js';

export const sealingKeys = new Secret(`test:${Buffer.alloc(32, 7).toString('base64')}`);

/** Subscriptions on real stores, with a clock that stands still. */
export class SubscribedNamespace {
  private constructor(
    readonly fresh: FreshDatabase,
    readonly redis: Redis,
    readonly subscriber: Redis,
    readonly clock: HeldClock,
    readonly open: OpenSubscriptions,
    readonly caller: Caller,
    readonly ns: NamespaceId,
  ) {}

  static async start(mail = testMailParts()): Promise<SubscribedNamespace> {
    const [fresh, redis, subscriber] = await Promise.all([freshDatabase(), openTestRedis(), openTestRedis({ role: 'subscriber' })]);
    const clock = new HeldClock(Date.UTC(2026, 10, 28, 12));
    const open = openSubscriptions({ database: fresh.database, redis, subscriber, clock, logger: silentLogger, box: new SecretBox(sealingKeys), kinds: destinationKinds({ egress: localGuard(), mail }) });
    const { caller, namespaceId } = await newHome(fresh.database);
    return new SubscribedNamespace(fresh, redis, subscriber, clock, open, caller, namespaceId);
  }

  /** As the topology makes one. */
  async queue(name: string, { caller, namespaceId } = { caller: this.caller, namespaceId: this.ns }): Promise<string> {
    const id = newId('queue');
    await this.redis.hset(keys.queue(namespaceId, id), 'kind', 'standard', 'leaseMs', '30000', 'deliveryLimit', '10');
    await this.fresh.database.withTenant(caller.tenantId, (tx) =>
      tx.queue.create({ data: { id, tenantId: caller.tenantId, namespaceId, name, kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 } }),
    );
    return id;
  }

  async deleteQueue(name: string): Promise<void> {
    const { tenantId } = this.caller;
    await this.fresh.database.withTenant(tenantId, (tx) => tx.queue.delete({ where: { tenantId_namespaceId_name: { tenantId, namespaceId: this.ns, name } } }));
  }

  put(name: string, more: Partial<SubscriptionInput> = {}) {
    const input = { queue: 'orders', kind: 'webhook', settings: { url: 'http://127.0.0.1:8080/hook' }, delivery: {}, description: '', customer: null, secrets: {}, ...more };
    return this.open.subscriptions.put(this.caller, this.ns, name, input);
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    this.subscriber.disconnect();
    await this.fresh.drop();
  }
}
