import type { Caller } from '@waybill/kernel';
import type { HourRange } from '../ledger.store.js';
import type { HourLedgerStore, LedgerAdjustment, LedgerFilter, LedgerRow, LedgerTotal } from './hour-ledger.store.js';
import type { HourState } from './hour-state.js';
import { hourStateOf } from './hour-state.js';

/** What rating reads: a tenant's ledger by the hour, how far it is sealed, and what was adjusted. */
export class HourLedger {
  constructor(private readonly store: HourLedgerStore) {}

  /** Streams the records of whole hours: per namespace, hour, dimension, cause and resource, in that order, a page at a time. */
  rows(caller: Caller, hours: HourRange, filter?: LedgerFilter): AsyncGenerator<LedgerRow[]> {
    return this.store.rows(caller, hours, filter);
  }

  /** Streams the sums of whole days: per dimension, namespace, resource and cause, in that order, a page at a time. The same units as `rows`. */
  totals(caller: Caller, days: HourRange, filter?: LedgerFilter): AsyncGenerator<LedgerTotal[]> {
    return this.store.totals(caller, days, filter);
  }

  /** Adjustments billed in the month of a moment: lines of their own, beside what the records of the month add up to. */
  adjustments(caller: Caller, periodMs: number): Promise<LedgerAdjustment[]> {
    return this.store.adjustments(caller, periodMs);
  }

  /** State of one hour of a namespace; `nowMs` by the clock of Redis. Not the tenant's namespace: nothing was sealed. */
  async state(caller: Caller, namespaceId: string, startMs: number, nowMs: number): Promise<HourState> {
    return hourStateOf(startMs, (await this.store.sealedThrough(caller)).get(namespaceId) ?? 0, nowMs);
  }

  /** Hours of the tenant before this moment are sealed in every namespace; Infinity for a tenant without namespaces. */
  async sealedThroughMs(caller: Caller): Promise<number> {
    return Math.min(Infinity, ...(await this.store.sealedThrough(caller)).values());
  }

  /** Ids of tenants with something to rate in the days of a range, a page at a time. */
  async *tenants(days: HourRange, perPage = 1_000): AsyncGenerator<string[]> {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: string[] = await this.store.tenants(days, after, perPage);
      if (page.length > 0) yield page;
      after = page.length === perPage ? page.at(-1) : undefined;
    }
  }
}
