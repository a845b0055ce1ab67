import type { SubscriptionId } from '@waybill/kernel';
import type { Secrets } from '../destination.js';
import type { DisabledReason, Subscription } from '../subscription.js';

/** A subscription to work on: it is active. */
export interface ActiveSubscription {
  readonly subscription: Subscription;
  /** First failure since the last success; null while it succeeds. */
  readonly failingSinceMs: number | null;
}

export interface SubscriptionChange {
  readonly id: SubscriptionId;
  /** Null: not to be worked on any more. It was deleted (with its queue, too), paused or disabled. */
  readonly active: ActiveSubscription | null;
}

export interface SubscriptionChanges {
  readonly changes: readonly SubscriptionChange[];
  /** Where to read on. */
  readonly version: number;
  /** False when more than `limit` changed: read on at once. */
  readonly complete: boolean;
}

/** Secrets that are live now; ask again at `untilMs`, when one of them begins or ends to be, or when the subscription's version grew. */
export interface LiveSecrets {
  readonly secrets: Secrets;
  readonly untilMs: number | null;
}

/**
 * What workers read: the active subscriptions of all tenants. A worker asks for `version`, then walks `active`, then reads
 * `changesSince` that version: after a nudge, and every few seconds because a nudge can be lost. That is one query a
 * worker, however many subscriptions there are.
 */
export interface SubscriptionFeed {
  /** Of the newest change; 0 when there is none. */
  version(): Promise<number>;
  /** Active subscriptions by id; `after` is the last id of the page before, '' at first. An empty page is the end. */
  active(after: string, limit: number): Promise<readonly ActiveSubscription[]>;
  /** What changed after `version`, each subscription once, as it is now. */
  changesSince(version: number, limit: number): Promise<SubscriptionChanges>;
  /** Opened when they are needed: an idle subscription's secrets stay sealed. */
  secretsOf(subscription: Subscription): Promise<LiveSecrets>;
}

/** What workers write. Each is a change like any other: every worker hears of it. */
export interface SubscriptionHealth {
  /** Failing from `sinceMs` on; null: it succeeded again. */
  failing(subscription: Subscription, sinceMs: number | null): Promise<void>;
  /** No more calls until a person enables it. Harmless when it is paused, disabled or gone already. */
  disable(subscription: Subscription, reason: DisabledReason): Promise<void>;
}

/** Says that something changed, to every worker at once. Best effort: what is lost is found by the next reading. */
export interface SubscriptionNudges {
  nudge(): Promise<void>;
  /** Calls `onNudge` on each, and after a reconnect, when nudges may have been missed. Resolves when the subscription stands. */
  follow(onNudge: () => void): Promise<void>;
}
