import { roundToCents } from '../money/amount.js';
import { checkQuantity } from './price.js';
import type { Price, Tier } from './price.js';

/** The arithmetic of one tier: quantity * unitE12 + flatE12 = amountE12. */
export interface TierCharge {
  /** Units before this tier. */
  readonly above: bigint;
  readonly upTo: bigint | null;
  readonly quantity: bigint;
  readonly unitE12: bigint;
  readonly flatE12: bigint;
  readonly amountE12: bigint;
}

export interface Rated {
  readonly quantity: bigint;
  /** Units that cost nothing. */
  readonly freeQuantity: bigint;
  readonly billedQuantity: bigint;
  /** Price of the last unit. */
  readonly unitE12: bigint;
  readonly tiers: readonly TierCharge[];
  readonly amountE12: bigint;
  /** Rounded once, half up (billing.md §5). */
  readonly amountCents: bigint;
}

/** What a quantity costs at a price that `checkPrice` has accepted. Fails with `quantity_invalid`. */
export function rate(price: Price, quantity: bigint): Rated {
  checkQuantity(price.dimension, quantity);
  const tiers = price.kind === 'graduated' ? graduated(price.tiers, quantity) : whole(price, quantity);
  let [amountE12, freeQuantity] = [0n, 0n];
  for (const tier of tiers) {
    amountE12 += tier.amountE12;
    if (tier.unitE12 === 0n && tier.flatE12 === 0n) freeQuantity += tier.quantity;
  }
  const last = tiers.at(-1) ?? charge(price.tiers[0]!, 0n, 0n);
  return { quantity, freeQuantity, billedQuantity: quantity - freeQuantity, unitE12: last.unitE12, tiers, amountE12, amountCents: roundToCents(amountE12) };
}

function graduated(tiers: readonly Tier[], quantity: bigint): TierCharge[] {
  const charges: TierCharge[] = [];
  let above = 0n;
  for (const tier of tiers) {
    if (above >= quantity) break;
    const end = tier.upTo === null || tier.upTo > quantity ? quantity : tier.upTo;
    charges.push(charge(tier, above, end - above));
    above = end;
  }
  return charges;
}

/** Volume and flat: the one tier the total falls in prices it whole. */
function whole({ kind, tiers }: Price, quantity: bigint): TierCharge[] {
  if (quantity === 0n && kind === 'volume') return [];
  const reached = tiers.findIndex(({ upTo }) => upTo === null || quantity <= upTo);
  return [charge(tiers[reached]!, 0n, quantity)];
}

function charge({ upTo, unitE12, flatE12 }: Tier, above: bigint, quantity: bigint): TierCharge {
  return { above, upTo, quantity, unitE12, flatE12, amountE12: quantity * unitE12 + flatE12 };
}

/** Whether no quantity ever costs anything. */
export function isFreePrice({ tiers }: Price): boolean {
  return tiers.every(({ unitE12, flatE12 }) => unitE12 === 0n && flatE12 === 0n);
}
