import type { Caller, NamespaceId, SubscriptionId } from '@waybill/kernel';
import { timeOfId, WaybillError } from '@waybill/kernel';
import type { Outcome } from '../destination.js';
import type { Attempt } from './attempt.js';
import type { AttemptSearchStore, PlaceBefore } from './attempt-search.store.js';

/** All conditions hold together; none: every attempt of the namespace. */
export interface AttemptQuery {
  readonly subscriptionId?: SubscriptionId | undefined;
  readonly messageId?: string | undefined;
  readonly outcomes?: readonly Outcome[] | undefined;
  readonly status?: number | undefined;
  readonly fromMs?: number | undefined;
  /** Before this moment. */
  readonly toMs?: number | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/** Newest first. */
export interface AttemptPage {
  readonly attempts: readonly Attempt[];
  readonly next: string | null;
}

/** How a destination did; calls, not messages. */
export interface EndpointHealth {
  readonly subscriptionId: SubscriptionId;
  readonly calls: number;
  readonly delivered: number;
  /** Null when there was no call. */
  readonly p50DurationMs: number | null;
  readonly p99DurationMs: number | null;
  readonly lastDeliveredAtMs: number | null;
  readonly lastFailedAtMs: number | null;
}

/** A step on the way to disabling a subscription by ourselves: 50, 70, 90 percent of the time, and 100 when it was done. */
export interface PushAlert {
  readonly subscriptionId: SubscriptionId;
  readonly reason: 'failing' | 'gone';
  readonly percent: number;
  readonly failingSinceMs: number;
  readonly raisedAtMs: number;
  /** Status or stable word of the last answer. */
  readonly lastAnswer: string;
}

/** Asks what came of calls. What happened in the last second or two may still be missing. Foreign namespaces are empty. */
export class AttemptReader {
  constructor(private readonly store: AttemptSearchStore) {}

  /** Fails with `page_token_invalid`. */
  async search(caller: Caller, namespaceId: NamespaceId, query: AttemptQuery): Promise<AttemptPage> {
    const attempts = await this.store.search(caller, namespaceId, query, query.after === undefined ? undefined : placeOf(query.after));
    const last = attempts.at(-1);
    return { attempts, next: last && attempts.length === query.limit ? `${last.startedAtMs}.${last.id}` : null };
  }

  /** Fails with `attempt_not_found`. */
  async get(caller: Caller, namespaceId: NamespaceId, id: string): Promise<Attempt> {
    const atMs = timeOfId('attempt', id);
    const found = atMs === undefined ? null : await this.store.find(caller, namespaceId, id, atMs);
    if (found === null) throw new WaybillError('attempt_not_found');
    return found;
  }

  /** Of each subscription that made a call since `sinceMs`. */
  health(caller: Caller, namespaceId: NamespaceId, subscriptionIds: readonly SubscriptionId[], sinceMs: number): Promise<EndpointHealth[]> {
    return this.store.health(caller, namespaceId, subscriptionIds, sinceMs);
  }

  /** Newest first. */
  alerts(caller: Caller, namespaceId: NamespaceId, subscriptionId: SubscriptionId, limit: number): Promise<PushAlert[]> {
    return this.store.alerts(caller, namespaceId, subscriptionId, limit);
  }
}

function placeOf(token: string): PlaceBefore {
  const [, startedAtMs, id] = /^(\d{1,16})\.(att_[0-9a-z]{26})$/.exec(token) ?? [];
  if (startedAtMs === undefined || id === undefined || Number(startedAtMs) > 8.64e15) throw new WaybillError('page_token_invalid');
  return { startedAtMs: Number(startedAtMs), id };
}
