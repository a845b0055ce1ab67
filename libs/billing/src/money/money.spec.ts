import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatAmount, formatE12 } from './amount.js';
import { checkSameCurrency, exponentOf } from './currency.js';
import { sharesOf } from './shares.js';

describe('shares', () => {
  const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { minLength: 1, maxLength: 50 });

  it('add up to the whole exactly, each at most one unit from its exact part', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), weights, (whole, given) => {
        const total = given.reduce((sum, weight) => sum + weight, 0n);
        fc.pre(total > 0n);
        const shares = sharesOf(whole, given);
        expect(shares.reduce((sum, share) => sum + share, 0n)).toBe(whole);
        shares.forEach((share, i) => {
          const off = share * total - whole * given[i]!;
          expect(off < total && off > -total && share >= 0n).toBe(true);
        });
      }),
    );
  });

  it('of shares are those of the whole: namespaces first or queues first', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.array(weights, { minLength: 1, maxLength: 5 }), (whole, groups) => {
        const flat = sharesOf(whole, groups.flat());
        let at = 0;
        const sums = groups.map((group) => flat.slice(at, (at += group.length)).reduce((sum, share) => sum + share, 0n));
        expect(sums).toEqual(sharesOf(whole, groups.map((group) => group.reduce((sum, weight) => sum + weight, 0n))));
      }),
    );
  });
});

describe('an amount', () => {
  it('is written in the decimals of its currency', () => {
    expect([formatAmount(1634n, 'USD'), formatAmount(5n, 'EUR'), formatAmount(-5n, 'USD'), formatAmount(1634n, 'JPY'), formatAmount(1634n, 'KWD')]).toEqual(['16.34', '0.05', '-0.05', '1634', '1.634']);
  });

  it('of a price is written with all its decimals', () => {
    expect([40_000_000n, 13_671_875n, 0n, 10n ** 12n, 15n * 10n ** 11n, 1n].map(formatE12)).toEqual(['0.00004', '0.000013671875', '0', '1', '1.5', '0.000000000001']);
  });

  it('in another currency is never added, and a currency without an exponent is refused', () => {
    expect(() => checkSameCurrency('USD', 'EUR')).toThrow(expect.objectContaining({ code: 'currency_mismatch' }));
    for (const unknown of ['XXX', 'usd', '', '__proto__', 'toString']) expect(() => exponentOf(unknown)).toThrow(expect.objectContaining({ code: 'currency_unknown' }));
  });
});
