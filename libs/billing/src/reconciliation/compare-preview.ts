import { roundToCents } from '../money/amount.js';
import { meters } from '../prices/meters.js';
import { rate } from '../rating/rate.js';
import type { StripeLine } from '../stripe/invoices/invoice-comparison.js';
import type { ToCompare } from './compare-counts.js';
import { unitsApart } from './report.js';
import type { CountDifference, CountDifferenceCause, Counts } from './report.js';
import { highestE12, isBilled, stripeCause } from './stripe-cause.js';

/** What Stripe would bill for the running period if it ended now (`invoices.createPreview`). */
export interface StripePreview {
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly periodEndMs: number;
  /** Credit that Stripe would burn. Ours is granted when an invoice is finalized, so there is none before. */
  readonly creditCents: bigint;
  readonly lines: readonly StripeLine[];
}

/** What is found of a whole invoice rather than of a meter. */
export const wholeInvoice = '';

interface Explained {
  readonly cause: CountDifferenceCause;
  readonly atMs: number;
}

/** Of the hours that explain a difference, the one that a person must look at soonest names it. */
const gravest: readonly CountDifferenceCause[] = ['parked', 'too_old', 'overwritten', 'not_sent', 'waiting', 'stripe_lag'];

/** Our preview of the hours that are sealed beside Stripe's: quantity, amount, currency and credit. Empty when they agree, and when there is none to ask for. */
export function comparePreview(given: ToCompare): CountDifference[] {
  const preview = given.stripe?.preview ?? null;
  const billed = meters.filter((meter) => isBilled(given.book, meter));
  if (preview === null) return [];
  if (typeof preview === 'string') return billed.flatMap((meter) => (oursOf(given, meter) === 0n ? [] : [meterRow(given, meter, null, { cause: preview, atMs: given.period.startMs })]));
  const whole = wholeCause(given, preview);
  if (whole !== null) return [wholeRow(given, whole, 0n, 0n)];
  const found = billed.flatMap((meter) => meterDifferences(given, meter, preview.lines.filter(({ dimension }) => dimension === meter)));
  const foreignCents = sum(preview.lines.filter(({ dimension }) => dimension === null).map(({ amountCents }) => amountCents));
  if (preview.lines.some(({ dimension }) => dimension === null)) found.push(wholeRow(given, 'foreign_line', 0n, foreignCents));
  if (preview.creditCents !== 0n) found.push(wholeRow(given, 'stripe_credit', 0n, -preview.creditCents));
  return found;
}

/** Nothing of an invoice in another currency, or of another month, can be compared line by line. */
function wholeCause({ book, period }: ToCompare, preview: StripePreview): CountDifferenceCause | null {
  if (preview.currency !== book.currency) return 'currency';
  return preview.periodEndMs === period.endMs ? null : 'period';
}

function meterDifferences(given: ToCompare, meter: string, lines: readonly StripeLine[]): CountDifference[] {
  const [ours, theirs] = [oursOf(given, meter), sum(lines.map(({ quantity }) => quantity))];
  if (ours !== theirs) return [meterRow(given, meter, lines, explain(given, meter))];
  return centsOf(given, meter, ours) === sum(lines.map(({ amountCents }) => amountCents)) ? [] : [meterRow(given, meter, lines, { cause: 'price', atMs: given.period.startMs })];
}

/** `preview` where every hour is confirmed and Stripe's own preview still says something else. */
function explain(given: ToCompare, meter: string): Explained {
  const { period, stripe } = given;
  const [pushes, summaries] = [stripe!.pushes.filter((push) => push.meter === meter), stripe!.summaries.get(meter) ?? new Map<number, bigint>()];
  const ledger = new Map(hoursOf(given, meter).map((row) => [row.hourMs, row.ledger]));
  const found = [...new Set([...ledger.keys(), ...pushes.map((push) => push.hourMs), ...summaries.keys()])].sort((a, b) => a - b).flatMap((atMs): Explained[] => {
    const [units, summary, push] = [ledger.get(atMs) ?? 0n, summaries.get(atMs) ?? 0n, pushes.find((row) => row.hourMs === atMs)];
    const agrees = units === summary && (push === undefined ? units === 0n : push.state === 'confirmed' && push.quantity === units);
    return agrees ? [] : [{ cause: stripeCause(units, summary, push), atMs }];
  });
  return gravest.flatMap((cause) => found.find((one) => one.cause === cause) ?? [])[0] ?? { cause: 'preview', atMs: period.startMs };
}

function meterRow(given: ToCompare, meter: string, lines: readonly StripeLine[] | null, { cause, atMs }: Explained): CountDifference {
  const ledger = oursOf(given, meter);
  const cents = { ours: centsOf(given, meter, ledger), theirs: lines === null ? 0n : sum(lines.map(({ amountCents }) => amountCents)) };
  const counts: Counts = { ...noCounts, ledger, entries: ledger, preview: lines === null ? null : sum(lines.map(({ quantity }) => quantity)) };
  const atStakeE12 = cause === 'price' ? apart(cents) : unitsApart({ ...counts, preview: counts.preview ?? 0n }) * highestE12(given.book, meter);
  return { tenantId: given.tenantId, meter, scope: 'preview', atMs, ...counts, cause, atStakeE12, cents };
}

function wholeRow({ tenantId, period }: ToCompare, cause: CountDifferenceCause, ours: bigint, theirs: bigint): CountDifference {
  return { tenantId, meter: wholeInvoice, scope: 'preview', atMs: period.startMs, ...noCounts, cause, atStakeE12: apart({ ours, theirs }), cents: { ours, theirs } };
}

/** Hours that Stripe bills and that never change again. */
function hoursOf({ hours, stripe, sealedThroughMs }: ToCompare, meter: string) {
  return hours.filter((row) => row.meter === meter && row.hourMs >= stripe!.fromMs && row.hourMs < Math.min(stripe!.toMs, sealedThroughMs));
}

const oursOf = (given: ToCompare, meter: string): bigint => sum(hoursOf(given, meter).map(({ ledger }) => ledger));

function centsOf({ book }: ToCompare, meter: string, quantity: bigint): bigint {
  const price = book.prices.find(({ dimension, cause }) => dimension === meter && cause === '');
  return price === undefined ? 0n : roundToCents(rate(price, quantity).amountE12);
}

const noCounts: Counts = { log: null, ledger: 0n, entries: 0n, late: 0n, pushed: null, summary: null, invoice: null, stripeLine: null, preview: null };
const apart = ({ ours, theirs }: { ours: bigint; theirs: bigint }): bigint => (ours < theirs ? theirs - ours : ours - theirs) * 10n ** 12n;
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
