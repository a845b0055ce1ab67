import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readMembers } from './json-members.js';

async function* pieces(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

async function read(text: string, bytes: number): Promise<unknown> {
  const rows: unknown[] = [];
  const members = await readMembers(pieces(text, bytes), { rows: (item, index) => (rows[index] = item) });
  return { ...members, rows };
}

describe('members of an object, read a piece at a time', () => {
  it('are what JSON.parse makes of them, wherever the text is torn', async () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__'), json), fc.array(json), fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 2, '\t'), async (others, rows, bytes, space) => {
        const text = JSON.stringify({ ...others, rows }, null, space);
        expect(await read(text, bytes)).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });

  it.each(['', '{', '[{}', '{"a":1', '{"a":1,}', '{"a" 1}', '{"a":1 "b":2}', '{a:1}', '{"rows":[1,]}', '{"rows":[1 2]}', '{"rows":[1', '{"rows":[{]}', '{"a":1}{', '{"a":tru}', '{"a":"\u0001"}', '{"a":"x'])('are refused when the text is no JSON: %j', async (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    for (const bytes of [1, 100]) await expect(read(text, bytes)).rejects.toMatchObject({ name: 'NoJson' });
  });

  it('are refused when the bytes are no UTF-8', async () => {
    async function* wrong(): AsyncGenerator<Uint8Array> {
      yield Buffer.from([0x7b, 0x22, 0xff, 0x22]);
    }
    await expect(readMembers(wrong(), {})).rejects.toMatchObject({ name: 'NoJson' });
  });
});
