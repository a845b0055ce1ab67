import type { Claim, ClaimRequest, Delivery, PushRef, PushReport, PushSettled } from '@waybill/broker';
import type { Clock, Logger, NamespaceId, SubscriptionId, Timers } from '@waybill/kernel';
import type { PushAlert } from '../attempts/attempt-reader.js';
import type { Outcome, Sender } from '../destination.js';
import type { Subscription } from '../subscription.js';
import type { SubscriptionHealth } from '../subscriptions/subscription-feed.js';

/** What the engine asks of the message store; PushStore of libs/broker is one. */
export interface PushQueues {
  begin(ref: PushRef): Promise<{ readonly run: number; readonly state: string | null }>;
  claim(ref: PushRef, run: number, request: ClaimRequest): Promise<Claim | 'superseded'>;
  tries(ref: PushRef, positions: readonly number[]): Promise<readonly (string | null)[]>;
  forgetTries(ref: PushRef): Promise<void>;
  settle(ref: PushRef, report: PushReport): Promise<PushSettled>;
  /** Of attempts that are not yet in the database. */
  waitingBytes(ns: NamespaceId): Promise<number>;
}

/** Body of a message that lies outside the record. Undefined: it is not there. */
export type StoredBodies = (delivery: Delivery) => Promise<Uint8Array | undefined>;

/** Open destinations. */
export interface Senders {
  /** The same one until the subscription or its secrets change; a promise until it is open. Fails when it cannot be opened. */
  open(subscription: Subscription): Sender | Promise<Sender>;
}

/** Who hears of alerts; recorded and logged they are anyway. */
export interface AlertNotices {
  notify(subscription: Subscription, alert: PushAlert): Promise<void>;
}

export interface AlertRecords {
  /** False when it was recorded before. */
  addAlert(namespaceId: NamespaceId, alert: PushAlert): Promise<boolean>;
}

/** What the engine counts. */
export interface PushMeter {
  called(outcome: Outcome, durationMs: number): void;
  /** From publish to the first call, ms. */
  waited(waitMs: number): void;
  alerted(percent: number): void;
}

/** Who decides which subscription is worked on, by whom: BullMQ, in the worker. */
export interface PushJobs {
  /** It has work. Whoever works on it now will be followed by another look. */
  wake(subscriptionId: SubscriptionId): Promise<void>;
  /** The same, and what was put off is not any more. */
  hasten(subscriptionId: SubscriptionId): Promise<void>;
  /** Whether subscriptions wait for somebody to work on them. */
  crowded(): Promise<boolean>;
}

/** Everything a session works with; one for all sessions of a process. */
export interface PushParts {
  readonly queues: PushQueues;
  readonly senders: Senders;
  readonly bodies: StoredBodies;
  readonly health: SubscriptionHealth;
  readonly alerts: AlertRecords;
  readonly notices: AlertNotices;
  readonly meter: PushMeter;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Attempts of a namespace that may wait for the database, in bytes; above it nothing is claimed. */
  readonly attemptLimitBytes: number;
  readonly random: () => number;
}
