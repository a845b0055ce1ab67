/** Decimals of a currency: two for most, none for yen. */
function exponentOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** `digits` moved to the right of the point by `places`, as a decimal that Intl formats without losing any. */
function decimal(units: bigint, places: number): `${number}` {
  const text = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const whole = text.slice(0, text.length - places);
  return `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${text.slice(-places)}`}` as `${number}`;
}

/** Minor units as people write them: 1634 USD is $16.34. */
export function money(cents: string | bigint, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(decimal(BigInt(cents), exponentOf(currency)));
}

const e12Places = 12;
const e12 = 10n ** BigInt(e12Places);

/** An amount of 10^-12 minor units as money; what is less than one of them is not nothing: under $0.01. */
export function nearMoney(amountE12: string | bigint, currency: string): string {
  const [amount, half] = [BigInt(amountE12), e12 / 2n];
  if (amount > 0n && amount < e12) return `under ${money(1n, currency)}`;
  return money((amount < 0n ? amount - half : amount + half) / e12, currency);
}

/** An exact amount of 10^-12 minor units, every digit that counts: at least the minor units are shown. */
export function exactMoney(amountE12: string | bigint, currency: string): string {
  const places = exponentOf(currency);
  return new Intl.NumberFormat('en', { style: 'currency', currency, minimumFractionDigits: places, maximumFractionDigits: places + e12Places }).format(decimal(BigInt(amountE12), places + e12Places));
}

/** A price given in minor units with decimals, 0.00004 cent, in the currency's main unit: $0.0000004. */
export function unitMoney(minorUnits: string, currency: string): string {
  const [whole = '0', fraction = ''] = minorUnits.split('.');
  return exactMoney(BigInt(`${whole}${fraction.slice(0, e12Places).padEnd(e12Places, '0')}`), currency);
}

/** What a person typed as an amount, in minor units; null when it is none. */
export function centsOf(text: string, currency: string): string | null {
  const places = exponentOf(currency);
  const [, whole, fraction = ''] = new RegExp(`^(\\d{1,12})(?:\\.(\\d{1,${Math.max(1, places)}}))?$`).exec(text.trim().replace(/,/g, '')) ?? [];
  if (whole === undefined || (places === 0 && fraction !== '')) return null;
  return BigInt(`${whole}${fraction.padEnd(places, '0')}`).toString();
}

/** Minor units as a person would type them again. */
export function amountText(cents: string, currency: string): string {
  return decimal(BigInt(cents), exponentOf(currency));
}

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** `2026-11` as November 2026. */
export function month(period: string): string {
  return monthName.format(new Date(`${period}-01T00:00:00Z`));
}

/** The months up to now, newest first, for a choice. */
export function lastMonths(nowMs: number, many: number): string[] {
  const now = new Date(nowMs);
  return Array.from({ length: many }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back)).toISOString().slice(0, 7));
}
