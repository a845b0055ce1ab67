import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import { silentLogger } from '@waybill/kernel';
import { openBilling } from '../open-billing.store.js';
import type { Billing } from '../open-billing.store.js';
import { periodAt } from '../invoices/period.js';
import type { Period } from '../invoices/period.js';
import { systemCaller } from '../tenants/system-caller.js';

export interface LedgerRating {
  readonly tenants: number;
  readonly lines: number;
  /** Of queues, exchanges and namespaces in the lines. */
  readonly shares: number;
  /** Units rated, by meter. */
  readonly quantities: Readonly<Record<string, string>>;
  readonly totalCents: string;
  readonly seconds: number;
  readonly maxRssMiB: number;
}

const tenantsPerPage = 200;

/**
 * The invoice of every tenant with usage in a period, computed from PostgreSQL as closing the period does, and stored nowhere.
 * Memory holds a page of tenant ids and the queues of as many tenants as there are lanes.
 */
export async function rateLedger({ ledger, composer }: Pick<Billing, 'ledger' | 'composer'>, period: Period, lanes: number): Promise<Omit<LedgerRating, 'seconds' | 'maxRssMiB'>> {
  let [tenants, lines, shares, totalCents] = [0, 0, 0, 0n];
  const quantities = new Map<string, bigint>();
  for await (const page of ledger.tenants({ fromMs: period.startMs, toMs: period.endMs }, tenantsPerPage)) {
    const waiting = [...page];
    await Promise.all(Array.from({ length: lanes }, async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const invoice = await composer.compose(systemCaller(id as TenantId, 'rating'), period);
        tenants += 1;
        totalCents += invoice.totalCents;
        for (const { dimension, quantity, subLines } of invoice.lines) {
          lines += 1;
          shares += subLines.length;
          if (dimension !== null) quantities.set(dimension, (quantities.get(dimension) ?? 0n) + quantity);
        }
      }
    }));
  }
  return { tenants, lines, shares, totalCents: String(totalCents), quantities: Object.fromEntries([...quantities].map(([dimension, quantity]) => [dimension, String(quantity)])) };
}

/** `databaseUrl month lanes`, the month as any of its days; prints a LedgerRating. */
async function main([databaseUrl = '', month = '', lanes = '3']: readonly string[]): Promise<void> {
  const database = new Database({ url: databaseUrl });
  const nothing = (): Promise<void> => Promise.resolve();
  const billing = openBilling({
    database, logger: silentLogger, rules: { defaultPlan: 'payg', reviewAboveCents: 0n, twoPersonLimitCents: 0n },
    gate: { set: () => Promise.resolve('in_force'), quota: () => Promise.resolve({ limits: null, used: {} }) }, prices: { publish: nothing }, notify: () => Promise.resolve('sent'),
  });
  await billing.prepare();
  let [maxRssBytes, running] = [0, true];
  const watching = (async () => {
    while (running) {
      maxRssBytes = Math.max(maxRssBytes, process.memoryUsage.rss());
      await wait(100);
    }
  })();
  const begunMs = performance.now();
  const rated = await rateLedger(billing, periodAt(Date.parse(month)), Number(lanes));
  const result: LedgerRating = { ...rated, seconds: (performance.now() - begunMs) / 1_000, maxRssMiB: 0 };
  running = false;
  await watching;
  await database.close();
  process.stdout.write(`${JSON.stringify({ ...result, maxRssMiB: maxRssBytes / 1_048_576 })}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
