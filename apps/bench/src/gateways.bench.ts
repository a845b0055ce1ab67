import { Installation } from './installation.js';
import type { BenchPlan, Home } from './installation.js';
import { drive } from './load.js';
import { watchProcessors } from './processor-time.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Measured, Side } from './rounds.js';
import type { Scope } from './scope.js';

const body = 'x'.repeat(1024);
/**
 * Of each load generator. With 128 the gateways are never out of work, and the ratio is of what they can do. With 32 they wait for answers, and two
 * of them wait longer: that is shown beside it.
 */
const connectionsEach = [128, 32] as const;

/**
 * [two_gateways]: single publishes of 1 KiB over two gateway processes against one, from two load generators. The rows name the
 * processor time of each process: where it nears a whole core is the limit.
 */
export async function gatewaysBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan, { gateways: 2 });
  const home = await installation.home(['parked']);
  await home.tenant.defineExchange('one', 'topic', [{ destination: { queue: 'parked' }, pattern: 'order.#' }]);
  const [first = '', second = ''] = installation.gatewayUrls;
  const side = (name: string, connections: number, urls: readonly string[]): Side => ({
    name: `${name}, ${connections * urls.length} connections`,
    measure: (seconds) => both(installation, home, urls, { connections, seconds }),
    clear: () => installation.purge(home, 'parked'),
  });
  const sides = connectionsEach.flatMap((each) => [side('one gateway process', each, [first, first]), side('two gateway processes', each, [first, second])]);
  const measured = await alternate(sides, plan);
  const [alone = [], together = []] = measured;
  return { rows: sides.map(({ name }, i) => rowOf(scope.group, name, measured[i] ?? [])), ratios: { two_gateways: ratio(together, alone) } };
}

async function both(installation: Installation, home: Home, urls: readonly string[], { connections, seconds }: { readonly connections: number; readonly seconds: number }): Promise<Measured> {
  const load = installation.publishLoad(home, 'one', { body, connections, seconds });
  const { pathname } = new URL(load.url);
  const { result, shares } = await watchProcessors(installation.pids, () => Promise.all(urls.map((url) => drive({ ...load, url: `${url}${pathname}` }))));
  const worst = (pick: (one: Measured) => number | undefined) => Math.max(...result.map((one) => pick(one) ?? Number.NaN));
  return { perSecond: result.reduce((sum, one) => sum + one.perSecond, 0), p50Ms: worst((one) => one.p50Ms), p99Ms: worst((one) => one.p99Ms), more: shares };
}
