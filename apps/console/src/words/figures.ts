const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** Digits grouped in threes; a quantity may come as text because it can exceed 2^53. */
export function count(value: number | bigint | string): string {
  return whole.format(typeof value === 'string' ? BigInt(value) : value);
}

/** Short enough for an axis: 12.3K. */
export function shortCount(value: number): string {
  return compact.format(value);
}

export function plural(value: number | bigint, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 || value === 1n ? one : many}`;
}

/** Events per second; below ten it keeps a decimal, because 0.4/s is not nothing. */
export function perSecond(value: number): string {
  if (value === 0) return '0';
  return value < 10 ? value.toFixed(1) : whole.format(Math.round(value));
}

/** A share in per cent, never rounded up to all: 99.9 %, 100 % only when it is all. */
export function percent(share: number): string {
  const tenths = Math.floor(share * 1_000);
  return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} %`;
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size in the largest unit it fills, with two decimals at most. */
export function bytes(value: number): string {
  const step = value < 1_024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${new Intl.NumberFormat('en', { maximumFractionDigits: 2 }).format(value / 1_024 ** step)} ${units[step]}`;
}

/** A quantity with the unit it is billed in: 20 messages, 1 pass, 40 KiB. */
export function inUnits(quantity: string, unit: string): string {
  if (quantity === '1' || unit.endsWith('iB')) return `${count(quantity)} ${unit}`;
  return `${count(quantity)} ${unitWords(unit)}`;
}

/** Several of a unit. */
export function unitWords(unit: string): string {
  if (unit.endsWith('iB')) return unit;
  return unit.endsWith('s') ? `${unit}es` : `${unit}s`;
}

const list = new Intl.ListFormat('en', { type: 'conjunction' });

/** Several things in a sentence: a, b, and c. */
export const joined = (items: readonly string[]): string => list.format(items);
