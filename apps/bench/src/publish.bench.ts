import { setTimeout as sleep } from 'node:timers/promises';
import { startEcho } from './echo-server.js';
import { Installation } from './installation.js';
import type { BenchPlan, Home } from './installation.js';
import { drive } from './load.js';
import { LogWatch } from './message-log.js';
import type { Report } from './report.js';
import { alternate, ratio, rowOf } from './rounds.js';
import type { Side } from './rounds.js';
import type { Scope } from './scope.js';

const body = 'x'.repeat(1024);
const connections = 64;
/** How long the worker may take to finish the log once publishing has stopped. */
const patienceMs = 60_000;

async function publishing(scope: Scope, plan: BenchPlan, messageLog: boolean) {
  const installation = await Installation.start(scope, plan, { worker: messageLog });
  const echoUrl = await startEcho(scope);
  const home = await installation.home(['parked'], messageLog);
  await home.tenant.defineExchange('one', 'topic', [{ destination: { queue: 'parked' }, pattern: 'order.#' }]);
  const load = (seconds: number) => installation.publishLoad(home, 'one', { body, connections, seconds });
  const echo: Side = { name: 'bare Fastify echo', measure: (seconds) => drive({ ...load(seconds), url: `${echoUrl}/v1/exchanges/one/messages` }) };
  return { installation, home, load, echo };
}

/** [publish_vs_echo]: durable single publishes of 1 KiB against a bare Fastify handler. The message log is off. */
export async function publishBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const { installation, home, load, echo } = await publishing(scope, plan, false);
  const publish: Side = { name: 'publish, single messages', measure: (seconds) => drive(load(seconds)), clear: () => installation.purge(home, 'parked') };
  const [published = [], echoed = []] = await alternate([publish, echo], plan);
  return { rows: [rowOf(scope.group, echo.name, echoed), rowOf(scope.group, publish.name, published)], ratios: { publish_vs_echo: ratio(published, echoed) } };
}

/**
 * [publish_vs_echo_logged]: the same with the message log on, while a worker drains it. Fails when the log is not
 * complete afterwards. The rows tell how far the worker was behind at most.
 */
export async function loggedBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const { installation, home, load, echo } = await publishing(scope, plan, true);
  const log = await LogWatch.open(scope, installation, home.tenant.namespaceId);
  const publish: Side = {
    name: 'publish, single messages, logged',
    async measure(seconds) {
      const { result, most } = await log.during(() => drive(load(seconds)));
      return { ...result, more: { 'log entries behind': most.entries, 'log bytes behind': most.bytes } };
    },
  };
  const [published = [], echoed = []] = await alternate([publish, echo], plan);
  const complete = await untilComplete(log, installation, home);
  return {
    rows: [
      rowOf(scope.group, echo.name, echoed), rowOf(scope.group, publish.name, published),
      { group: scope.group, name: 'most entries behind', value: Math.max(...published.map(({ more }) => more?.['log entries behind'] ?? 0)), unit: 'entries' },
      { group: scope.group, name: 'log complete after the last publish', value: complete.seconds, unit: 's', more: { stored: complete.stored, logged: complete.logged } },
    ],
    ratios: { publish_vs_echo_logged: ratio(published, echoed) },
  };
}

async function untilComplete(log: LogWatch, installation: Installation, home: Home): Promise<{ seconds: number; stored: number; logged: number }> {
  const startMs = performance.now();
  const { enqueuedTotal: stored } = await installation.figures(home, 'parked');
  for (;;) {
    const logged = await log.loggedEvents();
    const waitedMs = performance.now() - startMs;
    if (logged === stored) return { seconds: waitedMs / 1000, stored, logged };
    if (logged > stored || waitedMs > patienceMs) throw new Error(`the message log has ${logged} events of ${stored} messages stored, ${patienceMs / 1000} s after the last publish`);
    await sleep(250);
  }
}
