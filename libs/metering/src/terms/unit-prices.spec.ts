import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UnitPrices } from './unit-prices.js';

const published = (unitPriceE12: Record<string, string>, minorDigits = 2, currency = 'USD') => UnitPrices.parse(JSON.stringify({ version: '1', currency, minorDigits, unitPriceE12 }));

describe('the price of a publish', () => {
  it('is the sum of its units at price book v1, exact in dollars', () => {
    const book = published({ mq_messages: '40000000', mq_kib_in: '5000000', mq_exchange_passes: '5000000', mq_queue_passes: '20000000' });
    // 0.00004 + 2 × 0.000005 + 0.000005 + 3 × 0.00002 cents
    expect(book.priceOf({ messages: 1, kibIn: 2, exchangePasses: 1, queuePasses: 3 })).toEqual({ amount: '0.00000115', currency: 'USD' });
    expect(book.priceOf({ messages: 0, kibIn: 0, exchangePasses: 0, queuePasses: 0 })).toEqual({ amount: '0', currency: 'USD' });
    expect(book.priceOf({ messages: 2_500_000, kibIn: 0, exchangePasses: 0, queuePasses: 0 })).toEqual({ amount: '1', currency: 'USD' });
  });

  it('is that of its units of 64 KiB where a price list has them', () => {
    const book = published({ mq_message_units: '60000000' });
    const priceOf = (kibIn: number, messages = 1) => book.priceOf({ messages, kibIn, exchangePasses: 1, queuePasses: 1 }).amount;
    expect([priceOf(1), priceOf(64), priceOf(65), priceOf(128), priceOf(129), priceOf(0, 0)]).toEqual(['0.0000006', '0.0000006', '0.0000012', '0.0000012', '0.0000018', '0']);
  });

  it('is right in a currency without a minor unit, and where a dimension costs nothing', () => {
    expect(published({ mq_messages: '6000000000' }, 0, 'JPY').priceOf({ messages: 1, kibIn: 9, exchangePasses: 9, queuePasses: 9 })).toEqual({ amount: '0.006', currency: 'JPY' });
  });

  it('agrees with integers for any prices and units', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.nat({ max: 1_000_000 }), fc.nat({ max: 1_000_000 }), (one, other, messages, queuePasses) => {
        const { amount } = published({ mq_messages: String(one), mq_queue_passes: String(other) }).priceOf({ messages, kibIn: 7, exchangePasses: 7, queuePasses });
        const [whole = '', fraction = ''] = amount.split('.');
        expect(BigInt(whole + fraction.padEnd(14, '0'))).toBe(one * BigInt(messages) + other * BigInt(queuePasses));
        expect(amount).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
      }),
    );
  });
});
