import { setTimeout as sleep } from 'node:timers/promises';
import { commandsIn, mostAsked, sum } from './commands.js';
import { slack } from './end-to-end.bench.js';
import { Installation, scaled } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Cargo } from './peers/transport.js';
import type { Report, Row } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';

const cargo: Cargo = { bodyBytes: 1024, batch: 1, lanes: 64, consumers: 8, take: 10 };
const idleCounts = [0, 100, 1_000, 10_000];
/** Longer than the worker's slowest round (the usage drain, ten seconds). */
const idleSeconds = 12;
/** Until what the last change has set off is over. */
const settlingSeconds = 5;

/**
 * [idle_queues_10k]: a busy queue in a namespace with 10,000 idle ones against one alone; the worker runs. The rows also
 * tell what Redis is asked while nothing moves, before the idle queues are there and after.
 */
export async function idleQueuesBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan, { worker: true });
  const homes = await Promise.all(idleCounts.map(() => installation.home(['busy'])));
  const clients = await Promise.all(homes.map((home) => installation.client(home, cargo, 'busy')));
  const sides: Side[] = clients.map((client, i) => ({
    name: `a busy queue beside ${scaledCount(plan, idleCounts[i] ?? 0)} idle ones`,
    measure: (seconds) => client.carryOut({ do: 'endToEnd', seconds, slack, arrivesEmpty: true }),
  }));
  for (const side of sides) await side.measure(1); // every namespace is in use, so that the worker looks at each
  const before = await commandsPerSecond(installation);
  for (const [i, home] of homes.entries()) {
    await home.tenant.defineQueues(Array.from({ length: scaledCount(plan, idleCounts[i] ?? 0) }, (_, n) => `idle-${n}`));
  }
  const after = await commandsPerSecond(installation);
  console.error(`  Redis commands while nothing moves: ${sum(before).toFixed(1)}/s before the idle queues, ${sum(after).toFixed(1)}/s with them`);

  const measured = await alternate(sides, plan);
  const row = (name: string, commands: ReadonlyMap<string, number>): Row => ({ group: scope.group, name, value: sum(commands), unit: 'per s', more: mostAsked(commands) });
  return {
    rows: [
      ...sides.map(({ name }, i) => rowOf(scope.group, name, measured[i] ?? [])),
      row('Redis commands while nothing moves, 4 queues', before), row('the same with all idle queues', after),
    ],
    ratios: { idle_queues_10k: ratio(measured.at(-1) ?? [], measured[0] ?? []) },
  };
}

const scaledCount = (plan: BenchPlan, count: number) => (count === 0 ? 0 : scaled(plan, count));

/** What Redis is asked while nothing moves, by command. */
async function commandsPerSecond(installation: Installation): Promise<Map<string, number>> {
  await sleep(settlingSeconds * 1000);
  return commandsIn(installation, idleSeconds * 1000);
}
