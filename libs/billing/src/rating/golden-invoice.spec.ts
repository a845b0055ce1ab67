import { describe, expect, it } from '@jest/globals';
import { catalogue } from '../prices/catalogue.js';
import { checkPriceBook } from '../prices/price-book.js';
import { formatAmount, formatE12 } from '../money/amount.js';
import { rate } from './rate.js';

/** billing.md §5: 30 days. */
const usage: readonly (readonly [string, bigint, bigint])[] = [
  ['mq_messages', 10_000_000n, 360n],
  ['mq_kib_in', 20_000_000n, 95n],
  ['mq_exchange_passes', 10_000_000n, 45n],
  ['mq_queue_passes', 15_000_000n, 260n],
  ['mq_kib_out', 30_000_000n, 145n],
  ['mq_push_attempts', 500_000n, 135n],
  ['mq_queue_minutes', 30n * 43_200n, 403n],
  ['mq_exchange_minutes', 5n * 43_200n, 0n],
  ['mq_archive_mib_hours', 20n * 1_024n * 720n, 191n],
];
const list = catalogue.find(({ name }) => name === 'list')!;
const priceOf = (dimension: string) => list.prices.find((price) => price.dimension === dimension)!;

describe('the golden invoice', () => {
  it('has the lines 360, 95, 45, 260, 145, 135, 403, 0, 191 cents and is $16.34', () => {
    const lines = usage.map(([dimension, quantity]) => rate(priceOf(dimension), quantity).amountCents);
    expect(lines).toEqual(usage.map(([, , cents]) => cents));
    expect(formatAmount(lines.reduce((sum, cents) => sum + cents, 0n), 'USD')).toBe('16.34');
  });

  it('shows the arithmetic of a line tier by tier', () => {
    const line = rate(priceOf('mq_queue_minutes'), 1_296_000n);
    expect(line).toMatchObject({ freeQuantity: 892_800n, billedQuantity: 403_200n, amountE12: 403_200_000_000_000n });
    expect(line.tiers).toEqual([
      { above: 0n, upTo: 892_800n, quantity: 892_800n, unitE12: 0n, flatE12: 0n, amountE12: 0n },
      { above: 892_800n, upTo: null, quantity: 403_200n, unitE12: 1_000_000_000n, flatE12: 0n, amountE12: 403_200_000_000_000n },
    ]);
    expect(formatE12(line.unitE12)).toBe('0.001');
    expect(formatE12(rate(priceOf('mq_archive_mib_hours'), 1_000_000n).unitE12)).toBe('0.000013671875');
  });
});

describe('the catalogue', () => {
  it.each(catalogue.map((book) => [book.name, book] as const))('has a price of every meter in %s, and no tier that does not fit', (_name, book) => {
    expect(() => checkPriceBook(book)).not.toThrow();
    expect(new Set(book.prices.map(({ dimension }) => dimension)).size).toBe(10);
  });
});
