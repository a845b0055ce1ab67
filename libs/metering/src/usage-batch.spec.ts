import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readBatch } from './usage-batch.js';

const sealed = { '@sealedAtMs': '1790000000000' };

describe('a sealed batch', () => {
  it('is read with counts beyond 2^53, in the order of its fields, zero counts left out', () => {
    const batch = readBatch({ ...sealed, '496032|mq_kib_in|publish|x_b': '9223372036854775807', '496032|mq_kib_in|publish|x_a': '1', '496032|mq_messages|publish|x_a': '0' });
    expect(batch).toMatchObject({ sealedAtMs: 1_790_000_000_000, entries: [{ resourceId: 'x_a', delta: 1n }, { resourceId: 'x_b', delta: 9_223_372_036_854_775_807n }] });
  });

  it('has one digest whatever the order Redis answers in, and another for any other content', () => {
    const count = fc.dictionary(fc.stringMatching(/^4960[0-9]{2}\|mq_messages\|publish\|x_[a-z]{1,3}$/), fc.bigInt({ min: 0n, max: 10n ** 18n }).map(String), { minKeys: 1 });
    const digest = (fields: Record<string, string>) => {
      const batch = readBatch({ ...sealed, ...fields });
      if ('faults' in batch) throw new Error(batch.faults.join());
      return batch.sha256.toString('hex');
    };
    fc.assert(
      fc.property(count, fc.bigInt({ min: 10n ** 18n + 1n, max: 2n ** 63n - 1n }), (fields, other) => {
        const entries = Object.entries(fields);
        expect(digest(Object.fromEntries(entries.reverse()))).toBe(digest(fields));
        expect(digest({ ...fields, [entries[0]![0]]: String(other) })).not.toBe(digest(fields));
      }),
    );
  });

  it('has the units of messages whole: one a message, and what the broker counted beyond', () => {
    const batch = readBatch({ ...sealed, '496032|mq_messages|publish|x_a': '7', '496032|mq_message_units|publish|x_a': '3', '496033|mq_messages|schedule|x_a': '2', '496032|mq_kib_in|publish|x_a': '200' });
    if ('faults' in batch) throw new Error(batch.faults.join());
    expect(batch.entries.map(({ hour, dimension, cause, delta }) => [hour, dimension, cause, delta])).toEqual([
      [496032, 'mq_kib_in', 'publish', 200n], [496032, 'mq_message_units', 'publish', 10n], [496032, 'mq_messages', 'publish', 7n],
      [496033, 'mq_message_units', 'schedule', 2n], [496033, 'mq_messages', 'schedule', 2n],
    ]);
  });

  it('is refused whole for one field or count the broker cannot have written', () => {
    const good = { '496032|mq_messages|publish|x_a': '1' };
    for (const bad of [{ 'what|is|this': '1' }, { '496032|mq_kib_in|publish|x_a': '-1' }, { '496032|mq_kib_in|publish|x_a': '1.5' }, { '496032|mq_kib_in|publish|x_a': '9223372036854775808' }, { '438287|mq_kib_in|publish|x_a': '1' }, { '497223|mq_kib_in|publish|x_a': '1' }]) {
      expect(readBatch({ ...sealed, ...good, ...bad })).toMatchObject({ faults: [expect.any(String)] });
    }
    expect(readBatch(good)).toEqual({ faults: ['@sealedAtMs'] });
  });
});
