import type { Caller } from '@waybill/kernel';
import type { DayRange, DrillDownStore, HourShare, Level, LevelQuery, Share, TimeShare } from './drill-down.store.js';
import type { Evidence, EvidenceStore } from './evidence.store.js';
import type { Fact, FactPage, FactPlace, Facts, FactSource } from './facts.js';
import { isLogged } from './recount.js';

/**
 * Why the facts behind an hour are not shown: nothing is kept of the dimension (`not_by_message`), the namespace kept no log
 * then (`log_off`), what was kept is not there any more (`log_expired`), or the hour is from before it was kept (`not_kept`).
 */
export type EndsAtHour = 'not_by_message' | 'log_off' | 'log_expired' | 'not_kept';

export interface HourFacts {
  /** What the ledger has of the hour: what the units of all rows add up to. */
  readonly total: bigint;
  readonly items: readonly Fact[];
  readonly next: string | null;
  /** Null when the rows are shown. */
  readonly endsAtHour: EndsAtHour | null;
  /** Kept for the sealed hour; null before. */
  readonly evidence: Evidence | null;
}

const dayMs = 86_400_000;

/** From an invoice line down to its facts; every level adds up to the item above it exactly. Adjustments are lines of their own. */
export class DrillDown {
  constructor(
    private readonly store: DrillDownStore,
    private readonly evidence: EvidenceStore,
    private readonly facts: Pick<Facts, 'sourceOf' | 'since'>,
  ) {}

  dimensions(caller: Caller, days: DayRange): Promise<Share[]> {
    return this.store.dimensions(caller, days);
  }

  namespaces(caller: Caller, query: LevelQuery): Promise<Level<Share>> {
    return this.store.namespaces(caller, query);
  }

  resources(caller: Caller, namespaceId: string, query: LevelQuery): Promise<Level<Share>> {
    return this.store.resources(caller, namespaceId, query);
  }

  days(caller: Caller, place: Omit<FactPlace, 'hourMs'>, days: DayRange): Promise<Level<TimeShare>> {
    return this.store.days(caller, place.namespaceId, place.resourceId, place.dimension, days);
  }

  /** `dayMs`: any moment of the day. */
  hours(caller: Caller, place: Omit<FactPlace, 'hourMs'>, atMs: number): Promise<Level<HourShare>> {
    return this.store.hours(caller, place.namespaceId, place.resourceId, place.dimension, Math.floor(atMs / dayMs) * dayMs);
  }

  /** What the units of one hour stand for: messages, deliveries, attempts, lifetimes or a sample, in a fixed order. Fails with `page_token_invalid`. */
  async hourFacts(caller: Caller, place: FactPlace, page: FactPage): Promise<HourFacts> {
    const { items: hours } = await this.hours(caller, place, place.hourMs);
    const total = hours.filter((hour) => hour.startMs === place.hourMs).reduce((sum, { quantity }) => sum + quantity, 0n);
    const evidence = await this.evidence.read(caller, place.namespaceId, place.hourMs);
    const ends = (endsAtHour: EndsAtHour): HourFacts => ({ total, items: [], next: null, endsAtHour, evidence });
    const source = this.facts.sourceOf(place.dimension);
    if (source === undefined) return ends('not_by_message');
    if (place.hourMs < ((await this.facts.since()).get(place.dimension) ?? Infinity)) return ends('not_kept');
    const { items, next } = await source.rows(caller, place, page);
    if (items.length === 0 && page.after === undefined && total > 0n) return ends(await whyNothing(source, caller, place, evidence));
    return { total, items, next, endsAtHour: null, evidence };
  }
}

async function whyNothing(source: FactSource, { tenantId }: Caller, { namespaceId, dimension, hourMs }: FactPlace, evidence: Evidence | null): Promise<EndsAtHour> {
  if (evidence === null) return (await source.keeps({ tenantId, namespaceId, hourMs })) ? 'log_expired' : 'log_off';
  if (evidence.units.has(dimension)) return 'log_expired';
  return isLogged(dimension) && ![...evidence.units.keys()].some(isLogged) ? 'log_off' : 'not_kept';
}
