import { Installation } from './installation.js';
import type { BenchPlan, Home } from './installation.js';
import { drive } from './load.js';
import { watchProcessors } from './processor-time.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Measured, Side } from './rounds.js';
import type { Scope } from './scope.js';

const body = 'x'.repeat(1024);
const connectionsEach = 32;

/**
 * [two_gateways]: single publishes of 1 KiB over two gateway processes against one, from two load generators with 32
 * connections each. The rows name the processor time of each process: where it nears a whole core is the limit.
 */
export async function gatewaysBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan, { gateways: 2 });
  const home = await installation.home(['parked']);
  await home.tenant.defineExchange('one', 'topic', [{ destination: { queue: 'parked' }, pattern: 'order.#' }]);
  const side = (name: string, urls: readonly string[]): Side => ({
    name,
    measure: (seconds) => both(installation, home, urls, seconds),
    clear: () => installation.purge(home, 'parked'),
  });
  const [first = '', second = ''] = installation.gatewayUrls;
  const [one, two] = [side('one gateway process', [first, first]), side('two gateway processes', [first, second])];
  const [alone = [], together = []] = await alternate([one, two], plan);
  return { rows: [rowOf(scope.group, one.name, alone), rowOf(scope.group, two.name, together)], ratios: { two_gateways: ratio(together, alone) } };
}

async function both(installation: Installation, home: Home, urls: readonly string[], seconds: number): Promise<Measured> {
  const load = installation.publishLoad(home, 'one', { body, connections: connectionsEach, seconds });
  const { pathname } = new URL(load.url);
  const { result, shares } = await watchProcessors(installation.pids, () => Promise.all(urls.map((url) => drive({ ...load, url: `${url}${pathname}` }))));
  const worst = (pick: (one: Measured) => number | undefined) => Math.max(...result.map((one) => pick(one) ?? Number.NaN));
  return { perSecond: result.reduce((sum, one) => sum + one.perSecond, 0), p50Ms: worst((one) => one.p50Ms), p99Ms: worst((one) => one.p99Ms), more: shares };
}
