import { describe, expect, it } from '@jest/globals';
import { bindingRule } from './binding-rule.js';
import { patternFault } from './kinds.js';

describe('a binding pattern', () => {
  it('may hold wildcards only as whole words in a topic exchange', () => {
    expect(patternFault('topic', 'order.*.eu', 255)).toBeNull();
    expect(patternFault('topic', '#', 255)).toBeNull();
    expect(patternFault('topic', 'order.#x', 255)).toContain('"#x"');
  });

  it('is plain text in a direct exchange', () => expect(patternFault('direct', 'order.#x', 255)).toBeNull());

  it('is measured in bytes, not characters', () => {
    expect(patternFault('direct', 'é'.repeat(127), 255)).toBeNull();
    expect(patternFault('direct', 'é'.repeat(128), 255)).toBe('Use at most 255 bytes.');
  });
});

describe('what a binding takes', () => {
  it('is said in a line', () => {
    expect(bindingRule({ pattern: 'order.#', headers: {}, match: 'all' })).toBe('order.#');
    expect(bindingRule({ pattern: '', headers: {}, match: 'all' })).toBe('every message');
    expect(bindingRule({ pattern: '', headers: { region: 'eu', kind: 'new' }, match: 'any' })).toBe('any of region=eu, kind=new');
  });

  it('says what must be absent, what a filter wants, and its share', () => {
    const rule = { pattern: '', headers: {}, match: 'all' } as const;
    expect(bindingRule({ ...rule, headers: { a: 'b' }, absent: ['c', 'd'] })).toBe('all of a=b, without c, d');
    expect(bindingRule({ ...rule, absent: ['c'] })).toBe('without c');
    expect(bindingRule({ ...rule, filter: { body: { a: [1] } } })).toBe('{"body":{"a":[1]}}');
    expect(bindingRule({ ...rule, filter: { body: { a: ['x'.repeat(500)] } } })).toHaveLength(161);
    expect(bindingRule({ ...rule, pattern: '#', split: 'canary', weight: 5 })).toBe('#, weight 5 of the split canary');
    expect(bindingRule({ ...rule, weight: 3 })).toBe('every message, weight 3');
  });
});
