import { describe, expect, it } from '@jest/globals';
import type { UsageRow } from '@waybill/contracts';
import { barsOf, byResource, csvOf } from './usage-rows.js';

const nowMs = Date.parse('2026-03-10T14:20:00Z');

function row(hour: string, dimension: string, quantity: string, resource: Partial<UsageRow['resource']> = {}): UsageRow {
  return { hour, dimension, cause: 'publish', resource: { id: 'q_1', kind: 'queue', name: 'orders', ...resource }, quantity };
}

describe('usage rows', () => {
  it('make a bar for every hour of today in UTC, empty hours included', () => {
    const bars = barsOf([row('2026-03-10T02:00:00Z', 'mq_messages', '3'), row('2026-03-10T02:00:00Z', 'mq_messages', '4'), row('2026-03-10T02:00:00Z', 'mq_kib_in', '9')], 'mq_messages', 1, nowMs);
    expect(bars).toHaveLength(24);
    expect(bars[2]).toEqual({ atMs: Date.parse('2026-03-10T02:00:00Z'), label: '02:00', quantity: 7 });
    expect(bars[3]?.quantity).toBe(0);
  });

  it('make a bar a day for thirty days, today last', () => {
    const bars = barsOf([row('2026-03-10T14:00:00Z', 'mq_messages', '5'), row('2026-02-09T23:00:00Z', 'mq_messages', '2')], 'mq_messages', 30, nowMs);
    expect(bars).toHaveLength(30);
    expect(bars[0]?.quantity).toBe(2);
    expect(bars[29]?.quantity).toBe(5);
  });

  it('add quantities beyond 2^53 without losing a unit', () => {
    const rows = [row('2026-03-10T01:00:00Z', 'mq_messages', '9007199254740993'), row('2026-03-10T02:00:00Z', 'mq_messages', '2')];
    expect(byResource(rows)[0]?.quantities.get('mq_messages')).toBe(9007199254740995n);
  });

  it('keep the usage of a queue that was deleted', () => {
    expect(byResource([row('2026-03-10T01:00:00Z', 'mq_queue_passes', '1', { id: 'q_gone', name: null })])).toMatchObject([{ id: 'q_gone', name: null }]);
  });

  it('have the busiest of each kind first, whatever was counted by time alone', () => {
    const used = (name: string, dimension: string, quantity: string, kind: 'exchange' | 'queue' = 'queue') => row('2026-03-10T01:00:00Z', dimension, quantity, { id: name, kind, name });
    const rows = [used('idle', 'mq_queue_minutes', '900'), used('b', 'mq_queue_passes', '2'), used('a', 'mq_queue_passes', '2'), used('busy', 'mq_queue_passes', '5'), used('x', 'mq_exchange_passes', '1', 'exchange')];
    expect(byResource(rows).map(({ id }) => id)).toEqual(['x', 'busy', 'a', 'b', 'idle']);
  });

  it('become a file with a line per row', () => {
    expect(csvOf([row('2026-03-10T01:00:00Z', 'mq_messages', '12')])).toBe(
      'hour,dimension,cause,resource_kind,resource_id,resource_name,quantity\r\n2026-03-10T01:00:00Z,mq_messages,publish,queue,q_1,orders,12\r\n',
    );
  });
});
