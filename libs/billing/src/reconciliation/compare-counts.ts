import type { TenantId } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';
import { meters } from '../prices/meters.js';
import type { PriceBook } from '../prices/price-book.js';
import type { StripeLine } from '../stripe/invoices/invoice-comparison.js';
import { comparePreview } from './compare-preview.js';
import type { StripePreview } from './compare-preview.js';
import type { HourCounts, InvoiceCount } from './counts.store.js';
import { highestE12, isBilled, stripeCause } from './stripe-cause.js';
import type { SentHour } from './stripe-cause.js';
import { unitsApart } from './report.js';
import type { CountDifference, CountDifferenceCause, Counts } from './report.js';

/** What Stripe has of a tenant's period, and what was sent to it. */
export interface StripeCounts {
  /** Hours that Stripe bills. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly pushes: readonly SentHour[];
  /** By meter, then by first millisecond of the hour; hours of 0 are left out. */
  readonly summaries: ReadonlyMap<string, ReadonlyMap<number, bigint>>;
  /** Lines of the period's invoice; null when there is none yet. */
  readonly lines: readonly StripeLine[] | null;
  /** Of the running period; null when it is over, or nothing is billed in it any more. A word says why Stripe has none where it should. */
  readonly preview: StripePreview | 'customer_deleted' | 'no_subscription' | null;
}

export interface ToCompare {
  readonly tenantId: TenantId;
  readonly period: Period;
  readonly book: PriceBook;
  /** Hours before this moment never change again, and are sent to Stripe. */
  readonly sealedThroughMs: number;
  readonly hours: readonly HourCounts[];
  /** Null where there is no invoice to compare with. */
  readonly invoice: readonly InvoiceCount[] | null;
  readonly stripe: StripeCounts | null;
}

const nothing = { log: null, ledger: 0n, entries: 0n, late: 0n };

/** Every difference of a tenant's period; empty when A = B = C = D = E hour by hour and both invoices, or both previews, are their sum. Oldest first. */
export function compareCounts(given: ToCompare): CountDifference[] {
  const found = [...meters.flatMap((meter) => [...hourDifferences(given, meter), ...periodDifferences(given, meter)]), ...comparePreview(given)];
  return found.sort((a, b) => a.atMs - b.atMs);
}

function hourDifferences({ tenantId, book, sealedThroughMs, hours, stripe }: ToCompare, meter: string): CountDifference[] {
  const counted = new Map(hours.filter((row) => row.meter === meter).map((row) => [row.hourMs, row]));
  const pushed = new Map((stripe?.pushes ?? []).filter((row) => row.meter === meter).map((row) => [row.hourMs, row]));
  const summaries = stripe?.summaries.get(meter) ?? new Map<number, bigint>();
  const all = new Set([...counted.keys(), ...pushed.keys(), ...summaries.keys()]);
  return [...all].flatMap((atMs): CountDifference[] => {
    const { log, ledger, entries, late } = counted.get(atMs) ?? nothing;
    const billed = stripe !== null && atMs >= stripe.fromMs && atMs < Math.min(stripe.toMs, sealedThroughMs);
    const push = billed ? pushed.get(atMs) : undefined;
    const summary = billed ? (summaries.get(atMs) ?? 0n) : null;
    const confirmed = push?.state === 'confirmed' ? push.quantity : billed && push === undefined && ledger === 0n ? 0n : null;
    const counts: Counts = { log, ledger, entries, late, pushed: confirmed, summary, invoice: null, stripeLine: null, preview: null };
    const cause = whyOf(counts, push);
    return cause === null ? [] : [{ tenantId, meter, scope: 'hour', atMs, ...counts, cause, atStakeE12: unitsApart(counts) * highestE12(book, meter), cents: null }];
  });
}

/** What a person must look at comes before what passes, and that before what is explained. */
function whyOf({ log, ledger, entries, late, pushed, summary }: Counts, push: SentHour | undefined): CountDifferenceCause | null {
  if (ledger !== entries) return 'ledger_changed';
  if (log !== null && log !== ledger && log !== ledger + late) return log > ledger + late ? 'lost_counter' : 'lost_log';
  if (summary !== null && (pushed !== ledger || summary !== ledger)) return stripeCause(ledger, summary, push);
  return late === 0n ? null : 'late';
}

function periodDifferences({ tenantId, period, book, hours, invoice, stripe }: ToCompare, meter: string): CountDifference[] {
  if (!isBilled(book, meter)) return [];
  const ours = hours.filter((row) => row.meter === meter);
  const sent = (stripe?.pushes ?? []).filter((row) => row.meter === meter && row.state === 'confirmed');
  const theirs = stripe?.lines?.filter(({ dimension }) => dimension === meter) ?? null;
  const own = invoice?.find((row) => row.meter === meter);
  const counts: Counts = {
    log: null, ledger: sum(ours.map(({ ledger }) => ledger)), entries: sum(ours.map(({ entries }) => entries)), late: 0n,
    pushed: stripe === null ? null : sum(sent.map(({ quantity }) => quantity)), summary: null,
    invoice: invoice === null ? null : (own?.quantity ?? 0n), stripeLine: theirs === null ? null : sum(theirs.map(({ quantity }) => quantity)), preview: null,
  };
  const row = (cause: CountDifferenceCause, atStakeE12: bigint): CountDifference[] => [{ tenantId, meter, scope: 'period', atMs: period.startMs, ...counts, cause, atStakeE12, cents: null }];
  const atStakeE12 = unitsApart(counts) * highestE12(book, meter);
  if (counts.invoice !== null && counts.invoice !== counts.ledger) return row('invoice', atStakeE12);
  if (counts.stripeLine !== null && counts.stripeLine !== counts.pushed) return row('stripe_invoice', atStakeE12);
  if (own === undefined || theirs === null || counts.stripeLine !== counts.invoice) return [];
  const apartCents = own.amountCents - sum(theirs.map(({ amountCents }) => amountCents));
  return apartCents === 0n ? [] : row('price', (apartCents < 0n ? -apartCents : apartCents) * 10n ** 12n);
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
