import { describe, expect, it } from '@jest/globals';
import type { RowView } from './export-file.js';
import { SecondCounts } from './second-counts.js';

const hour = '2026-11-10T10:00:00.000Z';
const place = `ns_1 ${hour}`;
const row = (given: Partial<RowView>): RowView => ({ hour, namespaceId: 'ns_1', dimension: 'mq_messages', cause: 'publish', resourceId: 'x_1', quantity: '5', ...given });
function compared(rows: readonly RowView[], units: Record<string, string> | null | 'none' = {}) {
  const counts = new SecondCounts();
  if (units !== 'none') counts.addDigest({ namespaceId: 'ns_1', hour, sha256: '', secondCount: units && { messages: null, units } });
  for (const each of rows) counts.addRow(each);
  return counts.compared();
}

describe('the second count of an hour', () => {
  it('is equal to what the ledger has and what came late', () => {
    expect(compared([row({ counted: '5' }), row({ resourceId: 'x_2', late: '2', counted: '7' }), row({ resourceId: 'x_3', quantity: null, late: '1', counted: '1' })])).toMatchObject({ differences: [], differing: 0, rows: 3 });
  });

  it('differs where the ledger has less, more or nothing, and is named with both numbers', () => {
    const { differences } = compared([row({ counted: '6' }), row({ resourceId: 'x_2', counted: '0' }), row({ resourceId: 'x_3', quantity: null, counted: '4' })]);
    expect(differences).toEqual([
      { where: `${place} x_1 (publish)`, dimension: 'mq_messages', ledger: 5n, counted: 6n }, { where: `${place} x_2 (publish)`, dimension: 'mq_messages', ledger: 5n, counted: 0n },
      { where: `${place} x_3 (publish)`, dimension: 'mq_messages', ledger: 0n, counted: 4n },
    ]);
  });

  it('is compared by the sum of the hour where there is no other', () => {
    const rows = [row({}), row({ resourceId: 'x_2', late: '1' })];
    expect(compared(rows, { mq_messages: '11' })).toMatchObject({ differing: 0, rows: 0, summedRows: 2 });
    expect(compared(rows, { mq_messages: '10' }).differences).toEqual([{ where: `${place} all`, dimension: 'mq_messages', ledger: 11n, counted: 10n }]);
  });

  it('differs where the ledger has no row at all of what was counted in an hour', () => {
    expect(compared([], { mq_messages: '3', mq_kib_in: '0', mq_blocked: '2' }).differences).toEqual([{ where: `${place} all`, dimension: 'mq_messages', ledger: 0n, counted: 3n }]);
    expect(compared([row({ dimension: 'mq_kib_in' })], { mq_kib_in: '5', mq_messages: '3' }).differences).toMatchObject([{ dimension: 'mq_messages', counted: 3n }]);
    expect(compared([row({ counted: '5' })], { mq_messages: '5' })).toMatchObject({ differing: 0, rows: 1, summedRows: 0 });
  });

  it('is missing by dimension where nothing was counted again, and nobody misses that of what is never billed', () => {
    expect(compared([row({}), row({ dimension: 'mq_queue_minutes' }), row({ dimension: 'mq_blocked' })], null)).toMatchObject({ rows: 0, without: new Map([['mq_messages', 1], ['mq_queue_minutes', 1]]), hoursWaiting: 1 });
    expect(compared([row({})], 'none').without).toEqual(new Map([['mq_messages', 1]]));
  });

  it('names a thousand differences and counts all', () => {
    const found = compared(Array.from({ length: 1_500 }, (_, i) => row({ resourceId: `x_${i}`, counted: '0' })));
    expect([found.differences.length, found.differing]).toEqual([1_000, 1_500]);
  });
});
