import { backlogBench } from './backlog.bench.js';
import { batchBench } from './batch.bench.js';
import { bindingsBench } from './bindings.bench.js';
import { drilldownBench } from './drilldown.bench.js';
import { endToEndBatchBench, endToEndSingleBench } from './end-to-end.bench.js';
import { fanoutBench } from './fanout.bench.js';
import { figures } from './figures.js';
import { gatewaysBench } from './gateways.bench.js';
import { idleQueuesBench } from './idle-queues.bench.js';
import type { BenchPlan } from './installation.js';
import { latencyBench } from './latency.bench.js';
import { memoryBench } from './memory.bench.js';
import { meteringBench } from './metering.bench.js';
import { peersBench } from './peers.bench.js';
import { loggedBench, publishBench } from './publish.bench.js';
import { pushBench } from './push.bench.js';
import { pushIdleBench } from './push-idle.bench.js';
import { ratingLedgerBench } from './rating-ledger.bench.js';
import { ratingBench } from './rating.bench.js';
import type { Report } from './report.js';
import type { Scope } from './scope.js';

export type Bench = (scope: Scope, plan: BenchPlan) => Promise<Report>;

/** In the order of a full run. */
export const benches: Readonly<Record<string, Bench>> = {
  publish: publishBench,
  logged: loggedBench,
  batch: batchBench,
  'e2e-batch': endToEndBatchBench,
  'e2e-single': endToEndSingleBench,
  latency: latencyBench,
  memory: memoryBench,
  'idle-queues': idleQueuesBench,
  bindings: bindingsBench,
  backlog: backlogBench,
  fanout: fanoutBench,
  gateways: gatewaysBench,
  metering: meteringBench,
  drilldown: drilldownBench,
  push: pushBench,
  'push-idle': pushIdleBench,
  rating: ratingBench,
  'rating-ledger': ratingLedgerBench,
  peers: peersBench,
};

/** The benchmarks for names of groups or of figures, each once and in order; all of them without names. Unknown names come back. */
export function chosen(names: readonly string[]): { groups: string[]; unknown: string[] } {
  const groupOf = (name: string) => (Object.hasOwn(benches, name) ? name : figures.find((figure) => figure.name === name)?.group);
  const wanted = new Set(names.map(groupOf));
  return {
    groups: Object.keys(benches).filter((group) => names.length === 0 || wanted.has(group)),
    unknown: names.filter((name) => groupOf(name) === undefined),
  };
}
