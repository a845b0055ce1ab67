import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../../scripts/local/stack.mjs';
import { expectOk, Tenant } from './api.js';
import { drive } from './load.js';
import type { Load, Measured } from './load.js';
import { median } from './report.js';
import type { Report, Row } from './report.js';

const connections = 64;
const body = 'x'.repeat(1024);
const bindings = 10_000;
/** Not counted: until the just-in-time compiler of both sides has settled. */
const warmUpSeconds = 6;
/** More than the gateway remembers routes for, so that every message walks the bindings. */
const routingKeys = { prefix: 'order.', suffix: '.created', count: 20_000 };

interface Side {
  readonly name: string;
  readonly load: Load;
}

/**
 * [publish_vs_echo]: durable single publishes of 1 KiB against a bare Fastify handler. [bindings_10k]: a topic
 * exchange with 10,000 bindings of which a message matches one, against one with a single binding. Each pair is
 * driven in turn, several rounds; the ratio is the middle one. Redis runs with appendfsync always.
 */
export async function publishBench(rounds: number, seconds: number): Promise<Report> {
  const stack = await startStack({ worker: false, maxMemory: '8gb', settings: { LOG_LEVEL: 'warn' }, log: (line) => console.error(line) });
  // The same memory setting as the gateway's: what Node itself gains from it is not the gateway's merit.
  const echo = fork(fileURLToPath(new URL('./echo.js', import.meta.url)), { execArgv: ['--max-semi-space-size=64'] });
  try {
    const echoUrl = await new Promise<string>((resolve, reject) => echo.once('message', resolve).once('exit', reject));
    const tenant = await Tenant.signUp(stack);
    const key = await tenant.apiKey();
    await defineTopology(tenant);
    const gateway = stack.gateways[0]?.url as string;
    const purge = async () => {
      await expectOk(await fetch(`${gateway}/v1/queues/parked/purge`, { method: 'POST', headers: { authorization: `Bearer ${key}` } }));
    };

    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'waybill-key': 'order.1.created' };
    const to = (base: string, exchange: string, more: Partial<Load> = {}): Load => ({ url: `${base}/v1/exchanges/${exchange}/messages`, headers, body, connections, seconds, ...more });
    const sides = {
      echo: { name: 'bare Fastify echo', load: to(echoUrl, 'one') },
      publish: { name: 'publish, single messages', load: to(gateway, 'one') },
      one: { name: 'publish, topic exchange, 1 binding', load: to(gateway, 'one', { routingKeys }) },
      many: { name: `publish, topic exchange, ${bindings} bindings`, load: to(gateway, 'many', { routingKeys }) },
    };
    for (const side of Object.values(sides)) await drive({ ...side.load, seconds: warmUpSeconds });
    await purge();
    const vsEcho = await pair(sides.publish, sides.echo, rounds, purge);
    const vsOne = await pair(sides.many, sides.one, rounds, purge);
    return { rows: [...vsEcho.rows, ...vsOne.rows], ratios: { publish_vs_echo: vsEcho.ratio, bindings_10k: vsOne.ratio } };
  } finally {
    echo.kill();
    await stack.stop();
  }
}

async function defineTopology(tenant: Tenant): Promise<void> {
  await tenant.call('PUT', '/queues/parked', {});
  for (const name of ['one', 'many']) await tenant.call('PUT', `/exchanges/${name}`, { kind: 'topic' });
  await tenant.call('PUT', '/exchanges/one/bindings', { bindings: [{ destination: { queue: 'parked' }, pattern: 'order.#' }] });
  const others = Array.from({ length: bindings - 1 }, (_, i) => ({ destination: { queue: 'parked' }, pattern: i % 2 === 0 ? `stock.${i}.*` : `*.*.shipped-${i}` }));
  const all = [{ destination: { queue: 'parked' }, pattern: 'order.*.created' }, ...others];
  for (let start = 0; start < all.length; start += 1_000) await tenant.call('PUT', '/exchanges/many/bindings', { bindings: all.slice(start, start + 1_000) });
}

/** Drives `a` and `b` in turn; the order changes each round, so that a drift of the machine hits both. */
async function pair(a: Side, b: Side, rounds: number, between: () => Promise<void>): Promise<{ rows: Row[]; ratio: number }> {
  const measured = new Map<Side, Measured[]>([[a, []], [b, []]]);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? [a, b] : [b, a]) {
      measured.get(side)?.push(await drive(side.load));
      await between();
    }
    const [latestA, latestB] = [measured.get(a)?.at(-1), measured.get(b)?.at(-1)] as [Measured, Measured];
    ratios.push(latestA.requestsPerSecond / latestB.requestsPerSecond);
    console.error(`round ${round + 1} of ${rounds}: ${a.name} ${latestA.requestsPerSecond.toFixed(0)}/s, ${b.name} ${latestB.requestsPerSecond.toFixed(0)}/s, ratio ${ratios.at(-1)?.toFixed(3)}`);
  }
  return { rows: [b, a].map((side) => rowOf(side.name, measured.get(side) ?? [])), ratio: median(ratios) };
}

function rowOf(name: string, rounds: readonly Measured[]): Row {
  return {
    name,
    requestsPerSecond: median(rounds.map(({ requestsPerSecond }) => requestsPerSecond)),
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
  };
}
