import { UsageError } from '../failure.js';
import { parseE12 } from './amounts.js';
import { count } from './export-file.js';
import type { ExportHead } from './export-file.js';

interface Tier {
  /** Last unit of the tier; null: no end. */
  readonly upTo: bigint | null;
  readonly unitE12: bigint;
  /** Added once when the tier is reached. */
  readonly flatE12: bigint;
}

export interface Price {
  readonly dimension: string;
  /** Empty for every cause without a price of its own. */
  readonly cause: string;
  readonly kind: 'graduated' | 'volume' | 'flat';
  readonly tiers: readonly Tier[];
}

/** quantity x unitE12 + flatE12 = amountE12. */
export interface Charge {
  readonly quantity: bigint;
  readonly unitE12: bigint;
  readonly flatE12: bigint;
  readonly amountE12: bigint;
}

export type PriceView = ExportHead['priceBook']['prices'][number];

/** A price as the export writes it. Fails with a sentence where its tiers leave a gap or overlap. */
export function readPrice({ dimension, cause, kind, tiers }: PriceView): Price {
  const at = `the price of ${dimension}`;
  const read = tiers.map(({ upTo, unitPrice, flatPrice }) => ({ upTo: upTo === null ? null : count(upTo, at), unitE12: decimal(unitPrice, at), flatE12: decimal(flatPrice, at) }));
  const rising = read.every(({ upTo }, i) => (i === read.length - 1 ? upTo === null : upTo !== null && upTo > (i === 0 ? 0n : (read[i - 1]?.upTo ?? 0n))));
  if (read.length === 0 || !rising || (kind === 'flat' && read.length > 1)) throw new UsageError(`The export is damaged: the tiers of ${at} leave a gap or overlap.`);
  return { dimension, cause: cause ?? '', kind, tiers: read };
}

export function decimal(text: string, at: string): bigint {
  const value = parseE12(text);
  if (value === undefined) throw new UsageError(`The export is damaged: ${at} has "${text}", which is no price.`);
  return value;
}

/** What a quantity costs, tier by tier. Graduated: each unit at its tier's price. Volume: all at the tier the total falls in. Flat: once. */
export function chargesOf({ kind, tiers }: Price, quantity: bigint): Charge[] {
  if (kind === 'flat') return [chargeOf(tiers[0]!, quantity)];
  if (quantity === 0n) return [];
  if (kind === 'volume') return [chargeOf(tiers.find(({ upTo }) => upTo === null || quantity <= upTo)!, quantity)];
  const charges: Charge[] = [];
  let above = 0n;
  for (const tier of tiers) {
    if (above >= quantity) break;
    const end = tier.upTo === null || tier.upTo > quantity ? quantity : tier.upTo;
    charges.push(chargeOf(tier, end - above));
    above = end;
  }
  return charges;
}

function chargeOf({ unitE12, flatE12 }: Tier, quantity: bigint): Charge {
  return { quantity, unitE12, flatE12, amountE12: quantity * unitE12 + flatE12 };
}

export function isFree({ tiers }: Price): boolean {
  return tiers.every(({ unitE12, flatE12 }) => unitE12 === 0n && flatE12 === 0n);
}
