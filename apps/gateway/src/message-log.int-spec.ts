import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, MessageLogStore } from '@waybill/broker';
import { getMessageTimeline, searchMessageLog } from '@waybill/contracts';
import { DataTokens, KeyDirectory, PublishedKeyStore } from '@waybill/identity';
import { Secret, silentLogger, systemClock } from '@waybill/kernel';
import type { Permission } from '@waybill/kernel';
import { loadConfig, ProblemReply } from '@waybill/platform';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, testServer } from '@waybill/testing';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Authenticator } from './authenticate.js';
import { wireBroker } from './broker-wiring.js';
import type { BrokerWiring } from './broker-wiring.js';
import { MessageLog } from './message-log.js';
import { messageLogRoutes } from './message-log.routes.js';

const message = (key: string) => ({ properties: { key, contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from('hello') });

describe('the doors of the message log', () => {
  let fresh: FreshDatabase;
  let broker: BrokerWiring;
  let server: FastifyInstance;
  let home: Home;
  let queueId: string;
  const tokens = new DataTokens(new Secret('x'.repeat(40)), systemClock);

  function serve(databaseUrl: string): FastifyInstance {
    const app = fastify();
    const problems = new ProblemReply(silentLogger);
    app.setErrorHandler((error, request, reply) => problems.send(error, request, reply));
    const authenticator = new Authenticator(new KeyDirectory(new PublishedKeyStore(broker.redis)), tokens, systemClock);
    void app.register(messageLogRoutes({ broker, authenticator, log: new MessageLog({ databaseUrl: new Secret(databaseUrl) }, broker.redis, silentLogger) }));
    return app;
  }

  beforeAll(async () => {
    fresh = await freshDatabase();
    broker = await wireBroker(loadConfig({ REDIS_URL: testServer('WAYBILL_TEST_REDIS_URL'), NODE_ENV: 'test' }), silentLogger);
    server = serve(fresh.url);
  });
  afterAll(async () => {
    await server?.close();
    broker?.close();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
    queueId = `q_${randomBytes(6).toString('hex')}`;
    const { namespaceId, caller } = home;
    await fresh.database.asSystem((tx) => tx.queue.create({ data: { id: queueId, tenantId: caller.tenantId, namespaceId, name: 'mail', kind: 'standard', leaseSeconds: 30 } }));
    const queue = { id: queueId, name: 'mail', kind: 'standard', leaseMs: 30_000, deliveryLimit: null };
    await broker.redis.hset(keys.queue(namespaceId, queueId), 'name', 'mail', 'kind', 'standard', 'leaseMs', 30_000, 'deliveryLimit', 0);
    await broker.redis.hset(keys.topology(namespaceId), 'version', 1, 'q:mail', JSON.stringify(queue));
  });

  const publish = async (key: string) => (await broker.publisher.publish(home.namespaceId, { queue: 'mail' }, [message(key)], { publishedBy: 'key1' }))[0]!.id;
  async function drain(): Promise<void> {
    // As the gateway does: it is not loaded at start.
    const { MessageLogDrain, SegmentStore } = await import('@waybill/message-log');
    await new MessageLogDrain(new MessageLogStore(broker.redis), new SegmentStore(fresh.database), silentLogger).drain(home.namespaceId);
  }
  async function get(path: string, { app = server, permissions = ['messages:read'] }: { app?: FastifyInstance; permissions?: readonly Permission[] } = {}) {
    const { token } = tokens.issue({ ...home.caller, permissions: new Set(permissions) }, home.namespaceId);
    const answer = await app.inject({ method: 'GET', url: `/v1${path}`, headers: { authorization: `Bearer ${token}` } });
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
  }

  it('show a message that was just published, and the same after it was stored', async () => {
    const id = await publish('order.paid');
    const look = async () => {
      const { status, body } = await get(`/messages/${id}`);
      expect(status).toBe(200);
      return getMessageTimeline.reply!.parse(body);
    };
    const fresh = await look();
    expect(fresh.events).toEqual([
      expect.objectContaining({ event: 'published', messageId: id, key: 'order.paid', bytes: expect.any(Number), holder: 'key1', queue: null, exchange: null }),
      expect.objectContaining({ event: 'routed', messageId: id, queue: 'mail', queueId, key: null }),
    ]);
    expect(Date.parse(fresh.completeUntil!)).toBeGreaterThanOrEqual(Date.parse(fresh.events[1]!.at));
    await drain();
    expect((await look()).events).toEqual(fresh.events);
  });

  it('search by queue, key, event and time, and page with a token', async () => {
    for (const key of ['order.paid', 'order.sent', 'ping']) await publish(key);
    const find = async (query: string) => searchMessageLog.reply!.parse((await get(`/messages?${query}`)).body);
    const keysOf = ({ items }: { items: readonly { key: string | null }[] }) => items.map(({ key }) => key);
    expect(keysOf(await find('event=published'))).toEqual(['ping', 'order.sent', 'order.paid']);
    expect(keysOf(await find('event=published&key=order.*'))).toEqual(['order.sent', 'order.paid']);
    expect((await find('queue=mail')).items).toHaveLength(3);
    const first = await find('event=published&limit=2');
    expect(keysOf(first)).toEqual(['ping', 'order.sent']);
    const rest = await find(`event=published&limit=2&after=${first.next}`);
    expect(keysOf(rest)).toEqual(['order.paid']);
    expect(rest.next).toBeNull();
    expect((await find(`from=${new Date(Date.now() + 3_600_000).toISOString()}`)).items).toEqual([]);
  });

  it.each([
    ['/messages/msg_00000000000', 404, 'message_not_found'],
    ['/messages?queue=absent', 404, 'queue_not_found'],
    ['/messages?after=nonsense', 400, 'page_token_invalid'],
    ['/messages?event=exploded', 400, 'request_invalid'],
    ['/messages?from=yesterday', 400, 'request_invalid'],
  ])('answer %s with %i %s', async (path, status, code) => {
    await publish('k');
    expect(await get(path)).toMatchObject({ status, body: { code } });
  });

  it('say that the log is off', async () => {
    await broker.redis.hset(keys.topology(home.namespaceId), 'log', 'off');
    const id = await publish('k');
    expect(await get(`/messages/${id}`)).toMatchObject({ body: { code: 'message_log_off' } });
    expect(await get('/messages')).toMatchObject({ body: { code: 'message_log_off' } });
  });

  it('are closed to who may not read messages', async () => {
    const id = await publish('k');
    for (const path of [`/messages/${id}`, '/messages']) {
      expect(await get(path, { permissions: ['messages:publish'] })).toMatchObject({ status: 403, body: { code: 'permission_missing' } });
    }
  });

  it('say that the database is away, while messages go on', async () => {
    const id = await publish('k');
    const away = serve('postgresql://nobody@127.0.0.1:1/none');
    try {
      expect(await get(`/messages/${id}`, { app: away })).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
      expect(await get('/messages', { app: away })).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
      await expect(publish('still')).resolves.toMatch(/^msg_/);
    } finally {
      await away.close();
    }
  });

  it('need no database to open and close', async () => {
    const idle = serve('postgresql://nobody@127.0.0.1:1/none');
    await idle.ready();
    await idle.close();
  });
});
