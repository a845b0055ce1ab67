import type { QueueFigures } from '@waybill/contracts';

/** How far back the live chart looks. */
export const windowMs = 5 * 60_000;
/** A rate in the table is averaged over about this long, so that it can be read while it moves. */
const averageMs = 10_000;
/** Readings closer than this (a refresh after a click) say nothing about a rate and are not kept. */
const apartMs = 1_000;

interface Totals {
  readonly enqueued: number;
  readonly removed: number;
}

/** What one poll saw, kept for the rates: total counters by queue. */
interface Reading {
  readonly atMs: number;
  readonly totals: ReadonlyMap<string, Totals>;
}

/** Messages per second. */
export interface Rate {
  readonly in: number;
  readonly out: number;
}

export interface RatePoint extends Rate {
  readonly atMs: number;
}

/** The newest figures with what the readings before them say about movement. */
export interface LiveFigures {
  readonly atMs: number;
  readonly queues: ReadonlyMap<string, QueueFigures>;
  /** By queue; a queue seen once has none yet. */
  readonly rates: ReadonlyMap<string, Rate>;
  /** All queues together, oldest first; one point per pair of neighbouring readings. */
  readonly points: readonly RatePoint[];
  /** True when there are more queues than one answer holds. */
  readonly more: boolean;
  readonly readings: readonly Reading[];
}

/** Adds a reading to those before it and drops what has left the window. */
export function withReading(before: LiveFigures | undefined, figures: readonly QueueFigures[], atMs: number, more = false): LiveFigures {
  const reading: Reading = { atMs, totals: new Map(figures.map((queue) => [queue.name, { enqueued: queue.enqueuedTotal, removed: queue.removedTotal }])) };
  const earlier = (before?.readings ?? []).filter((old) => old.atMs < atMs && old.atMs >= atMs - windowMs);
  const previous = earlier.at(-1);
  const reference = earlier.findLast((old) => old.atMs <= atMs - averageMs) ?? earlier[0];
  const apart = before === undefined || previous === undefined || atMs - previous.atMs >= apartMs;
  const point = previous === undefined || !apart ? [] : [{ atMs, ...sum(ratesBetween(previous, reading)) }];
  return {
    atMs,
    queues: new Map(figures.map((queue) => [queue.name, queue])),
    rates: !apart ? before.rates : reference === undefined ? new Map() : ratesBetween(reference, reading),
    points: [...(before?.points ?? []).filter((old) => old.atMs >= atMs - windowMs && old.atMs < atMs), ...point],
    more,
    readings: apart ? [...earlier, reading] : earlier,
  };
}

/** A counter that went down belongs to a queue made anew under an old name: nothing is known about its rate yet. */
function ratesBetween(earlier: Reading, later: Reading): Map<string, Rate> {
  const elapsedS = (later.atMs - earlier.atMs) / 1_000;
  const rates = new Map<string, Rate>();
  for (const [name, now] of later.totals) {
    const then = earlier.totals.get(name);
    if (then === undefined) continue;
    rates.set(name, { in: Math.max(0, now.enqueued - then.enqueued) / elapsedS, out: Math.max(0, now.removed - then.removed) / elapsedS });
  }
  return rates;
}

export function sum(rates: ReadonlyMap<string, Rate>): Rate {
  let total: Rate = { in: 0, out: 0 };
  for (const rate of rates.values()) total = { in: total.in + rate.in, out: total.out + rate.out };
  return total;
}
