import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCbor } from './decode.js';
import { bytesHead, encodeCbor, mapHead, textAsCbor } from './encode.js';

describe('encoding CBOR', () => {
  it.each([
    ['00', 0], ['17', 23], ['1818', 24], ['1864', 100], ['1903e8', 1000], ['1a000f4240', 1_000_000], ['1b000000e8d4a51000', 1_000_000_000_000], ['1affffffff', 0xffff_ffff], ['1b0000000100000000', 2 ** 32],
    ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER], ['20', -1], ['3903e7', -1000], ['3b001ffffffffffffe', Number.MIN_SAFE_INTEGER], ['fb3ff199999999999a', 1.1], ['fb8000000000000000', -0], ['fb4340000000000000', 2 ** 53],
    ['f4', false], ['f5', true], ['f6', null], ['4401020304', Buffer.from([1, 2, 3, 4])], ['60', ''], ['6449455446', 'IETF'], ['62c3bc', '\u00fc'], ['63e6b0b4', '\u6c34'], ['64f0908591', '\ud800\udd51'],
    ['8301820203820405', [1, [2, 3], [4, 5]]], ['826161a161626163', ['a', { b: 'c' }]], ['a1616101', { a: 1, b: undefined }], ['a0', Object.create(null)],
  ])('writes %s as RFC 8949 has it', (text, value) => {
    expect(encodeCbor(value).toString('hex')).toBe(text);
  });

  it('writes heads of what is put in between', () => {
    expect(Buffer.from(mapHead(1) + textAsCbor('body') + bytesHead(70_000), 'latin1').toString('hex')).toBe('a1'.concat('64626f6479', '5a00011170'));
  });

  it('has no word for a function', () => {
    expect(() => encodeCbor(() => 1)).toThrow(TypeError);
  });

  it('writes what is read back as the same', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 300 }));
    const { value } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.constant(null), fc.boolean(), fc.maxSafeInteger(), fc.double(), text, fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
      value: fc.oneof({ maxDepth: 5 }, tie('leaf'), fc.array(tie('value')), fc.dictionary(text.filter((key) => key !== '__proto__'), tie('value'), { noNullPrototype: true })),
    }));
    fc.assert(fc.property(value, (one) => expect(decodeCbor(encodeCbor(one))).toEqual(one)));
  });

  it('of any bytes reads something or refuses them, and nothing else happens', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        decodeCbor(Buffer.from(bytes));
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^(request_malformed_cbor|text_invalid|body_too_deep)$/);
      }
    }), { numRuns: 2_000 });
  });
});
