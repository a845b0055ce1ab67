import type { BindingInput } from './api.js';
import { Installation, scaled } from './installation.js';
import type { BenchPlan } from './installation.js';
import { drive } from './load.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';

const body = 'x'.repeat(1024);
const connections = 64;
const counts = [1, 1_000, 10_000, 100_000];
/** More than a gateway remembers routes for, so that every message walks the bindings. */
const routingKeys = { prefix: 'order.', suffix: '.created', count: 100_000 };

/** [bindings_100k]: publish through a topic exchange with 100,000 bindings, of which a message matches one, against one with a single binding. */
export async function bindingsBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan);
  const home = await installation.home(['parked']);
  const sides: Side[] = [];
  for (const count of counts) {
    const bindings = count === 1 ? 1 : scaled(plan, count);
    await home.tenant.defineExchange(`with-${count}`, 'topic', bindingsOf(bindings));
    sides.push({
      name: `topic exchange with ${bindings} bindings`,
      measure: (seconds) => drive(installation.publishLoad(home, `with-${count}`, { body, connections, seconds, routingKeys })),
      clear: () => installation.purge(home, 'parked'),
    });
  }
  const measured = await alternate(sides, plan);
  return {
    rows: sides.map(({ name }, i) => rowOf(scope.group, name, measured[i] ?? [])),
    ratios: { bindings_10k: ratio(measured[2] ?? [], measured[0] ?? []), bindings_100k: ratio(measured[3] ?? [], measured[0] ?? []) },
  };
}

/** One that every message matches, and patterns of three kinds that none does: exact words, a word open, two words open. */
export function bindingsOf(count: number): BindingInput[] {
  const pattern = (i: number) => [`order.${i}.shipped`, `stock.${i}.*`, `*.*.shipped-${i}`][i % 3] as string;
  return Array.from({ length: count }, (_, i) => ({ destination: { queue: 'parked' }, pattern: i === 0 ? 'order.*.created' : pattern(i) }));
}
