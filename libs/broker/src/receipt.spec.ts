import { describe, expect, it } from '@jest/globals';
import { formatReceipt, parseReceipt } from './receipt.js';

describe('receipts', () => {
  const receipt = formatReceipt('q_orders', 123_456_789, 3);

  it('name one delivery of one message', () => {
    expect(parseReceipt('q_orders', receipt)).toEqual({ position: 123_456_789, deliveries: 3 });
  });

  it('of another queue are told apart from broken ones', () => {
    expect(() => parseReceipt('q_other', receipt)).toThrow(expect.objectContaining({ code: 'receipt_wrong_queue' }));
  });

  it.each(['', 'x', receipt.toUpperCase(), `${receipt}0`, receipt.replace('.3.', '.-3.'), receipt.replace('.3.', '.3e9.'), `zzzzzzzzzzz${receipt.slice(11)}`])(
    'that we did not make are refused: %j',
    (text) => {
      expect(() => parseReceipt('q_orders', text)).toThrow(expect.objectContaining({ code: 'receipt_invalid' }));
    },
  );
});
