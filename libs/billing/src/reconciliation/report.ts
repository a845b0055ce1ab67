import type { TenantId } from '@waybill/kernel';

/**
 * Why counts of the same thing differ. `ledger_changed`: a record is not the sum of its entries. `lost_counter`: the log has
 * what was never counted. `lost_log`: the ledger has what the log has not. `not_sent`: nothing was written down for Stripe.
 * `waiting`: on its way there. `parked`: refused. `too_old`: may not be sent any more. `stripe_lag`: accepted, not in the
 * hourly sums yet. `overwritten`: confirmed once, and Stripe says something else now. `late`: booked after the hour was sealed, and
 * billed as an adjustment. `invoice`: our invoice has another quantity than the ledger. `stripe_invoice`: Stripe's invoice has
 * another quantity than was confirmed. `price`: the quantities of both invoices agree, their amounts do not.
 */
export const differenceCauses = [
  'ledger_changed', 'lost_counter', 'lost_log', 'not_sent', 'waiting', 'parked', 'too_old', 'stripe_lag', 'overwritten', 'late', 'invoice', 'stripe_invoice', 'price',
] as const;
export type CountDifferenceCause = (typeof differenceCauses)[number];

/** Who has to do something about it. `nobody`: it is explained, or passes by itself. */
export const differenceOwners: Readonly<Record<CountDifferenceCause, 'worker' | 'finance' | 'stripe' | 'nobody'>> = {
  ledger_changed: 'finance', lost_counter: 'finance', lost_log: 'finance', not_sent: 'worker', waiting: 'worker', parked: 'finance', too_old: 'finance', stripe_lag: 'stripe', overwritten: 'worker', late: 'nobody',
  invoice: 'finance', stripe_invoice: 'finance', price: 'finance',
};

/**
 * The legs of billing.md §7 for an hour of a meter, over all namespaces of a tenant. Null: this leg cannot say, because there
 * is no log of all of it, no Stripe, or no invoice yet.
 */
export interface Counts {
  /** A: counted again from the message log when the hour was sealed. */
  readonly log: bigint | null;
  /** B */
  readonly ledger: bigint;
  /** C: sum of entries. */
  readonly entries: bigint;
  /** Booked late; part of neither B nor C. */
  readonly late: bigint;
  /** D: confirmed by Stripe. */
  readonly pushed: bigint | null;
  /** E: Stripe's hourly sum. */
  readonly summary: bigint | null;
  /** F: our line, over the period. */
  readonly invoice: bigint | null;
  /** F: Stripe's line, over the period. */
  readonly stripeLine: bigint | null;
}

export interface CountDifference extends Counts {
  readonly tenantId: TenantId;
  readonly meter: string;
  readonly scope: 'hour' | 'period';
  /** First millisecond of the hour or of the period. */
  readonly atMs: number;
  readonly cause: CountDifferenceCause;
  /** What the units apart would cost at the highest price of a tier, never less than what is at stake; 10^-12 cent. */
  readonly atStakeE12: bigint;
}

/** Between the smallest and the largest count. */
export function unitsApart({ log, ledger, entries, late, pushed, summary, invoice, stripeLine }: Counts): bigint {
  const known = [log, ledger, entries, ledger + late, pushed, summary, invoice, stripeLine].filter((count) => count !== null);
  return known.reduce((most, count) => (count > most ? count : most)) - known.reduce((least, count) => (count < least ? count : least));
}
