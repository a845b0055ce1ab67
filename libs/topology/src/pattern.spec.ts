import { describe, expect, it } from '@jest/globals';
import { WaybillError } from '@waybill/kernel';
import fc from 'fast-check';
import { requirePattern } from './pattern.js';

function codeOf(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof WaybillError) return error.code;
    throw error;
  }
}
const topic = (pattern: string) => codeOf(() => requirePattern('topic', pattern));

describe('patterns', () => {
  it('lets * and # stand alone as words of a topic pattern', () => {
    for (const pattern of ['', '#', '*', 'order.*.eu', '#.created', 'a..b', 'straße.#']) expect(topic(pattern)).toBeNull();
  });

  it('refuses * and # inside a word of a topic pattern', () => {
    for (const pattern of ['or*er', '**', '##', 'a.#b', '*.x*.#']) expect(topic(pattern)).toBe('pattern_invalid');
  });

  it('takes * and # literally where patterns are not topics', () => {
    expect(codeOf(() => requirePattern('direct', 'or*er'))).toBeNull();
  });

  it('counts the limit in bytes of UTF-8, not in characters', () => {
    expect(topic('é'.repeat(127) + 'a')).toBeNull();
    expect(topic('é'.repeat(128))).toBe('pattern_too_long');
    expect(topic('x'.repeat(10_000))).toBe('pattern_too_long');
  });

  it('refuses what PostgreSQL cannot store', () => {
    expect(topic('a\0b')).toBe('pattern_invalid');
    expect(topic('\ud800')).toBe('pattern_invalid');
  });

  it('accepts a topic pattern exactly when no longer word has a wildcard', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '*', '#', '_'), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 10 }), (words) => {
        const broken = words.some((text) => text !== '*' && text !== '#' && (text.includes('*') || text.includes('#')));
        expect(topic(words.join('.'))).toBe(broken ? 'pattern_invalid' : null);
      }),
    );
  });
});
