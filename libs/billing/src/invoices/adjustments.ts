import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { HourLedger, LedgerAdjustment } from '@waybill/metering';
import type { Contract } from '../prices/contracts.js';
import { isFreePrice, rate } from '../rating/rate.js';
import { PeriodUsage, priceFor } from '../rating/period-usage.js';
import type { PricedAdjustment } from './compose.js';
import { periodAt } from './period.js';
import type { Period } from './period.js';
import type { UsageSourceStore } from './usage-source.store.js';

/**
 * Prices adjustments billed in a period. A late unit costs what it would have cost in time: the difference it makes in its
 * own month, at that month's prices, after everything booked for that month before. So a unit inside the free part is
 * free, late or not, and no unit has two prices.
 */
export class AdjustmentPricing {
  constructor(
    private readonly ledger: HourLedger,
    private readonly source: UsageSourceStore,
    private readonly contractOf: (caller: Caller, period: Period) => Promise<Contract>,
  ) {}

  /** Fails with `adjustment_invalid` when a month would have used less than nothing, and `price_unknown`. */
  async price(caller: Caller, period: Period): Promise<PricedAdjustment[]> {
    const booked = await this.ledger.adjustments(caller, period.startMs);
    const months = Map.groupBy(booked, ({ hourMs }) => periodAt(hourMs).name);
    const priced: PricedAdjustment[] = [];
    for (const adjustments of months.values()) priced.push(...(await this.#ofMonth(caller, period, adjustments)));
    return priced.sort((a, b) => (a.reference.adjustmentId < b.reference.adjustmentId ? -1 : 1));
  }

  async #ofMonth(caller: Caller, billedIn: Period, adjustments: readonly LedgerAdjustment[]): Promise<PricedAdjustment[]> {
    const month = periodAt(adjustments[0]!.hourMs);
    const { book } = await this.contractOf(caller, month);
    const usage = new PeriodUsage(book);
    for await (const page of this.ledger.totals(caller, { fromMs: month.startMs, toMs: month.endMs })) page.forEach((total) => usage.add(total));
    const totals = new Map(usage.priced().map(({ price, quantity }) => [price, quantity]));
    const move = ({ dimension, cause, quantity }: LedgerAdjustment) => {
      const price = priceFor(book, dimension, cause);
      const before = totals.get(price) ?? 0n;
      if (before + quantity < 0n) throw new WaybillError('adjustment_invalid', { reason: `${dimension} of ${month.name} would be below 0` });
      totals.set(price, before + quantity);
      return { before: rate(price, before), after: rate(price, before + quantity) };
    };
    for (const earlier of await this.source.adjustmentsOf(caller, month)) if (earlier.bookedMs < billedIn.startMs) move(earlier);
    // What has no price has no line, late or not.
    const charged = adjustments.filter(({ dimension, cause }) => !isFreePrice(priceFor(book, dimension, cause)));
    return charged.map((adjustment) => ({
      ...move(adjustment), dimension: adjustment.dimension,
      reference: { adjustmentId: adjustment.id, hourMs: adjustment.hourMs, reason: adjustment.reason },
      part: { namespaceId: adjustment.namespaceId, resourceId: adjustment.resourceId, quantity: adjustment.quantity },
    }));
  }
}
