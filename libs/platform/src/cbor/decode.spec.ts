import { describe, expect, it } from '@jest/globals';
import { cborDepthLimit, cborObjectLimit, decodeCbor } from './decode.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const failing = (code: string, params: object = {}) => expect.objectContaining({ code, params: expect.objectContaining(params) });
const malformed = (reason: string, at?: number) => failing('request_malformed_cbor', { reason: expect.stringContaining(reason), ...(at === undefined ? {} : { at }) });
const letters = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((letter) => [letter, letter.toUpperCase()]));
const upTo25 = Array.from({ length: 25 }, (_, i) => i + 1);

/** RFC 8949 appendix A, but for what is refused. */
const vectors: [string, unknown][] = [
  ['00', 0], ['01', 1], ['0a', 10], ['17', 23], ['1818', 24], ['1819', 25], ['1864', 100], ['1903e8', 1000], ['1a000f4240', 1_000_000], ['1b000000e8d4a51000', 1_000_000_000_000],
  ['20', -1], ['29', -10], ['3863', -100], ['3903e7', -1000],
  ['f90000', 0], ['f98000', -0], ['f93c00', 1], ['fb3ff199999999999a', 1.1], ['f93e00', 1.5], ['f97bff', 65_504], ['fa47c35000', 100_000], ['fa7f7fffff', 3.4028234663852886e38],
  ['fb7e37e43c8800759c', 1e300], ['f90001', 5.960464477539063e-8], ['f90400', 0.00006103515625], ['f9c400', -4], ['fbc010666666666666', -4.1],
  ['f97c00', Infinity], ['f97e00', NaN], ['f9fc00', -Infinity], ['fa7f800000', Infinity], ['fa7fc00000', NaN], ['faff800000', -Infinity], ['fb7ff0000000000000', Infinity], ['fb7ff8000000000000', NaN], ['fbfff0000000000000', -Infinity],
  ['f4', false], ['f5', true], ['f6', null],
  ['40', hex('')], ['4401020304', hex('01020304')], ['60', ''], ['6161', 'a'], ['6449455446', 'IETF'], ['62225c', '"\\'], ['62c3bc', '\u00fc'], ['63e6b0b4', '\u6c34'], ['64f0908591', '\ud800\udd51'],
  ['80', []], ['83010203', [1, 2, 3]], ['8301820203820405', [1, [2, 3], [4, 5]]], ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', upTo25],
  ['a0', {}], ['a26161016162820203', { a: 1, b: [2, 3] }], ['826161a161626163', ['a', { b: 'c' }]], ['a56161614161626142616361436164614461656145', letters],
  ['5f42010243030405ff', hex('0102030405')], ['7f657374726561646d696e67ff', 'streaming'], ['9fff', []], ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]], ['9f01820203820405ff', [1, [2, 3], [4, 5]]],
  ['83018202039f0405ff', [1, [2, 3], [4, 5]]], ['83019f0203ff820405', [1, [2, 3], [4, 5]]], ['9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff', upTo25],
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }], ['826161bf61626163ff', ['a', { b: 'c' }]], ['bf6346756ef563416d7421ff', { Fun: true, Amt: -2 }],
];

describe('decoding CBOR', () => {
  it.each(vectors)('reads %s of RFC 8949 as %j', (text, value) => {
    expect(decodeCbor(hex(text))).toEqual(value);
  });

  it.each(vectors)('refuses %s cut off anywhere', (text) => {
    const bytes = hex(text);
    for (let length = 0; length < bytes.length; length += 1) expect(() => decodeCbor(bytes.subarray(0, length))).toThrow(malformed('it ends in the middle of an item'));
  });

  it('reads the largest and smallest integers it takes', () => {
    expect(decodeCbor(hex('1b001fffffffffffff'))).toBe(Number.MAX_SAFE_INTEGER);
    expect(decodeCbor(hex('3b001ffffffffffffe'))).toBe(Number.MIN_SAFE_INTEGER);
  });

  it('skips the tag that only says that it is CBOR', () => {
    expect(decodeCbor(hex('d9d9f783010203'))).toEqual([1, 2, 3]);
  });

  it('gives bytes as a view of what it read', () => {
    const bytes = hex('4401020304');
    const view = decodeCbor(bytes) as Buffer;
    bytes[1] = 9;
    expect([...view]).toEqual([9, 2, 3, 4]);
  });

  it('reads the same keys again, and others of the same length and ends', () => {
    const keys = ['contentType', 'contextType', 'contentType', 'body', 'body', 'x'.repeat(50), '\u00fcu', 'u\u00fc', '\u00fcu', 'b', 'b', '', ''];
    const maps = keys.map((key) => Buffer.concat([Buffer.from([0xa1, 0x78, Buffer.byteLength(key)]), Buffer.from(key), Buffer.from([0])]));
    expect(decodeCbor(Buffer.concat([Buffer.from([0x80 + keys.length]), ...maps]))).toEqual(keys.map((key) => ({ [key]: 0 })));
  });

  it('keeps U+FFFD where it was sent', () => {
    expect(decodeCbor(hex('63efbfbd'))).toBe('\ufffd');
  });

  it.each([
    ['61ff'], ['62c328'], ['63eda080'], ['64f4908080'], ['62c080'], ['a161ff01'], ['7f61c361bcff'],
  ])('refuses %s, a text that is not UTF-8', (text) => {
    expect(() => decodeCbor(hex(text))).toThrow(failing('text_invalid'));
  });

  it.each([
    ['nothing', '', 'it ends in the middle of an item', 0],
    ['a second item', '0000', 'something follows the first item', 1],
    ['a date', 'c074323031332d30332d32315432303a30343a30305a', 'the tag 0 is not known here', 1],
    ['a bignum', 'c249010000000000000000', 'the tag 2 is not known here', 1],
    ['an integer of 2^53', '1b0020000000000000', 'above 2^53', 9],
    ['the largest integer', '1bffffffffffffffff', 'above 2^53', 9],
    ['the smallest integer', '3bffffffffffffffff', 'above 2^53', 9],
    ['undefined', 'f7', 'a simple value', 1],
    ['another simple value', 'f0', 'a simple value', 1],
    ['a simple value of two bytes', 'f8ff', 'a simple value', 1],
    ['a break outside', 'ff', 'a simple value', 1],
    ['an integer of no length', '1c', 'means nothing', 1],
    ['an integer of indefinite length', '1f', 'means nothing', 1],
    ['a tag of indefinite length', 'df00', 'means nothing', 1],
    ['a key that is a number', 'a20102', 'a key of a map is not text', 2],
    ['a key of bytes', 'a1416101', 'a key of a map is not text', 2],
    ['a key twice', 'a2616101616102', 'a key twice', 6],
    ['a key twice, once in pieces', 'a26161017f6161ff02', 'a key twice', 8],
    ['a prototype', `a169${Buffer.from('__proto__').toString('hex')}a0`, '__proto__', 11],
    ['a text within bytes', '5f6161ff', 'of another kind', 2],
    ['pieces within pieces', '5f5f4101ffff', 'of another kind', 2],
    ['a break after a key', 'bf6161ff', 'a simple value', 4],
  ])('refuses %s', (_name, text, reason, at) => {
    expect(() => decodeCbor(hex(text))).toThrow(malformed(reason, at));
  });

  it.each(['prototype', 'constructor', 'toString', 'hasOwnProperty'])('has no fault to find with a key called %s', (key) => {
    expect(decodeCbor(Buffer.concat([Buffer.from([0xa1, 0x60 + key.length]), Buffer.from(key), Buffer.from([1])]))).toEqual({ [key]: 1 });
  });

  it.each(['81', '9f', 'a16161', 'bf6161', 'd9d9f7'])('takes %s nested as deep as is allowed, and no deeper', (open) => {
    const close = open === '9f' || open.startsWith('bf') ? 'ff' : '';
    const nested = (depth: number) => hex(`${open.repeat(depth)}00${close.repeat(depth)}`);
    expect(() => decodeCbor(nested(cborDepthLimit))).not.toThrow();
    expect(() => decodeCbor(nested(cborDepthLimit + 1))).toThrow(failing('body_too_deep', { limit: 64 }));
    expect(() => decodeCbor(nested(1_000_000))).toThrow(failing('body_too_deep'));
  });

  it.each([
    ['bytes', '5a7fffffff'], ['bytes', '5b001fffffffffffff'], ['a text', '7a7fffffff'], ['a key', 'a17a7fffffff'],
    ['an array', '9affffffff'], ['an array', '9b001fffffffffffff'], ['a map', 'baffffffff'], ['a map', 'bb001fffffffffffff'], ['arrays', '9affffffff'.repeat(64)],
  ])('sets no memory aside for %s that are only announced (%s)', (_name, text) => {
    const before = process.memoryUsage();
    expect(() => decodeCbor(hex(text))).toThrow(malformed('it ends in the middle of an item'));
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(16 * 1024 * 1024);
  });

  it.each(['40', '80', 'a0'])('refuses more %s than it takes: each becomes an object', (empty) => {
    const items = (count: number) => hex(`9f${empty.repeat(count)}ff`);
    expect(decodeCbor(items(cborObjectLimit - 1))).toHaveLength(cborObjectLimit - 1);
    expect(() => decodeCbor(items(cborObjectLimit))).toThrow(malformed(`more than ${cborObjectLimit} arrays, maps and byte strings`));
  });

  it.each(['5f40', '7f60'])('refuses a string of as many pieces (%s)', (open) => {
    expect(() => decodeCbor(hex(`${open}${open.slice(2).repeat(cborObjectLimit)}ff`))).toThrow(malformed(`more than ${cborObjectLimit}`));
  });

  it('refuses byte strings where they have no meaning', () => {
    for (const text of ['40', '8140', '5fff']) expect(() => decodeCbor(hex(text), { byteStrings: 'refused' })).toThrow(malformed('a byte string has no meaning here'));
    expect(decodeCbor(hex('a1616101'), { byteStrings: 'refused' })).toEqual({ a: 1 });
  });
});
