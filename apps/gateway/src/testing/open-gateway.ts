import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { keys, MessageStore, openRedis, Publisher, queueSettings, SnapshotStore, snapshotField, TopologyCache, whenReady } from '@waybill/broker';
import type { QueueDefinition, QueueRef, Redis, TopologyChange } from '@waybill/broker';
import { DataTokens, KeyDirectory, PublishedKeyStore } from '@waybill/identity';
import { HeldClock, silentLogger, systemClock, WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId, Permission, TenantId } from '@waybill/kernel';
import { loadConfig, ProblemReply } from '@waybill/platform';
import { testServer } from '@waybill/testing';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Authenticator } from '../authenticate.js';
import { wireBroker } from '../broker-wiring.js';
import type { BrokerWiring } from '../broker-wiring.js';
import { registerConsuming } from '../consuming.js';

const all: readonly Permission[] = ['messages:publish', 'messages:consume'];

/** A namespace of its own on a real Redis, with its topology written as the control plane writes it. */
export class TestSpace {
  readonly ns = `ns_${randomBytes(8).toString('hex')}` as NamespaceId;
  #version = 0;

  private constructor(readonly redis: Redis) {}

  static async open(): Promise<TestSpace> {
    const redis = openRedis(testServer('WAYBILL_TEST_REDIS_URL'), 'commands');
    await whenReady(redis);
    return new TestSpace(redis);
  }

  /** A queue with a lease of 30 s and no delivery limit unless said otherwise. */
  async queue(name: string, settings: Partial<Omit<QueueDefinition, 'id' | 'name'>> = {}): Promise<QueueRef> {
    const queue: QueueDefinition = { kind: 'standard', leaseMs: 30_000, deliveryLimit: null, ...settings, id: `q_${randomBytes(6).toString('hex')}`, name };
    await this.redis.hset(keys.queue(this.ns, queue.id), ...queueSettings(queue));
    await this.change({ put: 'queue', queue });
    return { ns: this.ns, id: queue.id, name };
  }

  async dropQueue({ name, id }: QueueRef): Promise<void> {
    await this.redis.unlink(keys.queue(this.ns, id), keys.messages(this.ns, id));
    await this.change({ drop: 'queue', name, id });
  }

  async publish(queue: string, ...bodies: readonly (string | Buffer)[]): Promise<string[]> {
    const publisher = new Publisher(new TopologyCache(new SnapshotStore(this.redis)), new MessageStore(this.redis));
    const messages = bodies.map((body) => ({ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from(body) }));
    return (await publisher.publish(this.ns, { queue }, messages)).map(({ id }) => id);
  }

  async close(): Promise<void> {
    for (let cursor = '0'; ; ) {
      const [next, found] = await this.redis.scan(cursor, 'MATCH', `{${this.ns}}*`, 'COUNT', 1000);
      if (found.length > 0) await this.redis.unlink(...found);
      if ((cursor = next) === '0') break;
    }
    this.redis.disconnect();
  }

  async change(...changes: readonly TopologyChange[]): Promise<void> {
    this.#version += 1;
    const many = this.redis.multi();
    for (const change of changes) {
      if ('put' in change) many.hset(keys.topology(this.ns), snapshotField(change), JSON.stringify(change.put === 'queue' ? change.queue : change.put === 'exchange' ? change.exchange : change.binding));
      else many.hdel(keys.topology(this.ns), snapshotField(change));
    }
    many.hset(keys.topology(this.ns), 'version', this.#version);
    many.xadd(keys.topologyChanges(this.ns), `${this.#version}-0`, 'ops', JSON.stringify(changes));
    await many.exec();
  }
}

/** A gateway's doors for consumers, in this process, on a real Redis. */
export class TestGateway {
  private constructor(
    readonly url: string,
    readonly broker: BrokerWiring,
    private readonly server: FastifyInstance,
    private readonly tokens: DataTokens,
    /** Of the credentials: tokens expire by it. */
    readonly clock: HeldClock,
  ) {}

  static async open({ loadBody }: { loadBody?: () => Promise<Buffer> } = {}): Promise<TestGateway> {
    const config = loadConfig({ REDIS_URL: testServer('WAYBILL_TEST_REDIS_URL'), NODE_ENV: 'test' });
    const broker = await wireBroker(config, silentLogger);
    const clock = new HeldClock(systemClock.nowMs());
    const tokens = new DataTokens(config.dataTokenSecret, clock);
    const authenticator = new Authenticator(new KeyDirectory(new PublishedKeyStore(broker.redis)), tokens, clock);
    const problems = new ProblemReply(silentLogger);
    const server = fastify({ forceCloseConnections: 'idle' });
    server.setErrorHandler((error, request, reply) => problems.send(error, request, reply));
    server.setNotFoundHandler((request, reply) => problems.send(new WaybillError('route_not_found'), request, reply));
    await registerConsuming(server, {
      broker, authenticator, logger: silentLogger, publicUrl: 'http://localhost', inlineLimitBytes: config.inlineLimitBytes,
      known: (error) => (error instanceof WaybillError ? error : new WaybillError('internal_error', {}, { cause: error })),
      onPublished: () => undefined, onDelivered: () => undefined, onSettled: () => undefined,
      loadBody: loadBody ?? (async (_ns, { body }) => body),
      loadBodies: async (_ns, deliveries) => deliveries,
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    return new TestGateway(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`, broker, server, tokens, clock);
  }

  /** A short-lived token of the namespace, ten minutes by `clock`. */
  token(ns: NamespaceId, permissions: readonly Permission[] = all): string {
    const caller: Caller = { actor: { kind: 'user', id: 'usr_1' }, tenantId: 'tnt_1' as TenantId, namespaceId: null, permissions: new Set(permissions) };
    return this.tokens.issue(caller, ns).token;
  }

  async call<T>(token: string, path: string, body: unknown): Promise<{ status: number; body: T }> {
    const answer = await fetch(`${this.url}/v1${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  /** As on SIGTERM. */
  drain(): Promise<undefined> {
    return this.server.close();
  }

  async close(): Promise<void> {
    await this.server.close();
    this.broker.close();
  }
}
