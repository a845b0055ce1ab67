import type { Caller } from '@waybill/kernel';
import type { HourLedger, LedgerTotal } from '@waybill/metering';
import type { Credits } from '../credits/credits.js';
import type { Contract, Contracts } from '../prices/contracts.js';
import { PeriodUsage } from '../rating/period-usage.js';
import type { PricedUsage } from '../rating/period-usage.js';
import { AdjustmentPricing } from './adjustments.js';
import { composeInvoice } from './compose.js';
import type { ComposedInvoice } from './invoice.js';
import { periodAt } from './period.js';
import type { Period } from './period.js';
import type { UsageSourceStore } from './usage-source.store.js';

/** Computes the invoice of a tenant for a period from the ledger as it is now; stores nothing. */
export class Composer {
  readonly #adjustments: AdjustmentPricing;

  constructor(
    private readonly ledger: HourLedger,
    private readonly source: UsageSourceStore,
    private readonly contracts: Contracts,
    private readonly credits: Credits,
  ) {
    this.#adjustments = new AdjustmentPricing(ledger, source, (caller, period) => contracts.of(caller, period));
  }

  /** On another contract than the tenant's when one is given: what if. Fails with `price_unknown`, `adjustment_invalid`. */
  async compose(caller: Caller, period: Period, on?: Contract): Promise<ComposedInvoice> {
    return (await this.composeWithUsage(caller, period, on)).composed;
  }

  /** With everything that was used, also what the prices let pass for nothing and the invoice has no line of: quotas count it. */
  async composeWithUsage(caller: Caller, period: Period, on?: Contract): Promise<{ readonly composed: ComposedInvoice; readonly usage: readonly PricedUsage[] }> {
    const contract = on ?? (await this.contracts.of(caller, period));
    const usage = new PeriodUsage(contract.book);
    for await (const page of this.ledger.totals(caller, { fromMs: period.startMs, toMs: period.endMs })) page.forEach((total) => usage.add(total));
    const priced = usage.priced();
    const composed = composeInvoice({
      tenantId: caller.tenantId, period, contract, usage: priced,
      adjustments: await this.#adjustments.price(caller, period),
      credits: on === undefined ? await this.credits.available(caller, contract.book.currency) : [],
      evidence: await this.source.evidence(caller, period),
    });
    return { composed, usage: priced };
  }

  /** Quantities nobody used: for the calculator. Fails with `quantity_invalid`, `price_unknown`. */
  estimate(caller: Caller, contract: Contract, quantities: readonly (readonly [dimension: string, quantity: bigint])[], nowMs: number): ComposedInvoice {
    const usage = new PeriodUsage(contract.book);
    const of = (dimension: string, quantity: bigint): LedgerTotal => ({ namespaceId: '', resourceId: '', dimension, cause: '', quantity });
    for (const [dimension, quantity] of quantities) usage.add(of(dimension, quantity));
    return composeInvoice({ tenantId: caller.tenantId, period: periodAt(nowMs), contract, usage: usage.priced(), adjustments: [], credits: [], evidence: '' });
  }

  /** Hours before this moment never change again. */
  sealedThroughMs(caller: Caller): Promise<number> {
    return this.ledger.sealedThroughMs(caller);
  }
}
