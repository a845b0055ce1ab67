import { WaybillError } from '@waybill/kernel';

/** graduated: each unit at the price of its tier. volume: all units at the price of the tier the total falls in. flat: one price for any use. */
export const priceKinds = ['graduated', 'volume', 'flat'] as const;
export type PriceKind = (typeof priceKinds)[number];

export interface Tier {
  /** Last unit of the tier; null in the last one. */
  readonly upTo: bigint | null;
  /** Price of a unit, 10^-12 cent. */
  readonly unitE12: bigint;
  /** Added once when the tier is reached with at least one unit, 10^-12 cent. */
  readonly flatE12: bigint;
}

export interface Price {
  readonly dimension: string;
  /** Cause it is for (publish, replay, ...); empty for every cause without a price of its own. */
  readonly cause: string;
  readonly kind: PriceKind;
  readonly tiers: readonly Tier[];
}

/** Far above what a tenant can use in a month, far below what a counter holds. */
export const largestQuantity = 10n ** 15n;
/** A thousand dollars a unit. */
const largestUnitE12 = 10n ** 17n;
const mostTiers = 20;

/** Fails with `quantity_invalid` for anything but a whole number from 0 to 10^15. */
export function checkQuantity(dimension: string, quantity: unknown): bigint {
  if (typeof quantity === 'bigint' && quantity >= 0n && quantity <= largestQuantity) return quantity;
  throw new WaybillError('quantity_invalid', { dimension, limit: String(largestQuantity) });
}

/** A quantity as people send it. Fails with `quantity_invalid`. */
export function parseQuantity(dimension: string, text: string): bigint {
  return checkQuantity(dimension, /^(0|[1-9]\d{0,15})$/.test(text) ? BigInt(text) : null);
}

/** Fails with `price_tiers_invalid`: a gap, an overlap, an end that is not open, a negative price. */
export function checkPrice({ dimension, kind, tiers }: Price): void {
  const refuse = (reason: string): never => {
    throw new WaybillError('price_tiers_invalid', { dimension, reason });
  };
  if (!priceKinds.includes(kind)) refuse(`"${String(kind)}" is no kind of price`);
  if (tiers.length === 0) refuse('there is no tier');
  if (tiers.length > mostTiers) refuse(`there are more than ${mostTiers} tiers`);
  if (kind === 'flat' && tiers.length !== 1) refuse('a flat price has one tier');
  let before = 0n;
  for (const [index, { upTo, unitE12, flatE12 }] of tiers.entries()) {
    const which = `tier ${index + 1}`;
    if (typeof unitE12 !== 'bigint' || typeof flatE12 !== 'bigint') refuse(`${which} has a price that is no whole number of 10^-12 cent`);
    if (unitE12 < 0n || flatE12 < 0n) refuse(`${which} has a negative price`);
    if (unitE12 > largestUnitE12 || flatE12 > largestUnitE12 * 1_000n) refuse(`${which} has an absurd price`);
    if (kind === 'flat' && unitE12 !== 0n) refuse('a flat price has no price of a unit');
    const isLast = index === tiers.length - 1;
    if (isLast) {
      if (upTo !== null) refuse(`nothing is priced above ${String(upTo)}`);
    } else {
      if (upTo === null) return refuse(`${which} is open, so those after it overlap it`);
      if (typeof upTo !== 'bigint') refuse(`${which} ends at no whole number`);
      if (upTo <= before) refuse(`${which} ends at ${String(upTo)} and overlaps the one before, which ends at ${String(before)}`);
      before = upTo;
    }
  }
}

/** A price of one unit, first `free` units at none. */
export function metered(dimension: string, unitE12: bigint, free = 0n, cause = ''): Price {
  const open: Tier = { upTo: null, unitE12, flatE12: 0n };
  return { dimension, cause, kind: 'graduated', tiers: free === 0n ? [open] : [{ upTo: free, unitE12: 0n, flatE12: 0n }, open] };
}

export function free(dimension: string, cause = ''): Price {
  return metered(dimension, 0n, 0n, cause);
}
