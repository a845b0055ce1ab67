import type { PriceBook } from '../prices/price-book.js';
import { isFreePrice } from '../rating/rate.js';
import type { MeterPush } from '../stripe/meters/meter-push.js';
import type { CountDifferenceCause } from './report.js';

/** The newest that was to be sent of an hour. */
export type SentHour = Pick<MeterPush, 'meter' | 'hourMs' | 'quantity' | 'state'>;

/** Of an hour that Stripe should have and sums up differently. */
export function stripeCause(ledger: bigint, summary: bigint, push: SentHour | undefined): CountDifferenceCause {
  if (push === undefined || push.quantity !== ledger) return 'not_sent';
  if (push.state === 'parked' || push.state === 'too_old') return push.state;
  if (push.state === 'accepted') return 'stripe_lag';
  return push.state === 'confirmed' && push.quantity !== summary ? 'overwritten' : 'waiting';
}

/** Highest price of a unit; 0 for a meter that the book does not price. */
export function highestE12(book: PriceBook, meter: string): bigint {
  const tiers = book.prices.filter(({ dimension }) => dimension === meter).flatMap((price) => price.tiers);
  return tiers.reduce((most, { unitE12 }) => (unitE12 > most ? unitE12 : most), 0n);
}

/** Whether a unit of the meter can cost anything. Of others hours are sent and compared, and no invoice has a line. */
export function isBilled(book: PriceBook, meter: string): boolean {
  return book.prices.some((price) => price.dimension === meter && !isFreePrice(price));
}
