import { MarkedNamespaces, MessageLocator, PushRetries, PushStore, QueueStore, taskMarksKey, TaskStore } from '@waybill/broker';
import type { Database } from '@waybill/database';
import { systemClock } from '@waybill/kernel';
import type { Clock, Logger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { AttemptReader } from '../attempts/attempt-reader.js';
import { AttemptSearchStore } from '../attempts/attempt-search.store.js';
import type { DestinationKinds } from './destination-settings.js';
import { EndpointHealths } from './endpoint-health.js';
import { Resending } from './resending.js';
import { SecretStore } from './secret.store.js';
import { SubscriptionAttempts } from './subscription-attempts.js';
import { SubscriptionFeedStore } from './subscription-feed.store.js';
import { RedisSubscriptionNudges } from './subscription-nudges.store.js';
import { SubscriptionSecrets } from './subscription-secrets.js';
import type { SecretSealer } from './subscription-secrets.js';
import { SubscriptionStore } from './subscription.store.js';
import { Subscriptions } from './subscriptions.js';
import { TestCalls } from './test-call.js';

export interface SubscriptionsOptions {
  readonly database: Database;
  readonly redis: Redis;
  /** A connection that does nothing but subscribe; who never follows nudges needs none. */
  readonly subscriber?: Redis;
  readonly kinds: DestinationKinds;
  readonly box: SecretSealer;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Subscriptions on their stores, which stay the caller's to close. */
export interface OpenSubscriptions {
  readonly subscriptions: Subscriptions;
  readonly secrets: SubscriptionSecrets;
  readonly testCalls: TestCalls;
  readonly attempts: SubscriptionAttempts;
  readonly resending: Resending;
  readonly healths: EndpointHealths;
  /** For workers. */
  readonly feed: SubscriptionFeedStore;
  readonly nudges: RedisSubscriptionNudges;
}

export function openSubscriptions({ database, redis, subscriber, kinds, box, logger, clock = systemClock }: SubscriptionsOptions): OpenSubscriptions {
  const nudges = new RedisSubscriptionNudges(redis, logger, subscriber);
  const secrets = new SubscriptionSecrets(new SecretStore(database), kinds, box, nudges, clock);
  const store = new SubscriptionStore(database, kinds);
  const attempts = new SubscriptionAttempts(store, new AttemptReader(new AttemptSearchStore(database)), clock);
  const broker = { locator: new MessageLocator(redis), tasks: new TaskStore(redis), marks: new MarkedNamespaces(redis, taskMarksKey), retries: new PushRetries(redis) };
  return {
    secrets, nudges, attempts,
    resending: new Resending(store, attempts, broker),
    healths: new EndpointHealths(store, attempts, new QueueStore(redis), new PushStore(redis), clock),
    subscriptions: new Subscriptions(store, secrets, kinds, nudges, clock),
    testCalls: new TestCalls(secrets, kinds, clock),
    feed: new SubscriptionFeedStore(database, kinds, secrets, nudges, clock),
  };
}
