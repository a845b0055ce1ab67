import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, tooLong } from './line-splitter.js';

function split(text: string, cuts: readonly number[], limitBytes: number): (string | typeof tooLong)[] {
  const bytes = Buffer.from(text);
  const splitter = new LineSplitter(limitBytes);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const lines: (Buffer | typeof tooLong)[] = [];
  let from = 0;
  for (const end of ends) {
    lines.push(...splitter.push(bytes.subarray(from, end)));
    from = end;
  }
  lines.push(...splitter.end());
  return lines.map((line) => (line === tooLong ? line : line.toString()));
}

describe('lines', () => {
  it('are the same wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'ä', ' ', '\r', '{'), maxLength: 12 }), { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 10 }), (lines, cuts) => {
        const expected = lines.filter((line) => line.trim() !== '').map((line) => (Buffer.byteLength(line) > 10 ? tooLong : line));
        expect(split(lines.join('\n'), cuts, 10)).toEqual(expected);
      }),
    );
  });

  it('over the limit are dropped, and the next one is whole', () => {
    expect(split(`${'x'.repeat(1000)}\nok`, [10, 20, 500], 100)).toEqual([tooLong, 'ok']);
  });

  it('of exactly the limit are kept', () => {
    expect(split('x'.repeat(100), [], 100)).toEqual(['x'.repeat(100)]);
  });
});
