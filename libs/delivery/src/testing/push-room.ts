import { randomBytes } from 'node:crypto';
import { keys, MessageStore, Publisher, PushAttemptStream, PushStore, queueSettings, QueueStore, snapshotField, SnapshotStore, TopologyCache } from '@waybill/broker';
import type { MessageProperties, QueueDefinition, QueueRef } from '@waybill/broker';
import type { LogFacts, NamespaceId, QueueId, SubscriptionId } from '@waybill/kernel';
import { silentLogger, systemClock } from '@waybill/kernel';
import { openTestRedis } from '@waybill/testing';
import type { PushAlert } from '../attempts/attempt-reader.js';
import { decodeAttempts } from './attempts.js';
import type { Attempt } from '../attempts/attempt.js';
import type { Answer, Call } from '../destination.js';
import { PushEngine } from '../push/push-engine.js';
import type { PushParts } from '../push/push-ports.js';
import type { DeliverySettings } from '../subscription.js';
import type { ActiveSubscription } from '../subscriptions/subscription-feed.js';
import { answerOf, subscriptionOf } from './push.js';

type TestRedis = Awaited<ReturnType<typeof openTestRedis>>;

/** One queue with one subscription on a real Redis, a destination that answers as told, and as many engines as wanted. */
export class PushRoom {
  readonly calls: (Call & { readonly bodies: readonly string[] })[] = [];
  /** Most calls under way at once. */
  most = 0;
  readonly alerts: PushAlert[] = [];
  readonly failing: (number | null)[] = [];
  readonly disabled: string[] = [];
  readonly logged: [string, LogFacts | undefined][] = [];
  readonly woken: string[] = [];
  answer: (call: Call) => Promise<Answer> | Answer = () => answerOf('delivered');
  active: ActiveSubscription;
  #underWay = 0;

  private constructor(
    readonly redis: TestRedis,
    readonly queue: QueueRef,
    delivery: Partial<DeliverySettings>,
  ) {
    const id = `sub_${randomBytes(6).toString('hex')}` as SubscriptionId;
    this.active = { failingSinceMs: null, subscription: subscriptionOf(delivery, { id, namespaceId: queue.ns, queueId: queue.id as QueueId, queue: queue.name }) };
  }

  static async open(delivery: Partial<DeliverySettings> = {}, settings: Partial<QueueDefinition> = {}): Promise<PushRoom> {
    const redis = await openTestRedis();
    const ns = `ns_${randomBytes(8).toString('hex')}` as NamespaceId;
    const queue: QueueDefinition = { kind: 'standard', leaseMs: 30_000, deliveryLimit: 10, id: `q_${randomBytes(6).toString('hex')}`, name: 'work', ...settings };
    await redis.hset(keys.topology(ns), 'version', 1, snapshotField({ put: 'queue', queue }), JSON.stringify(queue));
    await redis.hset(keys.queue(ns, queue.id), ...queueSettings(queue));
    return new PushRoom(redis, { ns, id: queue.id, name: queue.name }, delivery);
  }

  get id(): SubscriptionId {
    return this.active.subscription.id;
  }

  engine(more: Partial<PushParts> = {}): PushEngine {
    const known = {
      get: (id: SubscriptionId) => (id === this.id ? this.active : undefined),
      onQueue: (queueId: string) => (queueId === this.queue.id ? [this.id] : []),
      refresh: async () => undefined,
    };
    const say = async (id: SubscriptionId) => void this.woken.push(id);
    const note = (event: string, facts?: LogFacts) => void this.logged.push([event, facts]);
    return new PushEngine(known, { wake: say, hasten: say, crowded: async () => false }, {
      queues: new PushStore(this.redis), clock: systemClock, timers: systemClock, logger: { ...silentLogger, warn: note, error: note }, attemptLimitBytes: 1_000_000, random: () => 0.5,
      senders: { open: async () => ({ send: (call) => this.#send(call), close: async () => undefined }) },
      bodies: async () => undefined,
      health: { failing: async (_of, sinceMs) => void this.failing.push(sinceMs), disable: async (_of, reason) => void this.disabled.push(reason) },
      alerts: { addAlert: async (_ns, alert) => this.alerts.push(alert) > 0 },
      notices: { notify: async () => undefined },
      meter: { called: () => undefined, waited: () => undefined, alerted: () => undefined },
      ...more,
    });
  }

  async publish(bodies: readonly string[], properties: Partial<MessageProperties> = {}): Promise<void> {
    const publisher = new Publisher(new TopologyCache(new SnapshotStore(this.redis)), new MessageStore(this.redis));
    await publisher.publish(this.queue.ns, { queue: 'work' }, bodies.map((body) => ({ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {}, ...properties }, body: Buffer.from(body) })));
  }

  figures(): ReturnType<QueueStore['figures']> {
    return new QueueStore(this.redis).figures(this.queue);
  }

  get bodies(): string[] {
    return this.calls.flatMap(({ bodies }) => bodies);
  }

  async attempts(): Promise<Attempt[]> {
    const entries = await new PushAttemptStream(this.redis).read(this.queue.ns, '0', 10_000);
    return entries.flatMap(({ subscriptionId, attempts }) => decodeAttempts(subscriptionId as SubscriptionId, attempts) ?? []);
  }

  async counted(): Promise<number> {
    const usage = await this.redis.hgetall(keys.openUsage(this.queue.ns));
    return Object.entries(usage).reduce((sum, [field, count]) => sum + (field.endsWith(`|mq_push_attempts|push|${this.id}`) ? Number(count) : 0), 0);
  }

  async close(): Promise<void> {
    const found = await this.redis.keys(`{${this.queue.ns}}*`);
    if (found.length > 0) await this.redis.unlink(...found);
    this.redis.disconnect();
  }

  async #send(call: Call): Promise<Answer> {
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    this.calls.push({ ...call, bodies: call.messages.map(({ body }) => Buffer.from(body).toString()) });
    try {
      return await this.answer(call);
    } finally {
      this.#underWay -= 1;
    }
  }
}
