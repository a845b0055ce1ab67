import type { Currency } from './currency.js';

export interface CurrencySum {
  readonly currency: Currency;
  readonly amountCents: bigint;
}

/** Adds amounts up by currency: minor units of two currencies are never added. In the order of the currencies' names. */
export function sumsOf(amounts: Iterable<CurrencySum>): CurrencySum[] {
  const sums = new Map<Currency, bigint>();
  for (const { currency, amountCents } of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + amountCents);
  return [...sums].map(([currency, amountCents]) => ({ currency, amountCents })).sort((a, b) => (a.currency < b.currency ? -1 : 1));
}
