import type { Caller, Clock } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';
import { roundToCents } from '../money/amount.js';
import { meters } from '../prices/meters.js';
import type { PriceBook } from '../prices/price-book.js';
import type { HourTotalStore } from '../stripe/meters/hour-total.store.js';
import type { MeterPush } from '../stripe/meters/meter-push.js';
import type { MeterPushStore } from '../stripe/meters/meter-push.store.js';
import type { StripeLine } from '../stripe/invoices/invoice-comparison.js';

/**
 * Why the ledger and Stripe differ in an hour. `not_sent`: nothing was written down for it yet. `waiting`: on its way.
 * `parked`: refused, a person must look. `too_old`: may not be sent any more. `stripe_lag`: accepted, not in the sums yet.
 * `overwritten`: confirmed once, and Stripe says something else now. `invoice`: the hours agree, the line does not.
 */
export type StripeDifferenceCause = 'not_sent' | 'waiting' | 'parked' | 'too_old' | 'stripe_lag' | 'overwritten' | 'invoice';

/** Who has to do something about it. */
const owners: Readonly<Record<StripeDifferenceCause, 'worker' | 'finance' | 'stripe'>> = {
  not_sent: 'worker', waiting: 'worker', parked: 'finance', too_old: 'finance', stripe_lag: 'stripe', overwritten: 'worker', invoice: 'finance',
};

/** B: ledger. D: confirmed push. E: Stripe's hourly sum. F: Stripe's invoice line, over the whole period. */
export interface StripeDifference {
  readonly meter: string;
  /** Null for the line of the period. */
  readonly hourMs: number | null;
  readonly ledger: bigint;
  /** Null where none is confirmed. */
  readonly pushed: bigint | null;
  readonly summary: bigint | null;
  readonly line: bigint | null;
  readonly cause: StripeDifferenceCause;
  readonly owner: 'worker' | 'finance' | 'stripe';
  /** Since the end of the hour or of the period, ms. */
  readonly ageMs: number;
  /** What the units would cost at the highest price of a tier: never less than what is at stake. */
  readonly atStakeCents: bigint;
}

export interface StripeLegs {
  readonly totals: Pick<HourTotalStore, 'totals'>;
  readonly pushes: Pick<MeterPushStore, 'newest'>;
  readonly summaries: { read(tenantId: Caller['tenantId'], meter: string, fromMs: number, toMs: number): Promise<ReadonlyMap<number, bigint>> };
  /** Of the period's invoice at Stripe; null when there is none yet. */
  readonly lines: (caller: Caller, period: Period) => Promise<readonly StripeLine[] | null>;
}

const hourMs = 3_600_000;

/** Legs B, D, E and F of the reconciliation report (billing.md §7); A, B and C are those of `Reconciliation`. */
export class StripeReconciliation {
  constructor(
    private readonly legs: StripeLegs,
    private readonly clock: Clock,
  ) {}

  /** Every difference of a tenant's period, oldest first; empty when B = D = E hour by hour and sum(D) = F. */
  async period(caller: Caller, period: Period, book: PriceBook): Promise<StripeDifference[]> {
    const toMs = Math.min(period.endMs, Math.floor(this.clock.nowMs() / hourMs) * hourMs);
    const totals = (await this.legs.totals.totals(caller.tenantId, period.startMs, toMs)).filter(({ meter }) => meters.includes(meter));
    const pushes = await this.legs.pushes.newest(caller.tenantId, period.startMs, toMs);
    const lines = await this.legs.lines(caller, period);
    const found: StripeDifference[] = [];
    for (const meter of meters) {
      const ledger = new Map(totals.filter((row) => row.meter === meter).map((row) => [row.hourMs, row.quantity]));
      const pushed = new Map(pushes.filter((row) => row.meter === meter).map((row) => [row.hourMs, row]));
      if (ledger.size === 0 && pushed.size === 0) continue;
      const summaries = await this.legs.summaries.read(caller.tenantId, meter, period.startMs, toMs);
      found.push(...this.#hours(meter, book, { ledger, pushed, summaries }));
      if (lines !== null) found.push(...this.#line(meter, book, period, pushed, lines));
    }
    return found.sort((a, b) => b.ageMs - a.ageMs);
  }

  #hours(meter: string, book: PriceBook, legs: { ledger: ReadonlyMap<number, bigint>; pushed: ReadonlyMap<number, MeterPush>; summaries: ReadonlyMap<number, bigint> }): StripeDifference[] {
    const hours = new Set([...legs.ledger.keys(), ...legs.pushed.keys(), ...legs.summaries.keys()]);
    return [...hours].flatMap((at): StripeDifference[] => {
      const [ledger, push, summary] = [legs.ledger.get(at) ?? 0n, legs.pushed.get(at), legs.summaries.get(at) ?? 0n];
      const confirmed = push?.state === 'confirmed' ? push.quantity : null;
      if (ledger === summary && (confirmed === ledger || (ledger === 0n && push === undefined))) return [];
      const cause = causeOf(ledger, push, summary);
      return [this.#difference({ meter, hourMs: at, ledger, pushed: confirmed, summary, line: null, cause, endMs: at + hourMs, units: ledger - summary }, book)];
    });
  }

  #line(meter: string, book: PriceBook, period: Period, pushed: ReadonlyMap<number, MeterPush>, lines: readonly StripeLine[]): StripeDifference[] {
    const sent = [...pushed.values()].filter(({ state }) => state === 'confirmed').reduce((sum, { quantity }) => sum + quantity, 0n);
    const line = lines.filter(({ dimension }) => dimension === meter).reduce((sum, { quantity }) => sum + quantity, 0n);
    if (sent === line) return [];
    return [this.#difference({ meter, hourMs: null, ledger: sent, pushed: sent, summary: null, line, cause: 'invoice', endMs: period.endMs, units: sent - line }, book)];
  }

  #difference({ endMs, units, ...row }: Omit<StripeDifference, 'owner' | 'ageMs' | 'atStakeCents'> & { endMs: number; units: bigint }, book: PriceBook): StripeDifference {
    const highestE12 = (book.prices.find(({ dimension }) => dimension === row.meter)?.tiers ?? []).reduce((most, { unitE12 }) => (unitE12 > most ? unitE12 : most), 0n);
    return { ...row, owner: owners[row.cause], ageMs: Math.max(0, this.clock.nowMs() - endMs), atStakeCents: roundToCents((units < 0n ? -units : units) * highestE12) };
  }
}

function causeOf(ledger: bigint, push: MeterPush | undefined, summary: bigint): StripeDifferenceCause {
  if (push === undefined || push.quantity !== ledger) return 'not_sent';
  if (push.state === 'parked' || push.state === 'too_old') return push.state;
  if (push.state === 'accepted') return 'stripe_lag';
  return push.state === 'confirmed' && push.quantity !== summary ? 'overwritten' : 'waiting';
}
