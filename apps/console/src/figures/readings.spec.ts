import { describe, expect, it } from '@jest/globals';
import type { QueueFigures } from '@waybill/contracts';
import { sum, windowMs, withReading, type LiveFigures } from './readings.js';

function queue(name: string, enqueuedTotal: number, removedTotal: number): QueueFigures {
  return {
    name, ready: 0, leased: 0, delayed: 0, deferred: 0, dead: 0, bytes: 0, paused: false, activeConsumer: null, parkedGroups: 0,
    oldestReadyAgeMs: null, enqueuedTotal, removedTotal,
  };
}

describe('live figures', () => {
  it('know no rate after one reading', () => {
    const live = withReading(undefined, [queue('orders', 5, 1)], 1_000);
    expect(live.rates.size).toBe(0);
    expect(live.points).toEqual([]);
  });

  it('take the rate from the difference of two readings', () => {
    const first = withReading(undefined, [queue('orders', 5, 1), queue('mail', 0, 0)], 0);
    const second = withReading(first, [queue('orders', 25, 3), queue('mail', 4, 4)], 2_000);
    expect(second.rates.get('orders')).toEqual({ in: 10, out: 1 });
    expect(second.points).toEqual([{ atMs: 2_000, in: 12, out: 3 }]);
    expect(sum(second.rates)).toEqual({ in: 12, out: 3 });
  });

  it('average a rate over ten seconds while each point of the chart shows one step', () => {
    let live: LiveFigures | undefined;
    for (const [step, total] of [0, 0, 0, 0, 0, 0, 100].entries()) live = withReading(live, [queue('orders', total, 0)], step * 2_000);
    expect(live?.rates.get('orders')?.in).toBe(10);
    expect(live?.points.at(-1)?.in).toBe(50);
  });

  it('never show a negative rate when a queue was deleted and made again', () => {
    const first = withReading(undefined, [queue('orders', 500, 400)], 0);
    expect(withReading(first, [queue('orders', 2, 0)], 2_000).rates.get('orders')).toEqual({ in: 0, out: 0 });
  });

  it('leave a queue that is new out of the total instead of counting its whole past as one burst', () => {
    const first = withReading(undefined, [queue('orders', 1, 0)], 0);
    expect(withReading(first, [queue('orders', 1, 0), queue('late', 9_000, 0)], 2_000).points).toEqual([{ atMs: 2_000, in: 0, out: 0 }]);
  });

  it('show a refresh between two polls without making a spike of it', () => {
    const first = withReading(undefined, [queue('orders', 0, 0)], 0);
    const second = withReading(first, [queue('orders', 2, 0)], 2_000);
    const refreshed = withReading(second, [queue('orders', 3, 0)], 2_050);
    expect(refreshed.queues.get('orders')?.enqueuedTotal).toBe(3);
    expect(refreshed.points).toEqual(second.points);
    expect(withReading(refreshed, [queue('orders', 4, 0)], 4_000).points.at(-1)).toEqual({ atMs: 4_000, in: 1, out: 0 });
  });

  it('forget what is older than the window', () => {
    const first = withReading(undefined, [queue('orders', 0, 0)], 0);
    const second = withReading(first, [queue('orders', 2, 0)], 2_000);
    const late = withReading(second, [queue('orders', 4, 0)], windowMs + 3_000);
    expect(late.readings).toHaveLength(1);
    expect(late.points).toEqual([]);
  });
});
