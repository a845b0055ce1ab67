import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createConnections } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MessageStore, Publisher, QueueStore, SnapshotStore, TopologyCache } from '@waybill/broker';
import { AttemptReader, AttemptSearchStore, destinationKinds, openEgress, openMailParts, openSubscriptions, SecretBox } from '@waybill/delivery';
import type { OpenSubscriptions } from '@waybill/delivery';
import { newId, silentLogger } from '@waybill/kernel';
import { loadConfig } from '@waybill/platform';
import type { Config, RunningService } from '@waybill/platform';
import { openTopology } from '@waybill/topology';
import { Queue } from 'bullmq';
import { eventually, freshDatabase, MovedClock, newHome, openTestRedis } from '@waybill/testing';
import type { FreshDatabase, Home } from '@waybill/testing';
import { pushGraceMs, stopsWithinMs } from './job-runs.service.js';
import { jobNames, jobsPrefix } from './jobs.js';
import { pushQueueName } from './push-jobs.js';
import { startWorker } from './start-worker.js';

/** How long a turn stays that found nothing more. */
const lingersMs = 2_000;

/** A worker serves every namespace of its Redis: it gets a logical database that no other spec counts in. */
function ownRedisUrl(): string {
  const url = new URL(process.env['WAYBILL_TEST_REDIS_URL'] ?? 'redis://unset');
  url.pathname = '/14';
  return url.href;
}

let fresh: FreshDatabase;
let redis: Awaited<ReturnType<typeof openTestRedis>>;
let config: Config;
let home: Home;
let rooms: OpenSubscriptions;
let server: Server;
let received: string[];
let status: number;
let clock: MovedClock;
const running: RunningService[] = [];

beforeAll(async () => {
  fresh = await freshDatabase();
  redis = await openTestRedis({ url: ownRedisUrl() });
  config = loadConfig({ DATABASE_URL: fresh.url, REDIS_URL: ownRedisUrl(), WORKER_PORT: '0', RECLAIM_SECONDS: '0.2', NODE_ENV: 'test', EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1024-65535' });
  const kinds = destinationKinds({ egress: openEgress({ allow: config.egressAllow, ports: config.egressPorts }), mail: openMailParts(config, redis, silentLogger) });
  rooms = openSubscriptions({ database: fresh.database, redis, kinds, box: new SecretBox(config.secretsKeys), logger: silentLogger });
});
afterAll(async () => {
  for (const name of [...jobNames, pushQueueName]) {
    const queue = new Queue(name, { connection: redis, prefix: jobsPrefix });
    await queue.obliterate({ force: true });
    await queue.close();
  }
  redis?.disconnect();
  await fresh?.drop();
});
beforeEach(async () => {
  home = await newHome(fresh.database);
  [received, status, clock] = [[], 200, new MovedClock()];
  server = createServer((request, reply) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      received.push(Buffer.concat(parts).toString());
      reply.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.close()));
  server.closeAllConnections();
  server.close();
});

async function start(logger = silentLogger): Promise<void> {
  running.push(await startWorker(config, logger, clock));
}

async function subscribe(name = 'hook', queue = 'work'): Promise<void> {
  const topology = openTopology({ database: fresh.database, redis, logger: silentLogger });
  await topology.service.putQueue(home.caller, home.namespaceId, queue, { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 });
  await rooms.subscriptions.put(home.caller, home.namespaceId, name, {
    queue, kind: 'webhook', description: '', customer: null, secrets: {}, delivery: { scheduleSeconds: [0, 60] },
    settings: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, format: 'raw' },
  });
}

const publish = (...bodies: string[]) => publishTo('work', ...bodies);

async function publishTo(queue: string, ...bodies: string[]): Promise<void> {
  const publisher = new Publisher(new TopologyCache(new SnapshotStore(redis)), new MessageStore(redis));
  await publisher.publish(home.namespaceId, { queue }, bodies.map((body) => ({ properties: { key: '', contentType: 'text/plain', priority: 0, headers: {} }, body: Buffer.from(body) })));
}

const attempts = async () => (await new AttemptReader(new AttemptSearchStore(fresh.database)).search(home.caller, home.namespaceId, { limit: 1_000 })).attempts;

/** What takes everything it is sent, by HTTP or SMTP. */
function speakWith(socket: Socket, kind: 'webhook' | 'mail'): void {
  if (kind === 'webhook') {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    return;
  }
  socket.write('220 ready\r\n');
  socket.on('data', (bytes: Buffer) => {
    const text = bytes.toString();
    if (/^DATA\r\n/.test(text)) socket.write('354 go on\r\n');
    else if (/^(EHLO|MAIL|RCPT|QUIT|RSET)/.test(text) || text.endsWith('\r\n.\r\n')) socket.write('250 ok\r\n');
  });
}

/** Subscriptions that the workers are at now. */
async function turns(): Promise<number> {
  const figures = await Promise.all(running.map(({ metrics }) => metrics.getSingleMetric('waybill_push_turns')!.get()));
  return figures.reduce((sum, { values }) => sum + Number(values[0]?.value ?? 0), 0);
}

/** A turn that found nothing more stays for a while, looks once more, and ends. */
async function everyTurnHasEnded(): Promise<void> {
  await eventually(async () => {
    const lingering = await turns();
    if (lingering > 0) clock.advance(lingersMs);
    expect(lingering).toBe(0);
  });
}

describe('push delivery by workers', () => {
  it('delivers at the publish, not at the next sweep, whether a worker has the subscription or its turn has ended, and stores the attempts', async () => {
    await Promise.all([start(), start()]);
    await subscribe();
    for (let i = 0; i < 8; i += 1) {
      // By turns while one lingers, and in the moment in which it has ended.
      if (i % 2 === 0) await everyTurnHasEnded();
      await publish(`m${i}`);
      await eventually(() => expect(received).toHaveLength(i + 1));
    }
    await eventually(async () => expect(await attempts()).toHaveLength(8));
  });

  it('calls no more once a worker has heard of a pause, and goes on at the resume', async () => {
    await start();
    await subscribe();
    await publish('a');
    await eventually(() => expect(received).toEqual(['a']));
    await rooms.subscriptions.pause(home.caller, home.namespaceId, { name: 'hook' });
    // Changes are read in their order: a worker that knows of the second subscription knows of the pause.
    await subscribe('witness', 'after');
    await publishTo('after', 'w1');
    await eventually(() => expect(received).toEqual(['a', 'w1']));
    await publish('b', 'c');
    await publishTo('after', 'w2');
    await eventually(() => expect(received).toEqual(['a', 'w1', 'w2']));
    await rooms.subscriptions.resume(home.caller, home.namespaceId, { name: 'hook' });
    await eventually(() => expect([...received].sort()).toEqual(['a', 'b', 'c', 'w1', 'w2']));
  });

  it('disables a destination that is gone, writes to the owner, and delivers what stayed when it is enabled', async () => {
    const noMailServer: unknown[] = [];
    await start({ ...silentLogger, warn: (event, facts) => void (event === 'mail.not_configured' && noMailServer.push(facts)) });
    const { tenantId } = home.caller;
    await fresh.database.asSystem(async (tx) => {
      const { id: userId } = await tx.user.create({ data: { id: newId('user'), email: `${tenantId}@example.com`, passwordHash: '' } });
      await tx.membership.create({ data: { tenantId, userId, role: 'owner' } });
    });
    await subscribe();
    status = 410;
    await publish('a');
    const state = async () => (await rooms.subscriptions.get(home.caller, home.namespaceId, { name: 'hook' })).state;
    await eventually(async () => expect(await state()).toBe('disabled'));
    await eventually(() => expect(noMailServer).toEqual([{ about: 'subscription_alert', subject: 'Waybill: subscription hook was disabled' }]));
    status = 200;
    await rooms.subscriptions.enable(home.caller, home.namespaceId, { name: 'hook' });
    await eventually(() => expect(received).toEqual(['a', 'a']));
  });

  it('finds work for which there is no job, because Redis of the jobs was lost', async () => {
    await subscribe();
    await publish('a');
    await start();
    await eventually(() => expect(received).toEqual(['a']));
  });

  it('leaves the rest of a queue to another worker when it stops', async () => {
    await start();
    await subscribe();
    await publish(...Array.from({ length: 500 }, (_, i) => `m${i}`));
    await eventually(() => expect(received.length).toBeGreaterThan(10));
    await Promise.all([start(), running[0]!.close()]);
    await eventually(() => expect(new Set(received).size).toBe(500));
    expect(received).toHaveLength(500);
  });

  it.each(['webhook', 'mail'] as const)('closes within its grace while a %s hangs; what was under way goes to the next worker under the same id', async (kind) => {
    let speaks = false;
    const sockets = new Set<Socket>();
    const destination = createConnections((socket) => {
      sockets.add(socket.on('error', () => undefined));
      if (speaks) speakWith(socket, kind);
      else if (kind === 'mail') socket.write('220 ready\r\n');
    });
    await new Promise<void>((resolve) => destination.listen(0, '127.0.0.1', resolve));
    const { port } = destination.address() as AddressInfo;
    const topology = openTopology({ database: fresh.database, redis, logger: silentLogger });
    const { queue: { id } } = await topology.service.putQueue(home.caller, home.namespaceId, 'work', { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 });
    const settings = kind === 'webhook' ? { url: `http://127.0.0.1:${port}/` } : { to: ['ops@example.com'], server: { host: '127.0.0.1', port, security: 'none' } };
    await rooms.subscriptions.put(home.caller, home.namespaceId, 'hangs', {
      queue: 'work', kind, settings, description: '', customer: null, secrets: {}, delivery: { scheduleSeconds: [0, 0, 0], timeoutSeconds: 60 },
    });
    await start();
    const connected = new Promise((resolve) => destination.once('connection', resolve));
    await publish('m');
    await connected;

    const startMs = clock.nowMs();
    const closed = running.splice(0)[0]!.close();
    await eventually(() => expect(clock.waits()).toContain(pushGraceMs));
    clock.advance(pushGraceMs);
    await closed;
    expect(clock.nowMs() - startMs).toBeLessThan(stopsWithinMs);
    expect(await new QueueStore(redis).figures({ ns: home.namespaceId, id, name: 'work' })).toMatchObject({ ready: 1, leased: 0, delayed: 0, dead: 0 });

    speaks = true;
    await start();
    const made = await eventually(async () => {
      const found = await attempts();
      expect(found.map(({ outcome, reason }) => reason ?? outcome)).toEqual(['delivered', 'aborted']);
      return found;
    });
    expect(new Set(made.map(({ messageId }) => messageId)).size).toBe(1);
    for (const socket of sockets) socket.destroy();
    destination.close();
  });
});
