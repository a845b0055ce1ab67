import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchPlan } from './installation.js';
import type { Report } from './report.js';
import type { Scope } from './scope.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../../libs/billing/dist/load/rating-load.js', import.meta.url));
/** 10,000 tenants with 500 queues each over 720 hours: 7.2 thousand million hour rows of two meters. */
const whole = { tenants: 10_000, queues: 500, hours: 720, threads: 2 };

/**
 * Rates a month of usage that a program makes up, the same every time, on two threads: adding up, tiers, lines and the
 * share of every queue. No database takes part: `rating-ledger` reads one.
 */
export async function ratingBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const tenants = Math.max(1, Math.round(whole.tenants * plan.scale));
  const args = [program, tenants, whole.queues, whole.hours, whole.threads].map(String);
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1_048_576 });
  const { rows, seconds, maxRssMiB, lines, shares } = JSON.parse(stdout) as { rows: number; seconds: number; maxRssMiB: number; lines: number; shares: number };
  return {
    rows: [
      { group: scope.group, name: `rating ${tenants} tenants`, value: seconds, unit: 's', more: { rows, lines, shares } },
      { group: scope.group, name: 'rating, resident memory', value: maxRssMiB, unit: 'MiB' },
    ],
    ratios: {},
  };
}
