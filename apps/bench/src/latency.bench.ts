import { startRabbit } from '../../../scripts/local/stack.mjs';
import { Client } from './client.js';
import { Installation } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Cargo } from './peers/transport.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';

const perSecond = 1_000;
const cargo: Cargo = { bodyBytes: 1024, batch: 1, lanes: 8, consumers: 8, take: 10 };

const latencySide = (name: string, client: Client): Side => ({ name, measure: (seconds) => client.carryOut({ do: 'latency', perSecond, seconds }) });

/** [latency_p50_vs_rabbitmq, latency_p99_vs_rabbitmq]: from the moment a message of 1 KiB is due to the moment a consumer has it, at 1,000 messages/s. */
export async function latencyBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan);
  const home = await installation.home(['work']);
  const waybill = latencySide('publish to long-poll receive', await installation.client(home, cargo, 'work'));
  const rabbit = await scope.peer('rabbitmq', startRabbit);
  if (rabbit === undefined) {
    const [alone = []] = await alternate([waybill], plan);
    return { rows: [rowOf(scope.group, waybill.name, alone)], ratios: {} };
  }
  scope.versions['rabbitmq'] = rabbit.version;
  const client = await Client.start({ kind: 'rabbitmq', url: rabbit.url, queue: 'work', ...cargo });
  scope.defer(() => client.close());
  const other = latencySide('RabbitMQ quorum queue, confirms and acks', client);
  const [ours = [], theirs = []] = await alternate([waybill, other], plan);
  return {
    rows: [rowOf(scope.group, other.name, theirs), rowOf(scope.group, waybill.name, ours)],
    ratios: {
      latency_p50_vs_rabbitmq: ratio(ours, theirs, ({ p50Ms = Number.NaN }) => p50Ms),
      latency_p99_vs_rabbitmq: ratio(ours, theirs, ({ p99Ms = Number.NaN }) => p99Ms),
    },
  };
}
