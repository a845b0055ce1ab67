import { e12, roundToCents } from './amounts.js';
import { count, integer } from './export-file.js';
import type { ExportHead } from './export-file.js';
import { chargesOf, isFree, readPrice } from './price.js';
import type { Charge } from './price.js';
import type { UsageSums } from './usage.js';

/** A line as it has to be. */
export interface ComputedLine {
  readonly key: string;
  readonly description: string;
  readonly amountE12: bigint;
  readonly amountCents: bigint;
  /** Of a line of usage. */
  readonly usage?: { readonly quantity: bigint; readonly charges: readonly Charge[]; readonly evidence: string };
}

export interface Computed {
  readonly lines: readonly ComputedLine[];
  readonly subtotalCents: bigint;
  /** Most that credit can pay; null when more was taken back than charged, which is carried over whole. */
  readonly payableCents: bigint | null;
  /** Below 0: what credit pays; above: what is carried over. As the invoice says it. */
  readonly creditLinesCents: bigint;
}

type LineView = ExportHead['invoice']['lines'][number];

/** Which computed line a line of the invoice has to equal; undefined for those that other data than the export decide. */
export function keyOf({ kind, dimension, cause }: LineView): string | undefined {
  if (kind === 'adjustment' || kind === 'credit') return undefined;
  return kind === 'usage' ? `usage ${dimension ?? ''} ${cause ?? ''}` : kind;
}

/** The invoice from its rows and prices: base fee, usage, included credit (worth usage only), minimum; rounded once a line. */
export function computeInvoice({ priceBook, invoice }: ExportHead, usage: UsageSums): Computed {
  const lines: ComputedLine[] = [];
  const fixed = (key: string, description: string, cents: bigint) => {
    if (cents !== 0n) lines.push({ key, description, amountE12: cents * e12, amountCents: cents });
  };
  const stated = (kind: LineView['kind']) => invoice.lines.filter((line) => line.kind === kind).reduce((sum, { amountCents }) => sum + BigInt(amountCents), 0n);
  const [baseCents, includedCents, minimumCents] = [priceBook.baseFeeCents, priceBook.includedCreditCents, priceBook.minimumCents].map((text) => count(text, 'the price book')) as [bigint, bigint, bigint];
  fixed('base', 'Base fee', baseCents);
  for (const { price, quantity, evidence } of usage.byPrice(priceBook.prices.map(readPrice))) {
    const key = `usage ${price.dimension} ${price.cause}`;
    // What has no price has no line; invoices of before had one, which has to come to nothing.
    if (isFree(price) && !invoice.lines.some((line) => keyOf(line) === key)) continue;
    const charges = chargesOf(price, quantity);
    const amountE12 = charges.reduce((sum, charge) => sum + charge.amountE12, 0n);
    lines.push({ key, description: price.dimension, amountE12, amountCents: roundToCents(amountE12), usage: { quantity, charges, evidence } });
  }
  const adjustedCents = stated('adjustment');
  const usageCents = sumOf(lines) - baseCents + adjustedCents;
  const freeCents = includedCents < usageCents ? includedCents : usageCents;
  if (freeCents > 0n) fixed('included_credit', 'Included credit', -freeCents);
  const missingCents = minimumCents - sumOf(lines) - adjustedCents;
  if (missingCents > 0n && minimumCents > 0n) fixed('minimum', 'Minimum', missingCents);
  const subtotalCents = sumOf(lines) + adjustedCents;
  const paid = usageCents - (freeCents > 0n ? freeCents : 0n);
  return { lines, subtotalCents, payableCents: subtotalCents < 0n ? null : paid < 0n ? 0n : paid < subtotalCents ? paid : subtotalCents, creditLinesCents: subtotalCents < 0n ? -subtotalCents : stated('credit') };
}

/** The lines that the export cannot decide are at least rounded rightly: what they come to in cents. */
export function roundedAsStated({ amountE12, description }: LineView): bigint {
  return roundToCents(integer(amountE12, description));
}

const sumOf = (lines: readonly ComputedLine[]): bigint => lines.reduce((sum, { amountCents }) => sum + amountCents, 0n);
