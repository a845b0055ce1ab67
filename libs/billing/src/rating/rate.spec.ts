import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { roundToCents } from '../money/amount.js';
import { checkPrice, metered, parseQuantity } from './price.js';
import type { Price, PriceKind, Tier } from './price.js';
import { rate } from './rate.js';

const unitE12 = fc.bigInt({ min: 0n, max: 10n ** 15n });
const quantity = fc.oneof(fc.bigInt({ min: 0n, max: 5_000n }), fc.bigInt({ min: 0n, max: 10n ** 15n }));

function prices(...kinds: PriceKind[]): fc.Arbitrary<Price> {
  return fc
    .record({ kind: fc.constantFrom(...kinds), ends: fc.uniqueArray(fc.bigInt({ min: 1n, max: 4_000n }), { maxLength: 6 }), units: fc.array(unitE12, { minLength: 7, maxLength: 7 }), flats: fc.array(fc.oneof(fc.constant(0n), unitE12), { minLength: 7, maxLength: 7 }) })
    .map(({ kind, ends, units, flats }) => {
      const bounds: (bigint | null)[] = kind === 'flat' ? [null] : [...ends.sort((a, b) => (a < b ? -1 : 1)), null];
      return { dimension: 'mq_messages', cause: '', kind, tiers: bounds.map((upTo, i) => ({ upTo, unitE12: kind === 'flat' ? 0n : units[i]!, flatE12: flats[i]! })) };
    });
}

/** An exact fraction of cents; knows nothing of e12. */
interface Rational { readonly over: bigint; readonly under: bigint }
const plus = (a: Rational, b: Rational): Rational => ({ over: a.over * b.under + b.over * a.under, under: a.under * b.under });
const ofE12 = (value: bigint): Rational => ({ over: value, under: 1_000_000_000_000n });
const times = (a: Rational, by: bigint): Rational => ({ over: a.over * by, under: a.under });
/** floor(x + 1/2) */
const nearest = ({ over, under }: Rational): bigint => (2n * over + under) / (2n * under);

/** The same price list, counted out another way: from the last tier down, by what lies above each bound. */
function oracle({ kind, tiers }: Price, quantity: bigint): Rational {
  const zero: Rational = { over: 0n, under: 1n };
  if (kind === 'flat') return ofE12(tiers[0]!.flatE12);
  if (quantity === 0n) return zero;
  const starts = tiers.map((_, i) => (i === 0 ? 0n : tiers[i - 1]!.upTo!));
  const reached = starts.findLastIndex((start) => quantity > start);
  const cost = (tier: Tier, units: bigint) => plus(times(ofE12(tier.unitE12), units), ofE12(tier.flatE12));
  if (kind === 'volume') return cost(tiers[reached]!, quantity);
  let [left, sum] = [quantity, zero];
  for (let i = reached; i >= 0; i -= 1) {
    sum = plus(sum, cost(tiers[i]!, left - starts[i]!));
    left = starts[i]!;
  }
  return sum;
}

describe('rating', () => {
  it('row 21: gives the cents of an exact rational oracle for any price list', () => {
    fc.assert(
      fc.property(prices('graduated', 'volume', 'flat'), quantity, (price, units) => {
        checkPrice(price);
        const rated = rate(price, units);
        expect(rated.amountCents).toBe(nearest(oracle(price, units)));
        expect(rated.tiers.reduce((sum, tier) => sum + tier.amountE12, 0n)).toBe(rated.amountE12);
        expect(rated.freeQuantity + rated.billedQuantity).toBe(units);
      }),
      { numRuns: 2_000 },
    );
  });

  it('row 22: gives the same amount however a period is split into hours, because it is rounded once', () => {
    fc.assert(
      fc.property(prices('graduated', 'volume'), fc.array(fc.bigInt({ min: 0n, max: 3_000n }), { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.boolean()), (price, hours, cuts) => {
        const whole = rate(price, hours.reduce((sum, hour) => sum + hour, 0n));
        const parts: bigint[] = [0n];
        for (const hour of hours) {
          if (cuts.next().value === true) parts.push(0n);
          parts[parts.length - 1]! += hour;
        }
        expect(rate(price, parts.reduce((sum, part) => sum + part, 0n))).toEqual(whole);
      }),
    );
    // What would be charged if each hour were rounded: 720 x half a cent.
    const price = metered('mq_messages', 5n * 10n ** 11n);
    expect(rate(price, 720n).amountCents).toBe(360n);
    expect(720n * rate(price, 1n).amountCents).toBe(720n);
  });

  it('row 23: never costs less for more usage where tiers are graduated, and nothing for none', () => {
    fc.assert(
      fc.property(prices('graduated'), quantity, fc.bigInt({ min: 0n, max: 5_000n }), (price, units, more) => {
        fc.pre(units + more <= 10n ** 15n);
        expect(rate(price, units + more).amountE12).toBeGreaterThanOrEqual(rate(price, units).amountE12);
        expect(rate(price, 0n).amountE12).toBe(0n);
      }),
    );
  });

  it('rounds half a cent up, and half a cent taken back down', () => {
    const half = 5n * 10n ** 11n;
    expect([half - 1n, half, half + 1n, 3n * half, 5n * half].map(roundToCents)).toEqual([0n, 1n, 1n, 2n, 3n]);
    expect([-half, -3n * half, -half + 1n].map(roundToCents)).toEqual([-1n, -2n, 0n]);
  });

  it.each([['negative', -1n], ['a JavaScript number', 5], ['fractional', 1.5], ['absurd', 10n ** 15n + 1n], ['no number', Number.NaN], ['missing', undefined], ['text', '5']])('refuses a quantity that is %s', (_what, value) => {
    expect(() => rate(metered('mq_messages', 1n), value as bigint)).toThrow(expect.objectContaining({ code: 'quantity_invalid' }));
  });

  it.each(['-1', '1.5', '1e3', '', ' 1', '01', '1000000000000001', '9'.repeat(40), '0x10', '١'])('refuses the quantity "%s" as text', (text) => {
    expect(() => parseQuantity('mq_messages', text)).toThrow(expect.objectContaining({ code: 'quantity_invalid' }));
  });

  const open = { upTo: null, unitE12: 1n, flatE12: 0n };
  const to = (upTo: bigint) => ({ ...open, upTo });
  it.each<[string, readonly Tier[], PriceKind?]>([
    ['a gap after the last bound', [to(10n)]],
    ['an overlap', [to(10n), to(10n), open]],
    ['bounds that fall', [to(10n), to(5n), open]],
    ['an open tier in the middle', [open, to(5n), open]],
    ['a tier that ends at 0', [to(0n), open]],
    ['no tier', []],
    ['a negative price', [{ ...open, unitE12: -1n }]],
    ['an absurd price', [{ ...open, unitE12: 10n ** 18n }]],
    ['a price that is a JavaScript number', [{ ...open, unitE12: 1 as unknown as bigint }]],
    ['two tiers of a flat price', [to(1n), open], 'flat'],
    ['a kind nobody knows', [open], 'stepped' as PriceKind],
  ])('refuses a price list with %s', (_what, tiers, kind = 'graduated') => {
    expect(() => checkPrice({ dimension: 'mq_messages', cause: '', kind, tiers })).toThrow(expect.objectContaining({ code: 'price_tiers_invalid' }));
  });
});
