import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { depthLimit, elementsOf, parsedJson } from './json-bytes.js';

const nested = (depth: number) => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`);
const refusal = (code: string) => expect.objectContaining({ code });

describe('JSON of a request', () => {
  it('is parsed up to the depth allowed and refused beyond it', () => {
    expect(parsedJson(nested(depthLimit))).toBeDefined();
    expect(() => parsedJson(nested(depthLimit + 1))).toThrow(refusal('body_too_deep'));
  });

  it('of megabytes of brackets is refused without being parsed', () => {
    const parse = jest.spyOn(JSON, 'parse');
    expect(() => parsedJson(Buffer.alloc(8 * 1024 * 1024, '['))).toThrow(refusal('body_too_deep'));
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it('does not count brackets in texts', () => {
    const text = `"\\"${'[{'.repeat(500)}\\\\"`;
    expect(parsedJson(Buffer.from(text))).toBe(JSON.parse(text));
  });

  it('is what JSON.parse says it is, for every value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(parsedJson(Buffer.from(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([[Buffer.from([0x22, 0xc0, 0x22]), 'text_invalid'], [Buffer.from('{"a":'), 'request_malformed_json'], [Buffer.alloc(0), 'request_malformed_json']])('like %p is refused', (bytes, code) => {
    expect(() => parsedJson(bytes)).toThrow(refusal(code));
  });
});

describe('the elements of an array', () => {
  it('are the bytes that were sent, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 6 }), fc.constantFrom('', ' ', '\n\t'), (values, space) => {
        const texts = values.map((value) => JSON.stringify(value));
        const found = elementsOf(Buffer.from(`${space}[${space}${texts.join(`${space},${space}`)}${space}]${space}`));
        expect(found?.map(({ bytes }) => bytes.toString())).toEqual(texts);
      }),
    );
  });

  it('keep numbers that JavaScript cannot hold', () => {
    expect(elementsOf(Buffer.from('[{"n":12345678901234567890.10}]'))?.[0]?.bytes.toString()).toBe('{"n":12345678901234567890.10}');
  });

  it('are none when it is no array', () => {
    expect(elementsOf(Buffer.from('{}'))).toBeUndefined();
  });
});
