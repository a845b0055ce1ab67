import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bindingId } from './binding-id.js';
import type { BindingInput } from './definitions.js';

const binding: BindingInput = { destination: { queue: 'mail' }, pattern: 'order.#', headers: {}, match: 'all' };

describe('the id of a binding', () => {
  it('does not depend on the order of the headers', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (headers) => {
        const reversed = Object.fromEntries(Object.entries(headers).reverse());
        expect(bindingId('orders', { ...binding, headers })).toBe(bindingId('orders', { ...binding, headers: reversed }));
      }),
    );
  });

  it('differs with every part of the content', () => {
    const others: [string, BindingInput][] = [
      ['orders', binding],
      ['invoices', binding],
      ['orders', { ...binding, destination: { exchange: 'mail' } }],
      ['orders', { ...binding, destination: { queue: 'sms' } }],
      ['orders', { ...binding, pattern: 'order.*' }],
      ['orders', { ...binding, headers: { a: 'b' } }],
      ['orders', { ...binding, match: 'any' }],
    ];
    expect(new Set(others.map(([source, input]) => bindingId(source, input))).size).toBe(others.length);
  });

  it('is b_ and 16 characters of base 32', () => {
    expect(bindingId('orders', binding)).toMatch(/^b_[0-9a-hjkmnp-tv-z]{16}$/);
  });
});
