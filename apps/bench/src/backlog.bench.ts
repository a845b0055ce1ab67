import { Installation, scaled } from './installation.js';
import type { BenchPlan, Home } from './installation.js';
import type { Cargo } from './peers/transport.js';
import type { Report, Row } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';

/**
 * Publishers faster than the consumers: the backlog stays, and the consumers are what is measured. Few enough consumers
 * that 1,000 messages are a full take for each.
 */
const cargo: Cargo = { bodyBytes: 100, batch: 100, lanes: 8, consumers: 2, take: 100 };
const fillCargo: Cargo = { ...cargo, batch: 500, lanes: 4, consumers: 0 };
const small = 1_000;
const steps = [10_000, 100_000, 1_000_000, 5_000_000];
/** Refilled ahead of what is settled, at most. */
const slack = 1_000;

/**
 * [backlog_5m]: receive and settle, while as much is published, at a backlog of 5 million messages of 100 B against one
 * of 1,000. The rows between show the way there.
 */
export async function backlogBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan);
  const home = await installation.home(['small', 'large']);
  let target = 0;
  const shallow = await heldAt(installation, home, 'small', () => small);
  const deep = await heldAt(installation, home, 'large', () => target);
  const between: Row[] = [];
  for (const step of steps) {
    target = scaled(plan, step);
    const filled = await deep.fill();
    console.error(`  backlog of ${target}: filled with ${filled.toFixed(0)} messages/s`);
    if (step !== steps.at(-1)) between.push(rowOf(scope.group, `receive and settle at a backlog of ${target}`, [await deep.side(`backlog of ${target}`).measure(plan.seconds)]));
  }
  const sides = [shallow.side(`receive and settle at a backlog of ${small}`), deep.side(`receive and settle at a backlog of ${target}`)];
  await shallow.fill();
  const [few = [], many = []] = await alternate(sides, plan);
  return {
    rows: [rowOf(scope.group, sides[0]?.name ?? '', few), ...between, rowOf(scope.group, sides[1]?.name ?? '', many)],
    ratios: { backlog_5m: ratio(many, few) },
  };
}

/** A queue that holds a number of messages before and after each measurement. */
async function heldAt(installation: Installation, home: Home, queue: string, messages: () => number) {
  const client = await installation.client(home, cargo, queue);
  const filler = await installation.client(home, fillCargo, queue);
  const fill = async (): Promise<number> => {
    const { ready, leased } = await installation.figures(home, queue);
    const missing = messages() - ready - leased;
    return missing > 0 ? (await filler.carryOut({ do: 'fill', messages: missing })).perSecond : 0;
  };
  const side = (name: string): Side => ({
    name,
    measure: (seconds) => client.carryOut({ do: 'endToEnd', seconds, slack, arrivesEmpty: false }),
    clear: async () => void (await fill()),
  });
  return { fill, side };
}
