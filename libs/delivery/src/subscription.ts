import type { NamespaceId, QueueId, SubscriptionId, TenantId } from '@waybill/kernel';
import type { Consents } from './recipients/recipient.js';

/** `paused` by a person, `disabled` by us: the backlog stays in the queue until it is active again. */
export type SubscriptionState = 'active' | 'paused' | 'disabled';

/** Why it was disabled: the destination answered that it is gone, or failed for `disableAfterMs`. */
export type DisabledReason = 'gone' | 'failing';

/** How a message is tried, whatever the destination. */
export interface DeliverySettings {
  /** Whole attempt, connection included. */
  readonly timeoutMs: number;
  /** Delay before each attempt, the first included; its length is the number of attempts. */
  readonly scheduleMs: readonly number[];
  /** Share of a delay that is random, 0 to 1. */
  readonly jitter: number;
  /** Attempts on their way at once, over all workers. */
  readonly concurrency: number;
  /** Attempts begun per second, over all workers; null for no limit. */
  readonly ratePerSecond: number | null;
  /** Messages in one call; 1 for a call each. A call that waits for more waits `batchWaitMs` at most. */
  readonly batchMessages: number;
  readonly batchWaitMs: number;
  /** Failed attempts in a row after which the circuit opens; then one probe per `circuitOpenMs`. */
  readonly circuitFailures: number;
  readonly circuitOpenMs: number;
  /** Failing without a success for so long disables it. */
  readonly disableAfterMs: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

export const defaultDelivery: DeliverySettings = {
  timeoutMs: 15 * second,
  scheduleMs: [0, 5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour],
  jitter: 0.1,
  concurrency: 16,
  ratePerSecond: null,
  batchMessages: 1,
  batchWaitMs: 0,
  circuitFailures: 10,
  circuitOpenMs: 30 * second,
  disableAfterMs: 120 * hour,
};

/** What the worker and the doors know of a subscription; secrets are kept apart. */
export interface Subscription {
  readonly id: SubscriptionId;
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  readonly name: string;
  readonly queueId: QueueId;
  readonly queue: string;
  /** Name of the kind of destination. */
  readonly kind: string;
  /** As the kind's own schema parsed them; holds no secret. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly delivery: DeliverySettings;
  readonly state: SubscriptionState;
  readonly disabledReason: DisabledReason | null;
  /** What the recipients in its settings said. */
  readonly consents: Consents;
  /** Grows with every change, so that a worker knows its copy is old. */
  readonly version: number;
}
