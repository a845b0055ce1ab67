import type { Database } from '@waybill/database';
import { systemClock } from '@waybill/kernel';
import type { Clock, Logger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { SecretSealer } from '../subscriptions/subscription-secrets.js';
import { PublishedSourceStore } from './published-source.store.js';
import { RefusedCallStore } from './refused-call.store.js';
import { RefusedCalls } from './refused-calls.js';
import { SourceDirectory } from './source-directory.js';
import { SourcePublisher } from './source-publisher.js';
import { SourceRefusals } from './source-refusals.js';
import { SourceStore } from './source.store.js';
import { Sources } from './sources.js';

export interface OpenSources {
  readonly sources: Sources;
  readonly publisher: SourcePublisher;
  readonly refusals: SourceRefusals;
}

/** Sources on their stores, which stay the caller's to close. */
export function openSources(parts: { database: Database; redis: Redis; box: SecretSealer; logger: Logger; gatewayUrl: string; clock?: Clock }): OpenSources {
  const { database, redis, box, logger, gatewayUrl, clock = systemClock } = parts;
  const store = new SourceStore(database);
  const publisher = new SourcePublisher(store, new PublishedSourceStore(redis), logger);
  return { publisher, refusals: new SourceRefusals(store, new RefusedCallStore(redis)), sources: new Sources(store, publisher, box, clock, gatewayUrl) };
}

/** The gateways' side: needs Redis only. */
export function openSourceDirectory({ redis, box, clock = systemClock }: { redis: Redis; box: SecretSealer; clock?: Clock }): SourceDirectory {
  return new SourceDirectory(new PublishedSourceStore(redis), box, clock);
}

/** The gateways' side, too. */
export function openRefusedCalls({ redis, logger, clock = systemClock }: { redis: Redis; logger: Logger; clock?: Clock }): RefusedCalls {
  return new RefusedCalls(new RefusedCallStore(redis), clock, logger);
}
