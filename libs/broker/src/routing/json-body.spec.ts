import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonBodyLimits, readJsonBody } from './json-body.js';

const read = (text: string) => readJsonBody(Buffer.from(text));
const nested = (levels: number): string => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;

describe('a JSON body', () => {
  it('is read as any JSON reader does, whatever brackets stand in its texts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue({ maxDepth: 5 })), fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }))), (value) => {
        const text = JSON.stringify(value);
        expect(read(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
    expect(read(JSON.stringify({ '\\"[[{{': `${'[{'.repeat(100)}"\\` }))).toHaveProperty('value');
  });

  it('never makes it throw, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expect(Object.keys(readJsonBody(Buffer.from(bytes)))).toHaveLength(1)));
  });

  it('may be as deep as the limit and no deeper', () => {
    expect(read(nested(64))).toHaveProperty('value');
    expect(read(`[${nested(64)}]`)).toEqual({ unreadable: 'the body is nested deeper than 64 levels' });
    expect(read('['.repeat(500_000))).toHaveProperty('unreadable');
  });

  it('may be as large as the limit and no larger', () => {
    const filled = `["${'x'.repeat(jsonBodyLimits.bytes - 4)}"]`;
    expect(read(filled)).toHaveProperty('value');
    expect(read(`${filled} `)).toEqual({ unreadable: 'the body is larger than 1048576 bytes' });
  });

  it('that is none has a reason', () => {
    expect(readJsonBody(undefined)).toEqual({ unreadable: 'the body is stored outside the broker, where filters do not look' });
    expect(read('')).toEqual({ unreadable: 'the body is not JSON' });
    expect(read('{"a":1')).toEqual({ unreadable: 'the body is not JSON' });
    expect(read('{"a":NaN}')).toEqual({ unreadable: 'the body is not JSON' });
    expect(read('5')).toEqual({ unreadable: 'the body is not a JSON object or array' });
    expect(read('null')).toEqual({ unreadable: 'the body is not a JSON object or array' });
    expect(readJsonBody(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ unreadable: 'the body is not JSON: it is not UTF-8' });
  });
});
