import { describe, expect, it } from '@jest/globals';
import { dayBars } from './day-bars.js';

describe('the bars of a month', () => {
  it('are one for every day, in main units', () => {
    const { bars, axisWords } = dayBars([{ day: '2026-02-28', amountE12: '150000000000000' }], '2026-02', 'USD');
    expect(bars).toHaveLength(28);
    expect(bars.at(-1)).toEqual({ label: '28 Feb', quantity: 1.5 });
    expect(bars[0]).toEqual({ label: '1 Feb', quantity: 0 });
    expect(axisWords(1500)).toBe('$1.5K');
  });

  it('know leap days and currencies without cents', () => {
    const { bars, words } = dayBars([{ day: '2028-02-29', amountE12: '7000000000000' }], '2028-02', 'JPY');
    expect(bars).toHaveLength(29);
    expect(words(bars.at(-1)?.quantity ?? 0)).toBe('¥7');
  });
});
