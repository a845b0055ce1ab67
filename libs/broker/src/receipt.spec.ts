import { describe, expect, it } from '@jest/globals';
import { formatReceipt, leaseOf, parseReceipt } from './receipt.js';

const named = { position: 123_456_789, deliveries: 3, size: '1094', holder: 7 };

describe('receipts', () => {
  const receipt = formatReceipt('q_orders', named);

  it('name one delivery of one message', () => {
    expect(parseReceipt('q_orders', receipt)).toEqual(named);
  });

  it('name the lease as the scripts do', () => {
    expect(leaseOf({ ...named, size: '120L' })).toBe('0000000123456789:3:120L:7');
    expect(parseReceipt('q_orders', formatReceipt('q_orders', { ...named, size: '120L' })).size).toBe('120L');
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
