import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expectOk } from './api.js';
import { commandsIn, mostAsked, sum } from './commands.js';
import { Installation, scaled } from './installation.js';
import type { BenchPlan, Home } from './installation.js';
import { Receiver } from './push-processes.js';
import type { Report, Row } from './report.js';
import type { Scope } from './scope.js';

const activeCount = 100;
const idleCount = 9_900;
/** How often the worker looks for lost wakes in namespaces in use: a window has exactly one such sweep. */
const windowMs = 120_000;
/** Between the ends of a window and a sweep; the worker has heard of new subscriptions by then. */
const clearanceMs = 5_000;
const patienceMs = 180_000;
/** Part by which the messages of two windows may differ. */
const sameTraffic = 0.02;
const settings = { LOG_LEVEL: 'error', EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1024-65535' };

/**
 * [push_idle_commands]: what Redis is asked while each of 100 subscriptions gets a message a second, before and after 9,900
 * idle ones are there, in the same namespace: the dearest place, as the worker looks for lost wakes in namespaces in use
 * more often than elsewhere. Counted over the time from one such sweep to the next, so that its cost is in the figure.
 */
export async function pushIdleBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan, { worker: true, settings });
  const sweptAtMs = await firstSweep(installation);
  const receiver = await Receiver.start(scope);
  const queues = Array.from({ length: activeCount }, (_, n) => `busy-${n}`);
  const idle = scaled(plan, idleCount);
  const home = await installation.home(queues);
  for (const queue of queues) {
    await home.tenant.call('PUT', `/subscriptions/${queue}`, { queue, kind: 'webhook', settings: { url: `${receiver.url}/ok`, format: 'raw' } });
  }
  const before = await window(installation, home, queues, sweptAtMs);
  await home.tenant.defineQueues(Array.from({ length: idle }, (_, n) => `idle-${n}`));
  await addIdle(installation, home, idle);
  const after = await window(installation, home, queues, sweptAtMs);

  if (Math.abs(after.messages - before.messages) > before.messages * sameTraffic) throw new Error(`the windows had ${before.messages} and ${after.messages} messages, which says nothing: the machine is too busy`);
  return report(scope, idle, before.commands, after.commands);
}

function report(scope: Scope, idle: number, before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Report {
  const looks = ((after.get('xlen') ?? 0) - (before.get('xlen') ?? 0)) * (windowMs / 1_000);
  // Busy ones are looked at now and then too, in one window more than in the other.
  if (looks < idle * 0.9) throw new Error(`the worker looked ${looks.toFixed(0)} times at ${idle} idle subscriptions: it does not know them all`);
  const row = (name: string, commands: ReadonlyMap<string, number>): Row => ({ group: scope.group, name, value: sum(commands), unit: 'per s', more: mostAsked(commands) });
  const more = new Map([...after].map(([command, perSecond]) => [command, perSecond - (before.get(command) ?? 0)]));
  return {
    rows: [
      row(`Redis commands, ${activeCount} subscriptions with a message a second`, before), row(`the same beside ${idle} idle ones`, after),
      row('what the idle ones cost', more),
    ],
    ratios: { push_idle_commands: sum(more) / idle },
  };
}

/** Subscriptions like one that is there, each with a queue of its own that is there; the worker has taken note of them when it returns. */
async function addIdle({ stack }: Installation, { tenant }: Home, count: number): Promise<void> {
  const database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  try {
    await database.query(
      `INSERT INTO subscriptions (id, tenant_id, namespace_id, name, queue, kind, settings, delivery)
       SELECT id || n, tenant_id, namespace_id, 'idle-' || n, 'idle-' || n, kind, settings, delivery
       FROM subscriptions, generate_series(0, $2::int - 1) n WHERE namespace_id = $1 AND name = 'busy-0'`,
      [tenant.namespaceId, count],
    );
  } finally {
    await database.end();
  }
}

interface Window {
  /** In a second, by command. */
  readonly commands: ReadonlyMap<string, number>;
  /** Taken in all of it. */
  readonly messages: number;
}

/** What Redis is asked in a second, by command, while every queue gets a message a second. */
async function window(installation: Installation, { apiKey }: Home, queues: readonly string[], sweptAtMs: number): Promise<Window> {
  const traffic = new Traffic(`${installation.gatewayUrls[0]}/v1/queues`, apiKey, queues);
  try {
    // A new subscription sets off a turn that looks and ends.
    await sleep(clearanceMs);
    await turnsAre(installation, queues.length);
    const sinceMs = (performance.now() - sweptAtMs) % windowMs;
    if (sinceMs < clearanceMs || sinceMs > windowMs - clearanceMs) await sleep(2 * clearanceMs);
    const before = traffic.taken;
    const commands = await commandsIn(installation, windowMs);
    return { commands, messages: traffic.taken - before };
  } finally {
    await traffic.stop();
  }
}

/**
 * A message after the other, at equal distances, so that every window has as many. None waits for the answer to the one before:
 * on a busy machine the window would have fewer, or those that an earlier one lacks.
 */
class Traffic {
  taken = 0;
  #stopped = false;
  readonly #underWay = new Set<Promise<void>>();
  readonly #running: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
    private readonly queues: readonly string[],
  ) {
    this.#running = this.#run();
    // Told at `stop`.
    this.#running.catch(() => undefined);
  }

  /** Fails when a message was not taken. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#running;
  }

  async #run(): Promise<void> {
    const startMs = performance.now();
    const faults: unknown[] = [];
    for (let n = 0; !this.#stopped && faults.length === 0; n += 1) {
      await sleep(Math.max(0, startMs + (n * 1_000) / this.queues.length - performance.now()));
      const sent: Promise<void> = this.#send(this.queues[n % this.queues.length]!).catch((error: unknown) => void faults.push(error)).finally(() => this.#underWay.delete(sent));
      this.#underWay.add(sent);
    }
    await Promise.all(this.#underWay);
    if (faults.length > 0) throw faults[0];
  }

  async #send(queue: string): Promise<void> {
    const answer = await fetch(`${this.url}/${queue}/messages`, { method: 'POST', headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'text/plain' }, body: 'a message' });
    await expectOk(answer);
    this.taken += 1;
  }
}

async function metric({ stack }: Installation, name: RegExp): Promise<number> {
  const text = await (await fetch(`${stack.worker?.url}/metrics`)).text();
  return Number(name.exec(text)?.[1] ?? 0);
}

/** When the worker looked for lost wakes for the first time, by performance.now(): it does so again every two minutes. */
async function firstSweep(installation: Installation): Promise<number> {
  await until(async () => (await metric(installation, /^waybill_job_duration_seconds_count\{[^}]*job="push-sweep"[^}]*\} (\d+)/m)) > 0, 'sweep');
  return performance.now();
}

/** Only subscriptions with traffic are worked on. */
async function turnsAre(installation: Installation, count: number): Promise<void> {
  await until(async () => (await metric(installation, /^waybill_push_turns\{[^}]*\} (\d+)/m)) === count, `state with ${count} turns`);
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`no ${what} within ${patienceMs / 1_000} s`);
    await sleep(500);
  }
}
