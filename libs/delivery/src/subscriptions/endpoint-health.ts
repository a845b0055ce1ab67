import type { PushStore, QueueStore } from '@waybill/broker';
import type { Caller, Clock } from '@waybill/kernel';
import { circuitOf, stateFor } from '../push/endpoint-state.js';
import type { Circuit } from '../push/endpoint-state.js';
import type { SubscriptionRef } from './definitions.js';
import type { CallFigures, SubscriptionAttempts } from './subscription-attempts.js';
import type { SubscriptionStore } from './subscription.store.js';

export interface Backlog {
  readonly ready: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestReadyAgeMs: number | null;
}

/** How a destination has been doing, and what waits for it. */
export interface EndpointHealthView extends CallFigures {
  readonly circuit: Circuit;
  readonly backlog: Backlog;
}

export class EndpointHealths {
  constructor(
    private readonly store: SubscriptionStore,
    private readonly attempts: SubscriptionAttempts,
    private readonly queues: Pick<QueueStore, 'figures'>,
    private readonly push: Pick<PushStore, 'state'>,
    private readonly clock: Clock,
  ) {}

  /** Of the last `hours`. Fails with `namespace_not_found`, `subscription_not_found`, `queue_not_found`, `store_unavailable`. */
  async of(caller: Caller, namespaceId: string, ref: SubscriptionRef, hours: number): Promise<EndpointHealthView> {
    const { subscription, queue } = await this.store.source(caller, namespaceId, ref);
    const [figures, { ready, leased, delayed, dead, oldestReadyAgeMs }, state] = await Promise.all([
      this.attempts.figures(caller, namespaceId, ref, hours), this.queues.figures(queue), this.push.state(queue.ns, subscription.id),
    ]);
    return { ...figures, circuit: circuitOf(stateFor(subscription, state), this.clock.nowMs()), backlog: { ready, leased, delayed, dead, oldestReadyAgeMs } };
  }
}
