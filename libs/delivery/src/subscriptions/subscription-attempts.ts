import type { Caller, Clock, NamespaceId, SubscriptionId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Attempt } from '../attempts/attempt.js';
import type { AttemptReader } from '../attempts/attempt-reader.js';
import type { Outcome } from '../destination.js';
import type { Page, SubscriptionRef } from './definitions.js';
import type { SubscriptionStore } from './subscription.store.js';
import { answerText } from './test-call.js';

/** One message in one call to a destination, as people see it. */
export interface AttemptView {
  readonly id: string;
  readonly subscriptionId: string;
  /** Null when it was deleted. */
  readonly subscription: string | null;
  readonly message: string;
  readonly attempt: number;
  readonly at: string;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly status: number | null;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly answer: string;
  readonly batchMessages: number;
}

export interface AttemptSearch {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly message?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly status?: number | undefined;
  /** RFC 3339; `to` is the moment after. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface AlertView {
  readonly reason: 'failing' | 'gone';
  readonly percent: number;
  readonly failingSince: string;
  readonly raisedAt: string;
  readonly lastAnswer: string;
}

/** How calls went in a time. */
export interface CallFigures {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
  readonly delivered: number;
  readonly failed: number;
  readonly successRate: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly lastSuccessAt: string | null;
  readonly lastFailureAt: string | null;
}

const alertsShown = 100;
const iso = (atMs: number): string => new Date(atMs).toISOString();

/** Attempts as people look for them. Every method fails with `namespace_not_found`. */
export class SubscriptionAttempts {
  constructor(
    private readonly store: SubscriptionStore,
    private readonly reader: AttemptReader,
    private readonly clock: Clock,
  ) {}

  /** Newest first, of one subscription or of all. Fails with `subscription_not_found`, `page_token_invalid`. */
  async search(caller: Caller, namespaceId: string, ref: SubscriptionRef | undefined, query: AttemptSearch): Promise<Page<AttemptView>> {
    const { limit, after, message, outcome, status, from, to } = query;
    const subscription = ref === undefined ? undefined : await this.store.get(caller, namespaceId, ref);
    if (subscription === undefined) await this.store.open(caller, namespaceId);
    const { attempts, next } = await this.reader.search(caller, namespaceId as NamespaceId, {
      limit, after, messageId: message, status,
      subscriptionId: subscription?.id as SubscriptionId | undefined,
      outcomes: outcome === undefined ? undefined : [outcome],
      fromMs: from === undefined ? undefined : Date.parse(from),
      toMs: to === undefined ? undefined : Date.parse(to),
    });
    return { items: await this.#views(caller, namespaceId, attempts), next };
  }

  /** Of one of the customer's own when `ref` is given. Fails with `attempt_not_found`. */
  async get(caller: Caller, namespaceId: string, attemptId: string, ref?: SubscriptionRef): Promise<AttemptView> {
    const subscription = ref === undefined ? undefined : await this.store.get(caller, namespaceId, ref);
    if (subscription === undefined) await this.store.open(caller, namespaceId);
    const attempt = await this.reader.get(caller, namespaceId as NamespaceId, attemptId);
    if (subscription !== undefined && subscription.id !== attempt.subscriptionId) throw new WaybillError('attempt_not_found');
    const [view] = await this.#views(caller, namespaceId, [attempt]);
    return view!;
  }

  /** Newest first, at most 100. Fails with `subscription_not_found`. */
  async alerts(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<AlertView[]> {
    const { id } = await this.store.get(caller, namespaceId, ref);
    const alerts = await this.reader.alerts(caller, namespaceId as NamespaceId, id as SubscriptionId, alertsShown);
    return alerts.map(({ reason, percent, failingSinceMs, raisedAtMs, lastAnswer }) => ({ reason, percent, lastAnswer, failingSince: iso(failingSinceMs), raisedAt: iso(raisedAtMs) }));
  }

  /** Of the last `hours`; refused calls, which were not made, do not count. Fails with `subscription_not_found`. */
  async figures(caller: Caller, namespaceId: string, ref: SubscriptionRef, hours: number): Promise<CallFigures> {
    const { id } = await this.store.get(caller, namespaceId, ref);
    const nowMs = this.clock.nowMs();
    const fromMs = nowMs - hours * 3_600_000;
    const [health] = await this.reader.health(caller, namespaceId as NamespaceId, [id as SubscriptionId], fromMs);
    const [calls, delivered] = [health?.calls ?? 0, health?.delivered ?? 0];
    const isoOrNull = (atMs: number | null | undefined) => (atMs === null || atMs === undefined ? null : iso(atMs));
    return {
      from: iso(fromMs), to: iso(nowMs), calls, delivered, failed: calls - delivered, successRate: calls === 0 ? null : delivered / calls,
      p50Ms: health?.p50DurationMs ?? null, p99Ms: health?.p99DurationMs ?? null,
      lastSuccessAt: isoOrNull(health?.lastDeliveredAtMs), lastFailureAt: isoOrNull(health?.lastFailedAtMs),
    };
  }

  async #views(caller: Caller, namespaceId: string, attempts: readonly Attempt[]): Promise<AttemptView[]> {
    const names = await this.store.names(caller, namespaceId, [...new Set(attempts.map(({ subscriptionId }) => subscriptionId))]);
    return attempts.map(({ id, subscriptionId, messageId, attempt, startedAtMs, durationMs, outcome, status, reason, requestId, head, batchMessages }) => ({
      id, subscriptionId, subscription: names.get(subscriptionId) ?? null, message: messageId, attempt, at: iso(startedAtMs), durationMs, outcome, status, reason, requestId,
      answer: answerText(head), batchMessages,
    }));
  }
}
