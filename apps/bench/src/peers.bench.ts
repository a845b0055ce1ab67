import { startLocalServices, startRabbit } from '../../../scripts/local/stack.mjs';
import { Client } from './client.js';
import { startEcho } from './echo-server.js';
import { slack } from './end-to-end.bench.js';
import { Installation } from './installation.js';
import type { BenchPlan } from './installation.js';
import { drive } from './load.js';
import type { Settings } from './peers/open.js';
import type { Cargo } from './peers/transport.js';
import type { Report, Row } from './report.js';
import type { Scope } from './scope.js';

const single: Omit<Cargo, 'bodyBytes'> = { batch: 1, lanes: 64, consumers: 8, take: 10 };
const hundred: Omit<Cargo, 'bodyBytes'> = { batch: 100, lanes: 8, consumers: 8, take: 100 };
const bodies = [100, 1024];
const warmUpSeconds = 1.5;

interface Peer {
  readonly name: string;
  /** For messages of this size. */
  open(bodyBytes: number): Promise<Client>;
}

/** One table: every peer with the same bodies and the same durability, what was just published consumed, then both at once. No ratios. */
export async function peersBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan);
  const home = await installation.home(['work']);
  const echoUrl = await startEcho(scope);
  const peers: Peer[] = [
    { name: 'Waybill HTTP, single', open: (bodyBytes) => installation.client(home, { ...single, bodyBytes }, 'work') },
    { name: 'Waybill HTTP, batches of 100, CBOR', open: (bodyBytes) => installation.client(home, { ...hundred, bodyBytes }, 'work', { compact: true }) },
    { name: 'Waybill HTTP, batches of 100', open: (bodyBytes) => installation.client(home, { ...hundred, bodyBytes }, 'work') },
    ...(await others(scope)),
  ];
  const rows: Row[] = [];
  for (const bodyBytes of bodies) {
    const { perSecond, p50Ms, p99Ms } = await echo(`${echoUrl}/v1/exchanges/one/messages`, bodyBytes, plan.seconds);
    rows.push({ group: scope.group, name: `publish ${bodyBytes} B, bare Fastify echo`, value: perSecond, unit: 'msg/s', ...(p50Ms === undefined || p99Ms === undefined ? {} : { p50Ms, p99Ms }) });
    for (const peer of peers) rows.push(...(await measure(scope, peer, bodyBytes, plan.seconds)));
  }
  return { rows, ratios: {} };
}

async function others(scope: Scope): Promise<Peer[]> {
  const open = (settings: Settings) => async () => {
    const client = await Client.start(settings);
    scope.defer(() => client.close());
    return client;
  };
  const peers: Peer[] = [];
  const services = await scope.peer('raw Redis, BullMQ and pg-boss', () => startLocalServices({ durable: true, maxMemory: '8gb' }));
  if (services) {
    const { redisUrl, databaseUrl } = services;
    peers.push(
      { name: 'raw Redis, a script per message', open: (bodyBytes) => open({ kind: 'raw-redis', url: redisUrl, copies: 1, ...single, bodyBytes })() },
      { name: 'raw Redis, a script per 100', open: (bodyBytes) => open({ kind: 'raw-redis', url: redisUrl, copies: 1, ...hundred, bodyBytes })() },
      { name: 'BullMQ', open: (bodyBytes) => open({ kind: 'bullmq', url: redisUrl, queue: 'work', ...single, bodyBytes })() },
      { name: 'pg-boss', open: (bodyBytes) => open({ kind: 'pg-boss', url: databaseUrl, queue: 'work', ...single, take: 100, bodyBytes })() },
    );
  }
  const rabbit = await scope.peer('rabbitmq', startRabbit);
  if (rabbit) {
    scope.versions['rabbitmq'] = rabbit.version;
    peers.push({ name: 'RabbitMQ quorum queue, AMQP 0-9-1', open: (bodyBytes) => open({ kind: 'rabbitmq', url: rabbit.url, queue: 'work', ...hundred, bodyBytes })() });
  }
  return peers;
}

async function echo(url: string, bodyBytes: number, seconds: number) {
  const load = { url, headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(bodyBytes), connections: single.lanes };
  await drive({ ...load, seconds: warmUpSeconds });
  return drive({ ...load, seconds });
}

async function measure(scope: Scope, peer: Peer, bodyBytes: number, seconds: number): Promise<Row[]> {
  const client = await peer.open(bodyBytes);
  try {
    await client.carryOut({ do: 'endToEnd', seconds: warmUpSeconds, slack, arrivesEmpty: true });
    const published = await client.carryOut({ do: 'publish', seconds });
    const consumed = await client.carryOut({ do: 'drain', messages: published.messages ?? 0, seconds });
    await client.carryOut({ do: 'empty' });
    const through = await client.carryOut({ do: 'endToEnd', seconds, slack, arrivesEmpty: true });
    const row = (what: string, value: number): Row => ({ group: scope.group, name: `${what} ${bodyBytes} B, ${peer.name}`, value, unit: 'msg/s' });
    console.error(`  ${peer.name}, ${bodyBytes} B: publish ${published.perSecond.toFixed(0)}/s, consume ${consumed.perSecond.toFixed(0)}/s, end to end ${through.perSecond.toFixed(0)}/s`);
    return [row('publish', published.perSecond), row('consume', consumed.perSecond), row('end to end', through.perSecond)];
  } finally {
    await client.close();
  }
}
