import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Client } from './client.js';
import { Installation } from './installation.js';
import type { BenchPlan, Home } from './installation.js';
import type { Cargo } from './peers/transport.js';
import { Receiver, Yardstick } from './push-processes.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Measured, Side } from './rounds.js';
import type { Scope } from './scope.js';

const concurrency = 64;
const cargo: Cargo = { bodyBytes: 1024, batch: 100, lanes: 8, consumers: 0, take: 0 };
/** More than any worker sends in a second: what is left is purged. */
const backlogPerSecond = 40_000;
/** The hanging destination answers nothing for so long; its subscription then tries again, so that it hangs all the time. */
const hangSeconds = 5;
const pollMs = 2;
const patienceMs = 30_000;
/** Attempts may lag behind while everything is at its limit. */
const recordsMs = 120_000;
const settings = { LOG_LEVEL: 'error', EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1024-65535' };

/** A queue whose messages are pushed to a path of the receiver. */
class Endpoint {
  #client: Client | undefined;

  constructor(
    private readonly installation: Installation,
    private readonly home: Home,
    private readonly receiver: Receiver,
    readonly name: string,
  ) {}

  get path(): string {
    return `/${this.name}-${this.home.tenant.namespaceId}`;
  }

  async define(delivery: Readonly<Record<string, unknown>> = {}): Promise<this> {
    const { tenant } = this.home;
    await tenant.defineQueues([this.name]);
    this.#client = await this.installation.client(this.home, cargo, this.name);
    await tenant.call('PUT', `/subscriptions/${this.name}`, {
      queue: this.name, kind: 'webhook', settings: { url: `${this.receiver.url}${this.path}`, format: 'raw' }, delivery: { concurrency, ...delivery },
    });
    await this.pause();
    return this;
  }

  async fill(messages: number): Promise<void> {
    await this.#client?.carryOut({ do: 'fill', messages });
  }

  async pause(): Promise<void> {
    await this.home.tenant.call('POST', `/subscriptions/${this.name}/pause`, {});
  }

  async resume(): Promise<void> {
    await this.home.tenant.call('POST', `/subscriptions/${this.name}/resume`, {});
  }

  /** Pushes a backlog for so many seconds; the publishing is over before. */
  async measure(seconds: number): Promise<Measured> {
    await this.fill(Math.ceil(seconds * backlogPerSecond));
    const before = await this.receiver.count(this.path);
    await this.resume();
    await this.#counted(before + 1);
    const [startMs, start] = [performance.now(), await this.receiver.count(this.path)];
    await sleep(seconds * 1_000);
    const [count, endMs] = [await this.receiver.count(this.path), performance.now()];
    await this.pause();
    return { perSecond: (count - start) / ((endMs - startMs) / 1_000) };
  }

  /** Nothing is under way any more, nothing is left. */
  async clear(): Promise<void> {
    await until(async () => (await this.installation.figures(this.home, this.name)).leased === 0);
    await this.installation.purge(this.home, this.name);
  }

  async #counted(count: number): Promise<void> {
    await until(async () => (await this.receiver.count(this.path)) >= count);
  }
}

async function until(holds: () => Promise<boolean>, withinMs = patienceMs): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`did not come about within ${withinMs / 1_000} s`);
    await sleep(pollMs);
  }
}

/** Every call is recorded: what waits is drained, and as many attempts are in the database as the worker made calls. */
async function requireRecords({ stack, redis }: Installation, homes: readonly Home[]): Promise<void> {
  await until(async () => (await Promise.all(homes.map(({ tenant }) => redis.xlen(`{${tenant.namespaceId}}:attempts`)))).every((waiting) => waiting === 0), recordsMs);
  const metrics = await (await fetch(`${stack.worker?.url}/metrics`)).text();
  const calls = [...metrics.matchAll(/^waybill_push_calls_total\{[^}]*\} (\d+)/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
  const database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  try {
    const { rows } = await database.query<{ stored: number }>('SELECT (SELECT count(*) FROM push_attempts)::int + (SELECT coalesce(sum(attempts), 0) FROM push_attempt_segments)::int AS stored');
    if (rows[0]?.stored !== calls) throw new Error(`the worker made ${calls} calls, and ${rows[0]?.stored} attempts are in the database`);
  } finally {
    await database.end();
  }
}

/**
 * [push_vs_undici]: webhooks of 1 KiB, signed and recorded, by one worker from a backlog, against POSTs of bare undici with the
 * same body and concurrency to the same endpoint. [push_healthy_beside_hanging]: a healthy endpoint beside one that hangs and
 * one that answers 500, of the same tenant and of another, against alone; the lower of both.
 */
export async function pushBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan, { worker: true, settings });
  const receiver = await Receiver.start(scope);
  const [mine, other] = await Promise.all([installation.home([]), installation.home([])]);
  const at = (home: Home, name: string, delivery?: Readonly<Record<string, unknown>>) => new Endpoint(installation, home, receiver, name).define(delivery);
  const retrying = { timeoutSeconds: hangSeconds, scheduleSeconds: Array.from({ length: 30 }, () => 1), circuitOpenSeconds: 1 };
  const healthy = await at(mine, 'ok');
  const foreign = await at(other, 'ok');
  const troubled = [await at(mine, 'hang', retrying), await at(mine, 'fail', retrying)];

  const yardstick = await Yardstick.start(scope, { url: `${receiver.url}/ok-bare`, concurrency, bodyBytes: cargo.bodyBytes });
  const push = (name: string, endpoint: Endpoint): Side => ({ name, measure: (seconds) => endpoint.measure(seconds), clear: () => endpoint.clear() });
  const bare: Side = { name: 'bare undici, the same body and concurrency', measure: async (seconds) => ({ perSecond: await yardstick.measure(seconds) }) };
  const pushed = push('webhooks of one worker, signed and recorded', healthy);
  const [undici = [], webhooks = []] = await alternate([bare, pushed], plan);

  const beside = (name: string, endpoint: Endpoint): Side => ({
    name,
    async measure(seconds) {
      for (const each of troubled) await each.fill(2_000);
      await Promise.all(troubled.map((each) => each.resume()));
      await until(async () => (await Promise.all(troubled.map((each) => receiver.count(each.path)))).every((count) => count > 0));
      const measured = await endpoint.measure(seconds);
      await Promise.all(troubled.map((each) => each.pause()));
      return measured;
    },
    async clear() {
      for (const each of [endpoint, ...troubled]) await each.clear();
    },
  });
  const sides = [
    push('a healthy endpoint alone', healthy), beside('the same beside one that hangs and one that fails', healthy),
    push('a healthy endpoint of another tenant alone', foreign), beside('the same beside them', foreign),
  ];
  const measured = await alternate(sides, plan);
  const [alone = [], besideSame = [], foreignAlone = [], besideForeign = []] = measured;
  await requireRecords(installation, [mine, other]);
  return {
    rows: [rowOf(scope.group, bare.name, undici, 'calls/s'), rowOf(scope.group, pushed.name, webhooks, 'calls/s'), ...sides.map(({ name }, i) => rowOf(scope.group, name, measured[i] ?? [], 'calls/s'))],
    ratios: { push_vs_undici: ratio(webhooks, undici), push_healthy_beside_hanging: Math.min(ratio(besideSame, alone), ratio(besideForeign, foreignAlone)) },
  };
}
