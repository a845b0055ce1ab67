import { Redis } from 'ioredis';
import { startStack } from '../../../scripts/local/stack.mjs';
import type { Stack, StackOptions } from '../../../scripts/local/stack.mjs';
import { expectOk, Tenant } from './api.js';
import { Client } from './client.js';
import type { Load } from './load.js';
import type { Cargo } from './peers/transport.js';
import type { WaybillSettings } from './peers/waybill.js';
import type { Plan } from './rounds.js';
import type { Scope } from './scope.js';

/** What the command line asks of every benchmark. */
export interface BenchPlan extends Plan {
  /** Of the large numbers (queues, bindings, backlog, parked messages): 1 is what the figures are named after. */
  readonly scale: number;
  /** Whether the message log is on, and a worker drains it, where a figure does not say which. */
  readonly messageLog: boolean;
}

/** A large number of the benchmark under the scale of this run. */
export const scaled = ({ scale }: BenchPlan, count: number): number => Math.max(1, Math.round(count * scale));

/** A namespace on an installation, with a key. */
export interface Home {
  readonly tenant: Tenant;
  readonly apiKey: string;
}

/** A throw-away installation of Waybill, gone when the scope closes. Redis runs with `appendfsync always`. */
export class Installation {
  private constructor(
    readonly stack: Stack,
    private readonly plan: BenchPlan,
    private readonly scope: Scope,
    /** For looking at the store; the benchmark writes nothing to it. */
    readonly redis: Redis,
  ) {}

  static async start(scope: Scope, plan: BenchPlan, options: Pick<StackOptions, 'worker' | 'gateways' | 'maxMemory' | 'settings'> = {}): Promise<Installation> {
    const stack = await startStack({ worker: plan.messageLog, maxMemory: '8gb', log: (line) => console.error(`  ${line}`), ...options, settings: { LOG_LEVEL: 'warn', ...options.settings } });
    scope.defer(() => stack.stop());
    const redis = new Redis(stack.redisUrl);
    scope.defer(() => redis.quit());
    return new Installation(stack, plan, scope, redis);
  }

  get gatewayUrls(): string[] {
    return this.stack.gateways.map(({ url }) => url);
  }

  /** A tenant with queues of these names. */
  async home(queues: readonly string[], messageLog = this.plan.messageLog): Promise<Home> {
    const tenant = await Tenant.signUp(this.stack);
    await tenant.setMessageLog(messageLog);
    await tenant.defineQueues(queues);
    return { tenant, apiKey: await tenant.apiKey() };
  }

  /** The client process of a side that publishes to `target` and consumes from `queue`. */
  async client({ apiKey }: Home, cargo: Cargo, queue: string, more: Partial<Pick<WaybillSettings, 'target' | 'queues' | 'gatewayUrls' | 'compact'>> = {}): Promise<Client> {
    const client = await Client.start({ kind: 'waybill', gatewayUrls: this.gatewayUrls, apiKey, target: `queues/${queue}`, queue, ...cargo, ...more });
    this.scope.defer(() => client.close());
    return client;
  }

  /** Single publishes to an exchange by the load generator. */
  publishLoad({ apiKey }: Home, exchange: string, load: Omit<Load, 'url' | 'headers'>): Load {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'waybill-key': 'order.1.created' };
    return { url: `${this.gatewayUrls[0]}/v1/exchanges/${exchange}/messages`, headers, ...load };
  }

  async purge({ apiKey }: Home, queue: string): Promise<void> {
    await expectOk(await fetch(`${this.gatewayUrls[0]}/v1/queues/${queue}/purge`, { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } }));
  }

  async figures({ apiKey }: Home, queue: string): Promise<{ ready: number; leased: number; enqueuedTotal: number }> {
    const answer = await fetch(`${this.gatewayUrls[0]}/v1/queues/${queue}`, { headers: { authorization: `Bearer ${apiKey}` } });
    return (await expectOk(answer)) as { ready: number; leased: number; enqueuedTotal: number };
  }

  /** A number from INFO of Redis. */
  async redisInfo(section: string, field: string): Promise<number> {
    return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(await this.redis.info(section))?.[1]);
  }

  /** Calls of each command since Redis started; reading them is one of INFO. */
  async commandCalls(): Promise<Map<string, number>> {
    return new Map([...(await this.redis.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, command = '', count]) => [command, Number(count)]));
  }

  get pids(): Record<string, number> {
    const gateways = this.stack.gateways.map(({ process }, i) => [`gateway ${i + 1}`, process.pid]);
    return { ...Object.fromEntries(gateways), redis: this.stack.redis.process.pid };
  }
}
