import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ColumnReader, ColumnWriter } from './column.js';

describe('a column', () => {
  it('gives back every number, difference and text in the order written', () => {
    const item = fc.oneof(
      fc.record({ as: fc.constant('number' as const), value: fc.maxSafeNat() }),
      fc.record({ as: fc.constant('difference' as const), value: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -70, max: 70 })) }),
      fc.record({ as: fc.constant('text' as const), value: fc.string({ unit: 'binary', maxLength: 300 }) }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 200 }), (items) => {
        const writer = new ColumnWriter();
        for (const { as, value } of items) (writer[as] as (value: number | string) => void).call(writer, value);
        const reader = new ColumnReader(Buffer.from(writer.bytes()));
        for (const { as, value } of items) expect(reader[as]()).toBe(value);
        expect(reader.ended).toBe(true);
      }),
    );
  });

  it('keeps positions to the last of 53 bits', () => {
    const writer = new ColumnWriter();
    const numbers = [0, 0x7f, 0x80, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    for (const number of numbers) writer.number(number);
    const reader = new ColumnReader(Buffer.from(writer.bytes()));
    expect(numbers.map(() => reader.number())).toEqual(numbers);
  });

  it('says so when it is cut', () => {
    const writer = new ColumnWriter();
    writer.text('orders');
    const whole = Buffer.from(writer.bytes());
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => new ColumnReader(whole.subarray(0, length)).text()).toThrow('column is cut');
    }
  });
});
