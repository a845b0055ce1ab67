import { WaybillError } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import type { AttemptFact, FactCount, FactHour, FactPage, FactPlace, FactRows, FactSource } from './facts.js';
import { hourMs } from './facts.js';

interface Call extends Omit<AttemptFact, 'kind' | 'atMs' | 'units' | 'cause'> {
  readonly countedAtMs: number;
}

/** Where the calls are kept: `CountedCalls` of libs/delivery fits. */
export interface CallLog {
  /** How many were counted in the hour. */
  perSubscription(hour: FactHour): Promise<ReadonlyMap<string, bigint>>;
  /** In the order they were counted. */
  list(hour: FactHour, subscriptionId: string, page: { readonly limit: number; readonly after?: { readonly countedAtMs: number; readonly id: string } | undefined }): Promise<readonly Call[]>;
  /** What was counted before this moment is all there. */
  storedUntilMs(hour: FactHour): Promise<number>;
}

/** Every call is counted under this cause. */
const cause = 'push';

/** Calls to destinations, counted in the hour in which they were settled. */
export class AttemptFacts implements FactSource {
  readonly dimensions = ['mq_push_attempts'] as const;

  constructor(private readonly calls: CallLog) {}

  async count(hour: FactHour): Promise<FactCount> {
    // What is stored in between is then counted, not missed.
    const state = (await this.calls.storedUntilMs(hour)) < hour.hourMs + hourMs ? 'behind' : 'counted';
    const calls = await this.calls.perSubscription(hour);
    return { state, units: new Map([...calls].map(([id, units]) => [`mq_push_attempts|${cause}|${id}`, units])) };
  }

  keeps(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async rows({ tenantId }: Caller, { namespaceId, resourceId, hourMs: startMs }: FactPlace, { limit, after }: FactPage): Promise<FactRows> {
    const found = await this.calls.list({ tenantId, namespaceId, hourMs: startMs }, resourceId, { limit: limit + 1, after: after === undefined ? undefined : placeOf(after) });
    const items = found.slice(0, limit).map(({ countedAtMs, ...call }): AttemptFact => ({ ...call, kind: 'attempt', atMs: countedAtMs, units: 1n, cause }));
    const last = items.at(-1);
    return { items, next: found.length > limit && last !== undefined ? `${last.atMs}.${last.id}` : null };
  }
}

function placeOf(token: string): { countedAtMs: number; id: string } {
  const [, countedAtMs, id] = /^(\d{1,15})\.(att_[0-9a-z]{26})$/.exec(token) ?? [];
  if (countedAtMs === undefined || id === undefined) throw new WaybillError('page_token_invalid');
  return { countedAtMs: Number(countedAtMs), id };
}
