import { WaybillError } from '@waybill/kernel';

/** Digits after the point of each currency we price in (ISO 4217): an amount of 1634 is $16.34, and ¥1634. */
const exponents: Readonly<Record<string, number>> = {
  USD: 2, EUR: 2, GBP: 2, CHF: 2, CAD: 2, AUD: 2, SEK: 2, NOK: 2, DKK: 2, PLN: 2, CZK: 2, INR: 2, BRL: 2, SGD: 2, NZD: 2,
  JPY: 0, KRW: 0, KWD: 3, BHD: 3,
};

export type Currency = string;

/** Fails with `currency_unknown`. */
export function exponentOf(currency: Currency): number {
  const exponent = Object.hasOwn(exponents, currency) ? exponents[currency] : undefined;
  if (exponent === undefined) throw new WaybillError('currency_unknown', { currency });
  return exponent;
}

/** Fails with `currency_mismatch`, or `currency_unknown` for one that has no exponent. */
export function checkSameCurrency(expected: Currency, found: Currency): void {
  exponentOf(expected);
  if (expected !== found) throw new WaybillError('currency_mismatch', { expected, found });
}
