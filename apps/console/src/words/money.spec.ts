import { describe, expect, it } from '@jest/globals';
import { amountText, centsOf, exactMoney, lastMonths, money, month, nearMoney, unitMoney } from './money.js';

describe('words for money', () => {
  it('show minor units in the currency they are of', () => {
    expect([money('1634', 'USD'), money('-5', 'USD'), money('1634', 'JPY'), money('0', 'EUR')]).toEqual(['$16.34', '-$0.05', '¥1,634', '€0.00']);
  });

  it('keep every digit of an amount above 2^53', () => expect(money('900719925474099301', 'USD')).toBe('$9,007,199,254,740,993.01'));

  it('show an exact amount with the digits it has and no more', () => {
    expect([exactMoney('403200000000000', 'USD'), exactMoney('1', 'USD'), exactMoney('100000000000000', 'USD')]).toEqual(['$4.032', '$0.00000000000001', '$1.00']);
  });

  it('show an exact amount as money, and never a little as nothing', () => {
    const e12 = 10n ** 12n;
    expect([20_044_390_243_903n, e12 * 3n / 2n, e12 - 1n, 1n, 0n, -e12].map((amount) => nearMoney(amount, 'USD'))).toEqual(['$0.20', '$0.02', 'under $0.01', 'under $0.01', '$0.00', '-$0.01']);
    expect([nearMoney(e12 / 2n, 'JPY'), nearMoney(e12 * 5n / 2n, 'JPY')]).toEqual(['under ¥1', '¥3']);
  });

  it('show the price of one unit', () => expect([unitMoney('0.00004', 'USD'), unitMoney('0.000013671875', 'USD'), unitMoney('12', 'USD')]).toEqual(['$0.0000004', '$0.00000013671875', '$0.12']));

  it('read what a person typed, and nothing else', () => {
    expect([centsOf('50', 'USD'), centsOf('1,234.5', 'USD'), centsOf('0.05', 'USD'), centsOf('500', 'JPY')]).toEqual(['5000', '123450', '5', '500']);
    expect(['', '-1', '1.234', '1e3', '$5', '1.'].map((text) => centsOf(text, 'USD'))).toEqual(Array(6).fill(null));
    expect(centsOf('1.5', 'JPY')).toBeNull();
    expect(amountText('123450', 'USD')).toBe('1234.50');
  });

  it('name months, across a year', () => {
    expect(month('2026-11')).toBe('November 2026');
    expect(lastMonths(Date.parse('2026-02-28T23:59:59Z'), 3)).toEqual(['2026-02', '2026-01', '2025-12']);
  });
});
