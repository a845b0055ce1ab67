/** Exact rational arithmetic of its own, so that it can contradict the product's. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

export interface Tier {
  /** Last unit of the tier; null for the rest. */
  readonly upTo: bigint | null;
  readonly unitAmount: string | null;
  readonly flatAmount: string | null;
}

export interface PriceTiers {
  readonly scheme: 'per_unit' | 'tiered';
  readonly tiersMode: 'graduated' | 'volume' | null;
  /** Cents per unit, at most twelve decimals; null for tiered prices. */
  readonly unitAmount: string | null;
  readonly tiers: readonly Tier[];
}

export interface PricedPart {
  readonly quantity: bigint;
  readonly unitAmount: string | null;
  /** Cents, rounded once. */
  readonly amount: bigint;
}

export function fraction(decimal: string): Fraction {
  const [whole = '0', part = ''] = decimal.split('.');
  return { n: BigInt(whole + part), d: 10n ** BigInt(part.length) };
}

/** To whole cents; a half goes up where `halfUp`, else to the even neighbour. */
export function round({ n, d }: Fraction, halfUp = true): bigint {
  const floor = n / d - (n < 0n && n % d !== 0n ? 1n : 0n);
  const twice = 2n * (n - floor * d);
  if (twice === d) return halfUp || floor % 2n !== 0n ? floor + 1n : floor;
  return twice > d ? floor + 1n : floor;
}

/**
 * What a quantity costs: one part for each tier that was reached, or one in all. Every part is rounded by itself
 * and then added up (docs.stripe.com/billing/subscriptions/usage-based/decimal-amounts).
 */
export function priced(price: PriceTiers, quantity: bigint, rule: { readonly perTier: boolean; readonly halfUp: boolean }): PricedPart[] {
  const part = (units: bigint, unitAmount: string | null, exact: Fraction): PricedPart => ({ quantity: units, unitAmount, amount: round(exact, rule.halfUp) });
  if (price.scheme === 'per_unit') return [part(quantity, price.unitAmount, times(price.unitAmount, quantity))];
  if (price.tiersMode === 'volume') {
    const tier = price.tiers.find(({ upTo }) => upTo === null || quantity <= upTo) ?? price.tiers.at(-1)!;
    return [part(quantity, tier.unitAmount, plus(times(tier.unitAmount, quantity), times(tier.flatAmount, 1n)))];
  }
  const reached = slices(price.tiers, quantity).map(({ tier, units }) => ({ tier, units, exact: plus(times(tier.unitAmount, units), times(tier.flatAmount, 1n)) }));
  if (rule.perTier) return reached.map(({ tier, units, exact }) => part(units, tier.unitAmount, exact));
  return [part(quantity, null, reached.reduce((sum, { exact }) => plus(sum, exact), { n: 0n, d: 1n }))];
}

function slices(tiers: readonly Tier[], quantity: bigint): { tier: Tier; units: bigint }[] {
  const found: { tier: Tier; units: bigint }[] = [];
  let from = 0n;
  for (const tier of tiers) {
    const to = tier.upTo === null || tier.upTo > quantity ? quantity : tier.upTo;
    if (to > from || found.length === 0) found.push({ tier, units: to - from });
    from = to;
    if (from >= quantity) break;
  }
  return found;
}

function times(decimal: string | null, units: bigint): Fraction {
  const { n, d } = fraction(decimal ?? '0');
  return { n: n * units, d };
}

function plus(a: Fraction, b: Fraction): Fraction {
  return { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}
