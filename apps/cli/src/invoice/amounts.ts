/** Amounts of e12 count 10^-12 of the currency's minor unit; amounts named cents count the minor unit (cent, or yen). */
export const e12 = 10n ** 12n;

/** Half a cent goes away from zero, so that a correction takes back what was charged. */
export function roundToCents(amountE12: bigint): bigint {
  return amountE12 < 0n ? -roundToCents(-amountE12) : (amountE12 + e12 / 2n) / e12;
}

/** `0.00004` of a minor unit as e12; undefined for what is no such number. */
export function parseE12(text: string): bigint | undefined {
  const [, whole, decimals = ''] = /^(\d{1,20})(?:\.(\d{1,12}))?$/.exec(text) ?? [];
  return whole === undefined ? undefined : BigInt(whole) * e12 + BigInt(decimals.padEnd(12, '0'));
}

/** All decimals of a minor unit, no zero too many. */
export function exactText(amountE12: bigint): string {
  return withPoint(amountE12, 12).replace(/\.?0+$/, '');
}

/** `16.34 USD`. */
export function moneyText(cents: bigint, currency: string): string {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return `${withPoint(cents, digits)} ${currency}`;
}

function withPoint(value: bigint, digits: number): string {
  if (digits === 0) return String(value);
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0');
  return `${value < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
