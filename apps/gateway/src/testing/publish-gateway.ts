import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { keys } from '@waybill/broker';
import type { BindingDefinition, ExchangeDefinition } from '@waybill/broker';
import { DataTokens, KeyDirectory, PublishedKeyStore } from '@waybill/identity';
import { silentLogger, systemClock, WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId, Permission, TenantId } from '@waybill/kernel';
import { loadConfig, ProblemReply } from '@waybill/platform';
import { testServer } from '@waybill/testing';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Authenticator } from '../authenticate.js';
import { wireBroker } from '../broker-wiring.js';
import type { BrokerWiring } from '../broker-wiring.js';
import { registerConsuming } from '../consuming.js';
import { registerOperating } from '../operating.js';
import { openLargeBodies, openRateLimits, registerPublishing } from '../publishing.js';
import { TestSpace } from './open-gateway.js';

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Buffer;
}

type Headers = globalThis.Headers;

/** A request that is not whole after this is cut off; a tenth of what it is in earnest, so that exemptions from it show. */
export const requestTimeoutMs = 1_000;

/** A whole gateway in this process, with the limits of a real one, on a real Redis. */
export class PublishGateway {
  published = 0;

  private constructor(
    readonly url: string,
    readonly broker: BrokerWiring,
    private readonly server: FastifyInstance,
    private readonly tokens: DataTokens,
  ) {}

  static async open(settings: Record<string, string> = {}): Promise<PublishGateway> {
    const config = loadConfig({ REDIS_URL: testServer('WAYBILL_TEST_REDIS_URL'), NODE_ENV: 'test', ...settings });
    const broker = await wireBroker(config, silentLogger);
    const tokens = new DataTokens(config.dataTokenSecret, systemClock);
    const rates = openRateLimits(config, broker);
    const bodies = openLargeBodies(config, broker, silentLogger);
    const authenticator = new Authenticator(new KeyDirectory(new PublishedKeyStore(broker.redis)), tokens, systemClock, rates);
    const problems = new ProblemReply(silentLogger);
    const server = fastify({
      bodyLimit: config.inlineLimitBytes, forceCloseConnections: 'idle', requestTimeout: requestTimeoutMs, routerOptions: { maxParamLength: 1_000 },
      http: { connectionsCheckingInterval: 100, headersTimeout: requestTimeoutMs },
    });
    server.setErrorHandler((error, request, reply) => problems.send(error, request, reply));
    const counted = { published: (_messages: number): void => undefined };
    const inlineLimitBytes = config.inlineLimitBytes;
    await registerPublishing(server, { broker, authenticator, bodies, rates, logger: silentLogger, inlineLimitBytes, onPublished: (messages) => counted.published(messages) });
    await registerConsuming(server, {
      broker, authenticator, logger: silentLogger, publicUrl: 'http://localhost', inlineLimitBytes,
      known: (error) => (error instanceof WaybillError ? error : new WaybillError('internal_error', {}, { cause: error })),
      onPublished: () => undefined, onDelivered: () => undefined, onSettled: () => undefined,
      loadBody: (ns, delivery) => bodies.loadBody(ns, delivery),
      loadBodies: (queue, deliveries, settled) => bodies.loadBodies(queue, deliveries, settled),
    });
    await registerOperating(server, { broker, authenticator, inlineLimitBytes, onPublished: () => undefined, loadBody: (ns, entry) => bodies.loadBody(ns, entry) });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const gateway = new PublishGateway(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`, broker, server, tokens);
    counted.published = (messages) => (gateway.published += messages);
    return gateway;
  }

  client(ns: NamespaceId, actor = 'usr_1', permissions: readonly Permission[] = ['messages:publish', 'messages:consume']): PublishClient {
    const caller: Caller = { actor: { kind: 'user', id: actor }, tenantId: 'tnt_1' as TenantId, namespaceId: null, permissions: new Set(permissions) };
    return new PublishClient(this.url, this.tokens.issue(caller, ns).token);
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

/** A gateway that keeps large bodies in a folder of its own, and a namespace with the queue `q`. */
export async function openWithBodies(limits: { readonly inlineBytes: number; readonly largeBytes: number }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'bodies-'));
  const settings = { INLINE_LIMIT_BYTES: String(limits.inlineBytes), LARGE_LIMIT_BYTES: String(limits.largeBytes), BODY_STORE_URL: pathToFileURL(folder).href };
  const [space, gateway] = await Promise.all([TestSpace.open(), PublishGateway.open(settings)]);
  await space.queue('q');
  return {
    folder, space, gateway, client: gateway.client(space.ns),
    async close(): Promise<void> {
      await gateway.close();
      await space.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export class PublishClient {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  async post<T = Record<string, unknown>>(path: string, body: string | Buffer | ReadableStream | undefined, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const answer = await fetch(`${this.url}/v1${path}`, { method: 'POST', headers: { authorization: `Bearer ${this.token}`, ...headers }, body: body instanceof Buffer ? new Uint8Array(body) : (body ?? null), duplex: 'half' } as RequestInit);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const text = bytes.toString();
    const parsed: unknown = /json/.test(answer.headers.get('content-type') ?? '') && !/ndjson/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : {};
    return { status: answer.status, body: parsed as T, headers: answer.headers, text, bytes };
  }

  async receive(queue: string, body: object = {}): Promise<Record<string, unknown>[]> {
    const { body: answer } = await this.post<{ messages: Record<string, unknown>[] }>(`/queues/${queue}/receive`, JSON.stringify({ max: 100, ...body }), { 'content-type': 'application/json' });
    return answer.messages;
  }
}

/** An exchange with one binding per queue. */
export async function exchange(space: TestSpace, name: string, kind: ExchangeDefinition['kind'], bindings: readonly Partial<BindingDefinition>[]): Promise<void> {
  await space.change(
    { put: 'exchange', exchange: { id: `x_${name}`, name, kind } },
    ...bindings.map((binding, index) => ({ put: 'binding' as const, binding: { id: `b_${name}${index}`, source: name, destination: { queue: '' }, pattern: '', headers: {}, match: 'all' as const, ...binding } })),
  );
}

/** What the namespace has counted, `<dimension> <resource>` to amount. */
export async function usage({ redis, ns }: TestSpace): Promise<Record<string, number>> {
  const fields = await redis.hgetall(keys.openUsage(ns));
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [`${field.split('|')[1]} ${field.split('|')[3]}`, Number(value)]));
}
