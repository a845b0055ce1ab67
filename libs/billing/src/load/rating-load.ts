import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import type { TenantId } from '@waybill/kernel';
import { composeInvoice } from '../invoices/compose.js';
import { periodAt } from '../invoices/period.js';
import { catalogue } from '../prices/catalogue.js';
import { planOf } from '../prices/plans.js';
import { PeriodUsage } from '../rating/period-usage.js';

/** A month of usage that is the same every time: who asks for it gets the same cents. */
export interface RatingLoad {
  readonly tenants: number;
  readonly queues: number;
  readonly hours: number;
  readonly threads: number;
}

export interface RatingResult {
  readonly tenants: number;
  /** Hour rows: two meters of every queue in every hour. */
  readonly rows: number;
  readonly lines: number;
  readonly shares: number;
  readonly totalCents: string;
  readonly seconds: number;
  readonly maxRssMiB: number;
}

interface Part { readonly from: number; readonly to: number; readonly queues: number; readonly hours: number }
interface PartResult { readonly rows: number; readonly lines: number; readonly shares: number; readonly totalCents: bigint }

const period = periodAt(Date.UTC(2026, 0, 1));
const meters = ['mq_queue_passes', 'mq_queue_minutes'] as const;

/** Generates, adds up and rates tenants, one after the other: memory holds one tenant's queues, not its hours. */
export function ratePart({ from, to, queues, hours }: Part): PartResult {
  const plan = planOf('payg');
  const contract = { plan, book: catalogue.find(({ name }) => name === plan.priceBook)!, startsAtMs: 0, paymentTermsDays: 14, purchaseOrder: null };
  const sums = new Float64Array(queues * meters.length);
  let [rows, lines, shares, totalCents] = [0, 0, 0, 0n];
  for (let tenant = from; tenant < to; tenant += 1) {
    sums.fill(0);
    // xorshift32: the ledger of this tenant, row by row.
    let seed = (tenant + 1) * 2_654_435_761 | 0 || 1;
    for (let hour = 0; hour < hours; hour += 1) {
      for (let queue = 0; queue < queues; queue += 1) {
        seed ^= seed << 13;
        seed ^= seed >>> 17;
        seed ^= seed << 5;
        // Far below 2^53: 720 hours of at most 65,535 passes.
        sums[queue * 2]! += seed & 0xffff;
        sums[queue * 2 + 1]! += 60;
      }
    }
    rows += hours * queues * meters.length;
    const usage = new PeriodUsage(contract.book);
    for (let queue = 0; queue < queues; queue += 1) {
      meters.forEach((dimension, i) => usage.add({ namespaceId: 'ns_1', dimension, cause: 'publish', resourceId: `q_${queue}`, quantity: BigInt(sums[queue * 2 + i]!) }));
    }
    const invoice = composeInvoice({ tenantId: `tnt_${tenant}` as TenantId, period, contract, usage: usage.priced(), adjustments: [], credits: [], evidence: '' });
    lines += invoice.lines.length;
    shares += invoice.lines.reduce((sum, { subLines }) => sum + subLines.length, 0);
    totalCents += invoice.totalCents;
  }
  return { rows, lines, shares, totalCents };
}

export async function runRatingLoad({ tenants, queues, hours, threads }: RatingLoad): Promise<RatingResult> {
  const begunMs = performance.now();
  let maxRssBytes = 0;
  let running = true;
  const watching = (async () => {
    while (running) {
      maxRssBytes = Math.max(maxRssBytes, process.memoryUsage.rss());
      await wait(100);
    }
  })();
  const perThread = Math.ceil(tenants / threads);
  const parts = Array.from({ length: threads }, (_, i): Part => ({ from: i * perThread, to: Math.min(tenants, (i + 1) * perThread), queues, hours }));
  const results = await Promise.all(parts.map((part) => inThread(part)));
  running = false;
  await watching;
  const sum = (of: 'rows' | 'lines' | 'shares') => results.reduce((total, result) => total + result[of], 0);
  return {
    tenants, rows: sum('rows'), lines: sum('lines'), shares: sum('shares'), totalCents: String(results.reduce((total, result) => total + result.totalCents, 0n)),
    seconds: (performance.now() - begunMs) / 1_000, maxRssMiB: maxRssBytes / 1_048_576,
  };
}

function inThread(part: Part): Promise<PartResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: part });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

if (!isMainThread && parentPort !== null && workerData !== null) parentPort.postMessage(ratePart(workerData as Part));
else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [tenants = 100, queues = 500, hours = 720, threads = 2] = process.argv.slice(2).map(Number);
  process.stdout.write(`${JSON.stringify(await runRatingLoad({ tenants, queues, hours, threads }))}\n`);
}
