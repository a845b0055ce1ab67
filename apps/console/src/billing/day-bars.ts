import { exactMoney } from '../words/money.js';

interface Day {
  readonly day: string;
  readonly amountE12: string;
}

const label = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 });

export interface DayBars {
  readonly bars: readonly { readonly label: string; readonly quantity: number }[];
  readonly words: (quantity: number) => string;
  readonly axisWords: (quantity: number) => string;
}

/**
 * A bar for every day of the month, days without cost included. Bars are for the eye, in main units of the currency; what is
 * read out comes from the exact amounts of the same days.
 */
export function dayBars(days: readonly Day[], period: string, currency: string): DayBars {
  const amounts = new Map(days.map(({ day, amountE12 }) => [day, amountE12]));
  const [year = 0, month = 1] = period.split('-').map(Number);
  const many = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const symbol = exactMoney('0', currency).replace(/[\d.,\s]/g, '');
  const places = exactMoney('0', currency).split('.')[1]?.length ?? 0;
  const scale = 10 ** (12 + places);
  const bars = Array.from({ length: many }, (_, index) => {
    const day = `${period}-${String(index + 1).padStart(2, '0')}`;
    return { label: label.format(new Date(`${day}T00:00:00Z`)), quantity: Number(amounts.get(day) ?? '0') / scale };
  });
  return { bars, words: (quantity) => exactMoney(BigInt(Math.round(quantity * scale)), currency), axisWords: (quantity) => `${symbol}${short.format(quantity)}` };
}
