import type { UsageRow } from '@waybill/contracts';
import { dayMs, hourMs, startOfDayUtc } from '../words/time.js';

export interface Bar {
  readonly atMs: number;
  readonly label: string;
  readonly quantity: number;
}

const hourLabel = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
const hourOfDayLabel = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
const dayLabel = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

export const hourName = (hour: string): string => hourOfDayLabel.format(new Date(hour));

/**
 * One bar per hour up to a week, per day beyond it, empty ones included; UTC like the ledger.
 * Bars are for the eye: a quantity above 2^53 loses its last digits here, not in the tables.
 */
export function barsOf(rows: readonly UsageRow[], dimension: string, days: number, nowMs: number): Bar[] {
  const stepMs = days > 7 ? dayMs : hourMs;
  const label = days > 7 ? dayLabel : days > 1 ? hourOfDayLabel : hourLabel;
  const startMs = startOfDayUtc(nowMs, days - 1).getTime();
  const endMs = startOfDayUtc(nowMs).getTime() + dayMs;
  const sums = new Map<number, bigint>();
  for (const row of rows) {
    if (row.dimension !== dimension) continue;
    const step = Math.floor((Date.parse(row.hour) - startMs) / stepMs);
    sums.set(step, (sums.get(step) ?? 0n) + BigInt(row.quantity));
  }
  return Array.from({ length: (endMs - startMs) / stepMs }, (_, step) => {
    const atMs = startMs + step * stepMs;
    return { atMs, label: label.format(atMs), quantity: Number(sums.get(step) ?? 0n) };
  });
}

export interface ResourceUsage {
  readonly id: string;
  readonly kind: UsageRow['resource']['kind'];
  /** Null when it was deleted meanwhile: its usage stays. */
  readonly name: string | null;
  readonly quantities: ReadonlyMap<string, bigint>;
}

/** Counted whether anything moves or not: these say nothing of how busy a resource is. */
const countedByTime = new Set(['mq_queue_minutes', 'mq_exchange_minutes', 'mq_archive_mib_hours']);

function unitsMoved({ quantities }: ResourceUsage): bigint {
  let units = 0n;
  for (const [dimension, quantity] of quantities) if (!countedByTime.has(dimension)) units += quantity;
  return units;
}

/** Sums per resource and dimension; the namespace first, then exchanges, queues and subscriptions, the busiest of each first. */
export function byResource(rows: readonly UsageRow[]): ResourceUsage[] {
  const found = new Map<string, ResourceUsage & { quantities: Map<string, bigint> }>();
  for (const { resource, dimension, quantity } of rows) {
    const entry = found.get(resource.id) ?? { ...resource, quantities: new Map<string, bigint>() };
    entry.quantities.set(dimension, (entry.quantities.get(dimension) ?? 0n) + BigInt(quantity));
    found.set(resource.id, entry);
  }
  const rank = { namespace: 0, exchange: 1, queue: 2, subscription: 3 } as const;
  const moved = new Map([...found.values()].map((entry) => [entry.id, unitsMoved(entry)]));
  return [...found.values()].sort((a, b) => rank[a.kind] - rank[b.kind] || Number(moved.get(b.id)! - moved.get(a.id)!) || (a.name ?? '').localeCompare(b.name ?? ''));
}

/** The rows as a file for a spreadsheet. Names hold no comma or quote, and begin with a letter or digit. */
export function csvOf(rows: readonly UsageRow[]): string {
  const lines = rows.map(({ hour, dimension, cause, resource, quantity }) => [hour, dimension, cause, resource.kind, resource.id, resource.name ?? '', quantity].join(','));
  return ['hour,dimension,cause,resource_kind,resource_id,resource_name,quantity', ...lines].join('\r\n') + '\r\n';
}
