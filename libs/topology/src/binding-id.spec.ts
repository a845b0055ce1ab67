import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bindingId } from './binding-id.js';
import type { BindingRule } from './definitions.js';

const binding: BindingRule = { destination: { queue: 'mail' }, pattern: 'order.#', headers: {}, match: 'all', absent: [], filter: null, split: null, weight: 1 };

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
    const others: [string, BindingRule][] = [
      ['orders', binding],
      ['invoices', binding],
      ['orders', { ...binding, destination: { exchange: 'mail' } }],
      ['orders', { ...binding, destination: { queue: 'sms' } }],
      ['orders', { ...binding, pattern: 'order.*' }],
      ['orders', { ...binding, headers: { a: 'b' } }],
      ['orders', { ...binding, match: 'any' }],
      ['orders', { ...binding, absent: ['a'] }],
      ['orders', { ...binding, filter: { body: { a: ['b'] } } }],
      ['orders', { ...binding, filter: { body: { a: ['b', 'c'] } } }],
      ['orders', { ...binding, filter: { body: { a: ['c', 'b'] } } }],
      ['orders', { ...binding, filter: { body: { a: { b: ['c'] } } } }],
      ['orders', { ...binding, filter: { headers: { a: ['b'] } } }],
      ['orders', { ...binding, split: 'canary' }],
      ['orders', { ...binding, split: 'canary', weight: 5 }],
      ['orders', { ...binding, weight: 5 }],
    ];
    expect(new Set(others.map(([source, input]) => bindingId(source, input))).size).toBe(others.length);
  });

  it('does not depend on the order of the names in a filter, at any depth', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value) ? value.map(reversed) : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).reverse().map(([name, part]) => [name, reversed(part)])) : value;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (filter) => {
        const other = reversed(filter) as Record<string, unknown>;
        expect(bindingId('orders', { ...binding, filter })).toBe(bindingId('orders', { ...binding, filter: other }));
      }),
    );
  });

  it('is for a binding without the later settings what it always was', () => {
    expect(bindingId('orders', binding)).toBe('b_xk1n0mw3hf1n3gtr');
    expect(bindingId('orders', { ...binding, destination: { exchange: 'bills' }, pattern: '', headers: { region: 'eu', kind: 'new' }, match: 'any' })).toBe('b_pj1bcke3h7merzqf');
  });

  it('is b_ and 16 characters of base 32', () => {
    expect(bindingId('orders', binding)).toMatch(/^b_[0-9a-hjkmnp-tv-z]{16}$/);
  });
});
