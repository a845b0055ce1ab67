import { Installation } from './installation.js';
import type { BenchPlan } from './installation.js';
import { drive } from './load.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';
import { flag } from './without-counters.js';

const body = 'x'.repeat(1024);
const connections = 64;

/**
 * [metering_cost]: durable single publishes with metering, against a gateway whose scripts have no line that counts. Two
 * installations, measured in turn; the message log is off. Fails when the one counted nothing, or the other did.
 */
export async function meteringBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const hook = `--import ${new URL('./without-counters.js', import.meta.url).href}`;
  const open = async (name: string, settings: Readonly<Record<string, string>>): Promise<Side & { counted(): Promise<number> }> => {
    const installation = await Installation.start(scope, plan, { worker: false, settings: { LOG_LEVEL: 'warn', ...settings } });
    const home = await installation.home(['parked'], false);
    await home.tenant.defineExchange('one', 'topic', [{ destination: { queue: 'parked' }, pattern: 'order.#' }]);
    return {
      name,
      measure: (seconds) => drive(installation.publishLoad(home, 'one', { body, connections, seconds })),
      clear: () => installation.purge(home, 'parked'),
      counted: async () => Object.values(await installation.redis.hgetall(`{${home.tenant.namespaceId}}:usage:open`)).length,
    };
  };
  const metered = await open('publish, metered', {});
  const bare = await open('publish, counters compiled out', { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${hook}`.trim(), [flag]: '1' });
  const [counting = [], without = []] = await alternate([metered, bare], plan);
  if ((await metered.counted()) === 0) throw new Error('the metered side has counted nothing');
  if ((await bare.counted()) > 0) throw new Error('the side without counters has counted');
  return { rows: [rowOf(scope.group, bare.name, without), rowOf(scope.group, metered.name, counting)], ratios: { metering_cost: ratio(counting, without) } };
}

