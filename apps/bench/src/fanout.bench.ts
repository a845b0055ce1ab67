import { publisherSide, rawRedis } from './batch.bench.js';
import { Installation } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Cargo } from './peers/transport.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Scope } from './scope.js';

const copies = 100;
const cargo: Cargo = { bodyBytes: 1024, batch: 1, lanes: 16, consumers: 0, take: 0 };

/** [fanout_100]: single publishes of 1 KiB to a fanout exchange with 100 queues against one Redis script per message that writes the same 100 copies. */
export async function fanoutBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan);
  const queues = Array.from({ length: copies }, (_, i) => `copy-${i}`);
  const home = await installation.home(queues);
  await home.tenant.defineExchange('to-all', 'fanout', queues.map((queue) => ({ destination: { queue } })));
  const client = await installation.client(home, cargo, 'copy-0', { target: 'exchanges/to-all', queues });
  const waybill = publisherSide(`publish to ${copies} queues`, client);
  const raw = publisherSide(`raw Redis, ${copies} copies by one script`, await rawRedis(scope, cargo, copies));
  const [ours = [], scripts = []] = await alternate([waybill, raw], plan);
  return { rows: [rowOf(scope.group, raw.name, scripts), rowOf(scope.group, waybill.name, ours)], ratios: { fanout_100: ratio(ours, scripts) } };
}
