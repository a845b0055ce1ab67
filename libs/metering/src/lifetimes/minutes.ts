import { hourMs } from '../usage-field.js';

/** How long a queue or a user-made exchange existed. */
export interface Lifetime {
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
  readonly resourceId: string;
  readonly bornMs: number;
  /** Null: it exists. */
  readonly goneMs: number | null;
}

const minuteMs = 60_000;

/**
 * Minutes of one hour by resource (billing.md §4, D7 and D8): whole minutes, rounded up, at least 1 per name. A minute
 * that has begun is paid for its 60 seconds whatever becomes of the name, so deleting and creating it again within them
 * costs nothing more and a name never costs more than 60. The minute is counted on who was there when it began.
 */
export function minutesIn(lifetimes: readonly Lifetime[], startMs: number): ReadonlyMap<Lifetime, number> {
  const endMs = startMs + hourMs;
  const paidThrough = new Map<string, number>();
  const minutes = new Map<Lifetime, number>();
  for (const life of [...lifetimes].sort((a, b) => a.bornMs - b.bornMs || (a.resourceId < b.resourceId ? -1 : 1))) {
    const { kind, name, bornMs, goneMs } = life;
    if (bornMs >= endMs || (goneMs !== null && goneMs <= startMs && bornMs < startMs)) continue;
    const paidMs = paidThrough.get(`${kind} ${name}`) ?? -Infinity;
    const fromMs = Math.max(bornMs, startMs, paidMs);
    const toMs = Math.min(goneMs ?? endMs, endMs);
    const begun = toMs > fromMs ? Math.ceil((toMs - fromMs) / minuteMs) : Number(Math.max(bornMs, startMs) >= paidMs);
    if (begun === 0) continue;
    minutes.set(life, begun);
    paidThrough.set(`${kind} ${name}`, fromMs + begun * minuteMs);
  }
  return minutes;
}
