import { startLocalServices, startRabbit } from '../../../scripts/local/stack.mjs';
import { Client } from './client.js';
import { Installation } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Settings } from './peers/open.js';
import type { Cargo } from './peers/transport.js';
import { watchProcessors } from './processor-time.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';

/** Published and not yet settled, at most: on every side the same. */
export const slack = 10_000;

/** The rows of a side tell what its client process, and the others named, take of a core. */
const endToEndSide = (name: string, client: Client, pids: Readonly<Record<string, number>> = {}): Side => ({
  name,
  async measure(seconds) {
    const { result, shares } = await watchProcessors({ client: client.pid, ...pids }, () => client.carryOut({ do: 'endToEnd', seconds, slack, arrivesEmpty: true }), seconds);
    return { ...result, more: shares };
  },
});

interface Names {
  readonly ratio: string;
  /** The first is the one the ratio is of. */
  readonly waybill: readonly { readonly name: string; readonly compact?: boolean }[];
  readonly peer: string;
}

async function against(scope: Scope, plan: BenchPlan, cargo: Cargo, names: Names, peer: Settings | undefined): Promise<Report> {
  const installation = await Installation.start(scope, plan);
  const home = await installation.home(['work']);
  const sides: Side[] = [];
  for (const { name, compact = false } of names.waybill) sides.push(endToEndSide(name, await installation.client(home, cargo, 'work', { compact }), installation.pids));
  if (peer !== undefined) {
    const client = await Client.start(peer);
    scope.defer(() => client.close());
    // Beside the side it is compared with.
    sides.splice(1, 0, endToEndSide(names.peer, client));
  }
  const measured = await alternate(sides, plan);
  const rows = sides.map(({ name }, i) => rowOf(scope.group, name, measured[i] ?? []));
  const [ours = [], theirs = []] = measured;
  return { rows, ratios: peer === undefined ? {} : { [names.ratio]: ratio(ours, theirs) } };
}

/**
 * [e2e_batch_vs_rabbitmq]: 1 KiB; Waybill by HTTP in batches of 100, RabbitMQ by AMQP 0-9-1 with as many messages under way. As AMQP does, messages
 * travel as bytes (CBOR), and a consumer takes and accepts in one round; a row beside it has JSON, and a settle call of its own.
 */
export async function endToEndBatchBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const cargo: Cargo = { bodyBytes: 1024, batch: 100, lanes: 8, consumers: 8, take: 100 };
  const rabbit = await scope.peer('rabbitmq', startRabbit);
  if (rabbit) scope.versions['rabbitmq'] = rabbit.version;
  const names = { ratio: 'e2e_batch_vs_rabbitmq', waybill: [{ name: 'end to end, batches of 100', compact: true }, { name: 'the same with JSON and settle calls' }], peer: 'RabbitMQ quorum queue, confirms and acks' };
  return against(scope, plan, cargo, names, rabbit && { kind: 'rabbitmq', url: rabbit.url, queue: 'work', ...cargo });
}

/** [e2e_single_vs_bullmq]: 1 KiB; single publishes, received and settled 10 at a time, against `add` and a worker of the same concurrency. */
export async function endToEndSingleBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const cargo: Cargo = { bodyBytes: 1024, batch: 1, lanes: 64, consumers: 8, take: 10 };
  const services = await scope.peer('bullmq', () => startLocalServices({ maxMemory: '8gb' }));
  const names = { ratio: 'e2e_single_vs_bullmq', waybill: [{ name: 'end to end, single publishes, 10 at a time' }], peer: 'BullMQ, add and process' };
  return against(scope, plan, cargo, names, services && { kind: 'bullmq', url: services.redisUrl, queue: 'work', ...cargo });
}
