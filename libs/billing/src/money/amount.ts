import { exponentOf } from './currency.js';
import type { Currency } from './currency.js';

/** An amount of e12 counts 10^-12 of the currency's minor unit (cent, or yen); amounts named `cents` count the minor unit. */
export const e12 = 10n ** 12n;

/** Cents of an amount of e12, half away from zero: a correction of -1.5 cents takes back what 1.5 cents charged. */
export function roundToCents(amountE12: bigint): bigint {
  return amountE12 < 0n ? -roundToCents(-amountE12) : (amountE12 + e12 / 2n) / e12;
}

/** `16.34`: minor units as a decimal of the currency, without its sign. Fails with `currency_unknown`. */
export function formatAmount(cents: bigint, currency: Currency): string {
  return withPoint(cents, exponentOf(currency));
}

/** `0.000005`: cents of an amount of e12, all its decimals and no zero too many. */
export function formatE12(amountE12: bigint): string {
  const text = withPoint(amountE12, 12);
  return text.replace(/\.?0+$/, '');
}

/** What `formatE12` wrote. */
export function parseE12(text: string): bigint {
  const [whole = '0', decimals = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole) * e12 + BigInt(decimals.padEnd(12, '0'));
  return text.startsWith('-') ? -value : value;
}

function withPoint(value: bigint, digits: number): string {
  if (digits === 0) return String(value);
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0');
  return `${value < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
