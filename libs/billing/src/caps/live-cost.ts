import type { Caller, Clock } from '@waybill/kernel';
import type { HourLedger } from '@waybill/metering';
import { sharesOf } from '../money/shares.js';
import type { Composer } from '../invoices/composer.js';
import { composeInvoice } from '../invoices/compose.js';
import type { ComposedInvoice } from '../invoices/invoice.js';
import { periodAt } from '../invoices/period.js';
import type { Period } from '../invoices/period.js';
import type { UsageSourceStore } from '../invoices/usage-source.store.js';
import type { Contracts } from '../prices/contracts.js';
import { PeriodUsage, priceFor } from '../rating/period-usage.js';

export interface LiveCost {
  readonly composed: ComposedInvoice;
  /** At the pace of the last seven days, minutes and archive as they are now. */
  readonly forecastCents: bigint;
  /** Exact shares; what a day used, priced by the month's average. */
  readonly days: readonly { readonly day: string; readonly amountE12: bigint }[];
  readonly resources: readonly { readonly namespaceId: string; readonly resourceId: string; readonly amountE12: bigint }[];
}

const dayMs = 86_400_000;
const paceDays = 7;
const mostResources = 20;

/** What the running period costs so far and will have cost, by the code that makes the invoice. */
export class LiveCosts {
  constructor(
    private readonly composer: Composer,
    private readonly ledger: HourLedger,
    private readonly source: UsageSourceStore,
    private readonly contracts: Contracts,
    private readonly clock: Clock,
  ) {}

  /** Fails with `price_unknown`. */
  async read(caller: Caller): Promise<LiveCost> {
    const period = periodAt(this.clock.nowMs());
    const composed = await this.composer.compose(caller, period);
    return { composed, forecastCents: await this.#forecast(caller, period), days: await this.#days(caller, period, composed), resources: dearest(composed) };
  }

  /** What is used, and for each day that is left a seventh of the last seven full days; rated like any month. */
  async #forecast(caller: Caller, period: Period): Promise<bigint> {
    const contract = await this.contracts.of(caller, period);
    const nowMs = this.clock.nowMs();
    const todayMs = Math.floor(nowMs / dayMs) * dayMs;
    const [usage, pace] = [new PeriodUsage(contract.book), new PeriodUsage(contract.book)];
    for await (const page of this.ledger.totals(caller, { fromMs: period.startMs, toMs: period.endMs })) page.forEach((total) => usage.add(total));
    for await (const page of this.ledger.totals(caller, { fromMs: todayMs - paceDays * dayMs, toMs: todayMs })) page.forEach((total) => pace.add(total));
    const leftMs = BigInt(period.endMs - nowMs);
    const perWeek = new Map(pace.priced().map(({ price, quantity }) => [price, quantity]));
    const expected = usage.priced().map(({ price, quantity }) => ({ price, parts: [], quantity: quantity + ((perWeek.get(price) ?? 0n) * leftMs) / BigInt(paceDays * dayMs) }));
    return composeInvoice({ tenantId: caller.tenantId, period, contract, usage: expected, adjustments: [], credits: [], evidence: '' }).subtotalCents;
  }

  async #days(caller: Caller, period: Period, composed: ComposedInvoice): Promise<LiveCost['days']> {
    const { book } = await this.contracts.of(caller, period);
    const rows = (await this.source.days(caller, period)).flatMap((row) => {
      const priced = book.prices.some(({ dimension }) => dimension === row.dimension);
      return priced ? [{ ...row, price: priceFor(book, row.dimension, row.cause) }] : [];
    });
    const sums = new Map<string, bigint>();
    for (const [price, ofPrice] of Map.groupBy(rows, (row) => row.price)) {
      const line = composed.lines.find(({ kind, dimension, cause }) => kind === 'usage' && dimension === price.dimension && (cause ?? '') === price.cause);
      const shares = sharesOf(line?.amountE12 ?? 0n, ofPrice.map(({ quantity }) => quantity));
      ofPrice.forEach(({ day }, i) => sums.set(day, (sums.get(day) ?? 0n) + shares[i]!));
    }
    return [...sums].map(([day, amountE12]) => ({ day, amountE12 })).sort((a, b) => (a.day < b.day ? -1 : 1));
  }
}

function dearest({ lines }: ComposedInvoice): LiveCost['resources'] {
  const sums = new Map<string, { namespaceId: string; resourceId: string; amountE12: bigint }>();
  for (const { subLines } of lines) {
    for (const { namespaceId, resourceId, amountE12 } of subLines) {
      const key = `${namespaceId}|${resourceId}`;
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, { namespaceId, resourceId, amountE12 });
      else sum.amountE12 += amountE12;
    }
  }
  return [...sums.values()].sort((a, b) => (a.amountE12 > b.amountE12 ? -1 : 1)).slice(0, mostResources);
}
