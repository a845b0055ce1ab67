import type { Database } from '@waybill/database';
import { systemClock } from '@waybill/kernel';
import type { Clock, Logger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { DestinationKinds } from './destination-settings.js';
import { SecretStore } from './secret.store.js';
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
  /** For workers. */
  readonly feed: SubscriptionFeedStore;
  readonly nudges: RedisSubscriptionNudges;
}

export function openSubscriptions({ database, redis, subscriber, kinds, box, logger, clock = systemClock }: SubscriptionsOptions): OpenSubscriptions {
  const nudges = new RedisSubscriptionNudges(redis, logger, subscriber);
  const secrets = new SubscriptionSecrets(new SecretStore(database), kinds, box, nudges, clock);
  return {
    secrets, nudges,
    subscriptions: new Subscriptions(new SubscriptionStore(database), secrets, kinds, nudges, clock),
    testCalls: new TestCalls(secrets, kinds, clock),
    feed: new SubscriptionFeedStore(database, secrets, nudges, clock),
  };
}
