import type { TenantId } from '@waybill/kernel';

/**
 * Why counts of the same thing differ. `ledger_changed`: a record is not the sum of its entries. `lost_counter`: what is kept
 * beside the ledger (log, attempts, lifetimes, samples) has what was never counted. `lost_log`: the ledger has what that has not. `not_sent`: nothing was written down for Stripe.
 * `waiting`: on its way there. `parked`: refused. `too_old`: may not be sent any more. `stripe_lag`: accepted, not in the
 * hourly sums yet. `overwritten`: confirmed once, and Stripe says something else now. `late`: booked after the hour was sealed, and
 * billed as an adjustment. `invoice`: our invoice has another quantity than the ledger. `stripe_invoice`: Stripe's invoice has
 * another quantity than was confirmed. `price`: the quantities of both invoices, or of both previews, agree, their amounts do not. Of the
 * preview alone: `preview`: every hour is confirmed, and Stripe's preview has another quantity. `currency`, `period`: it is in another
 * currency, or of another month. `foreign_line`: it has lines that are not ours. `stripe_credit`: Stripe would burn credit that we did not
 * grant for this invoice. `customer_deleted`, `no_subscription`: there is nobody to bill at Stripe.
 */
export const differenceCauses = [
  'ledger_changed', 'lost_counter', 'lost_log', 'not_sent', 'waiting', 'parked', 'too_old', 'stripe_lag', 'overwritten', 'late', 'invoice', 'stripe_invoice', 'price',
  'preview', 'currency', 'period', 'foreign_line', 'stripe_credit', 'customer_deleted', 'no_subscription',
] as const;
export type CountDifferenceCause = (typeof differenceCauses)[number];

/** Who has to do something about it. `nobody`: it is explained, or passes by itself. */
export const differenceOwners: Readonly<Record<CountDifferenceCause, 'worker' | 'finance' | 'stripe' | 'nobody'>> = {
  ledger_changed: 'finance', lost_counter: 'finance', lost_log: 'finance', not_sent: 'worker', waiting: 'worker', parked: 'finance', too_old: 'finance', stripe_lag: 'stripe', overwritten: 'worker', late: 'nobody',
  invoice: 'finance', stripe_invoice: 'finance', price: 'finance',
  preview: 'finance', currency: 'finance', period: 'finance', foreign_line: 'finance', stripe_credit: 'finance', customer_deleted: 'finance', no_subscription: 'finance',
};

/**
 * The legs of billing.md §7 for an hour of a meter, over all namespaces of a tenant. Null: this leg cannot say, because there
 * is not everything that it is counted from, no Stripe, or no invoice yet.
 */
export interface Counts {
  /** A: counted again from the message log, attempts, lifetimes or samples when the hour was sealed. */
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
  /** What Stripe would bill if the running period ended now; beside it stands what of the ledger is sealed. */
  readonly preview: bigint | null;
}

export interface CountDifference extends Counts {
  readonly tenantId: TenantId;
  /** Empty for what is found of a whole invoice. */
  readonly meter: string;
  readonly scope: 'hour' | 'period' | 'preview';
  /** First millisecond of the hour or of the period; of a preview, the hour that explains it, if one does. */
  readonly atMs: number;
  readonly cause: CountDifferenceCause;
  /** What the units apart would cost at the highest price of a tier, never less than what is at stake; 10^-12 cent. */
  readonly atStakeE12: bigint;
  /** Of a preview: what the line costs here and there. */
  readonly cents: { readonly ours: bigint; readonly theirs: bigint } | null;
}

/** Between the smallest and the largest count. */
export function unitsApart({ log, ledger, entries, late, pushed, summary, invoice, stripeLine, preview }: Counts): bigint {
  const known = [log, ledger, entries, ledger + late, pushed, summary, invoice, stripeLine, preview].filter((count) => count !== null);
  return known.reduce((most, count) => (count > most ? count : most)) - known.reduce((least, count) => (count < least ? count : least));
}
