import { exactText, moneyText } from './amounts.js';
import { computeInvoice, keyOf, roundedAsStated } from './compute.js';
import type { ComputedLine } from './compute.js';
import { integer, readExport } from './export-file.js';
import type { ExportHead } from './export-file.js';
import { Hours } from './hours.js';
import { decimal } from './price.js';
import { SecondCounts } from './second-counts.js';
import type { CountsCompared } from './second-counts.js';
import { UsageSums } from './usage.js';

export interface Difference {
  /** Line, sum or hour. */
  readonly where: string;
  readonly what: string;
  readonly invoice: string;
  readonly computed: string;
}

export interface Verification {
  readonly differences: readonly Difference[];
  /** Lines computed, and lines taken as the invoice has them because other data decide them. */
  readonly computedLines: number;
  readonly statedLines: number;
  /** Tax that is on the invoice, on top or included, cents. */
  readonly taxCents: bigint;
  readonly hours: number;
  readonly rows: number;
  /** Null where the export has none. */
  readonly secondCounts: CountsCompared | null;
  readonly invoice: ExportHead['invoice'];
}

type LineView = ExportHead['invoice']['lines'][number];

/** Computes the invoice again from the rows and prices of its export; `place` is the name of the file. Fails with a sentence when it is damaged. */
export async function verifyInvoice(pieces: AsyncIterable<Uint8Array>, place: string): Promise<Verification> {
  const [usage, hours, counts] = [new UsageSums(), new Hours(), new SecondCounts()];
  const head = await readExport(pieces, place, {
    digest: (digest) => {
      hours.addDigest(digest);
      counts.addDigest(digest);
    },
    row: (row) => {
      usage.add(row);
      hours.addRow(row);
      counts.addRow(row);
    },
  });
  return compared(head, usage, hours, head.format === 'waybill.invoice-export.1' ? null : counts.compared());
}

function compared(head: ExportHead, usage: UsageSums, hours: Hours, secondCounts: CountsCompared | null): Verification {
  const { invoice, priceBook } = head;
  const money = (cents: bigint) => moneyText(cents, invoice.currency);
  const differences: Difference[] = [];
  const compare = (where: string, what: string, stated: string, computed: string) => {
    if (stated !== computed) differences.push({ where, what, invoice: stated, computed });
  };
  for (const [what, stated, used] of [['price book', invoice.priceBookId, priceBook.id], ['version', String(invoice.priceBookVersion), String(priceBook.version)], ['currency', invoice.currency, priceBook.currency]] as const) compare('prices', what, stated, used);
  compare('rows', 'period', invoice.period, hours.outside(Date.parse(invoice.periodStart), Date.parse(invoice.periodEnd)) ?? invoice.period);

  const computed = computeInvoice(head, usage);
  const missing = new Map(computed.lines.map((line) => [line.key, line]));
  let statedLines = 0;
  for (const line of invoice.lines) {
    const key = keyOf(line);
    if (key === undefined) {
      statedLines += 1;
      compare(line.description, 'amount', money(BigInt(line.amountCents)), money(roundedAsStated(line)));
      continue;
    }
    const wanted = missing.get(key);
    missing.delete(key);
    if (wanted === undefined) compare(line.description, 'amount', money(BigInt(line.amountCents)), 'no such line');
    else differences.push(...lineDifferences(line, wanted, money));
  }
  for (const { description, amountCents } of missing.values()) compare(description, 'amount', 'no such line', money(amountCents));

  compare('subtotal', 'amount', money(BigInt(invoice.subtotalCents)), money(computed.subtotalCents));
  const creditCents = -computed.creditLinesCents;
  if (computed.payableCents !== null && (creditCents < 0n || creditCents > computed.payableCents)) compare('credit', 'amount', money(creditCents), `0 to ${money(computed.payableCents)}`);
  compare('credit', 'sum', money(BigInt(invoice.creditCents)), money(creditCents));
  // Tax is Stripe's: it is taken as it stands, and must add up to the total.
  const addedCents = sumOf(invoice.taxes.filter(({ inclusive }) => !inclusive));
  compare('tax', 'sum', money(BigInt(invoice.taxCents)), money(addedCents));
  compare('total', 'amount', money(BigInt(invoice.totalCents)), money(computed.subtotalCents - creditCents + addedCents));

  const digests = hours.digests();
  let statedHours = 0;
  for (const [at, { stated, computed: found }] of digests) {
    if (stated !== undefined) statedHours += 1;
    compare(at, 'digest', stated ?? 'none', found ?? 'no rows');
  }
  compare('all hours', 'evidence', invoice.evidence, hours.evidence());
  for (const { where, dimension, ledger, counted } of secondCounts?.differences ?? []) differences.push({ where, what: `${dimension}, second count`, invoice: String(ledger), computed: String(counted) });
  return { differences, secondCounts, statedLines, taxCents: sumOf(invoice.taxes), computedLines: computed.lines.length, hours: statedHours, rows: hours.rows, invoice };
}

const sumOf = (taxes: ExportHead['invoice']['taxes']): bigint => taxes.reduce((sum, { amountCents }) => sum + BigInt(amountCents), 0n);

/** The amounts of a line come first, also where they round to the same. */
function lineDifferences(line: LineView, { amountE12, amountCents, usage }: ComputedLine, money: (cents: bigint) => string): Difference[] {
  const where = line.description;
  const pairs: [string, string, string][] = [['exact amount, minor units', exactText(integer(line.amountE12, where)), exactText(amountE12)]];
  if (usage !== undefined) {
    const { quantity, charges, evidence } = usage;
    const freeQuantity = charges.reduce((sum, charge) => (charge.unitE12 === 0n && charge.flatE12 === 0n ? sum + charge.quantity : sum), 0n);
    const tierText = (units: string, unitE12: bigint, flatE12: bigint, sumE12: bigint) => `${units} x ${exactText(unitE12)} + ${exactText(flatE12)} = ${exactText(sumE12)}`;
    pairs.push(
      ['quantity', line.quantity, String(quantity)], ['free quantity', line.freeQuantity, String(freeQuantity)], ['billed quantity', line.billedQuantity, String(quantity - freeQuantity)],
      ['tiers', line.tiers.map((tier) => tierText(tier.quantity, decimal(tier.unitPrice, where), decimal(tier.flatPrice, where), integer(tier.amountE12, where))).join('; '),
        charges.map((charge) => tierText(String(charge.quantity), charge.unitE12, charge.flatE12, charge.amountE12)).join('; ')],
      ['evidence', line.evidence ?? 'none', evidence],
    );
  }
  const differing = pairs.filter(([, stated, computed]) => stated !== computed).map(([what, stated, computed]) => ({ where, what, invoice: stated, computed }));
  const statedCents = BigInt(line.amountCents);
  if (differing.length === 0 && statedCents === amountCents) return [];
  return [{ where, what: 'amount', invoice: money(statedCents), computed: money(amountCents) }, ...differing];
}
