import { checkRedis, openRedis, rewriteAfterRestart, whenReady } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { Database } from '@waybill/database';
import type { Logger } from '@waybill/kernel';
import type { Config } from '@waybill/platform';

/** The worker's connections. */
export interface Stores {
  readonly database: Database;
  /** Messages, leases, counters. */
  readonly redis: Redis;
  /** Only subscribes. */
  readonly subscriber: Redis;
  /** BullMQ's own; it waits on it for jobs. */
  readonly jobsRedis: Redis;
}

/** Connects; fails when a Redis does not answer within 15 seconds, or in production when a store keeps its data less well than promised. */
export async function openStores(config: Config, logger: Logger): Promise<Stores> {
  const stores: Stores = {
    database: new Database({ url: config.databaseUrl.reveal() }),
    redis: openRedis(config.redisUrl.reveal(), 'commands'),
    subscriber: openRedis(config.redisUrl.reveal(), 'subscriber'),
    jobsRedis: openRedis(config.jobsRedisUrl.reveal(), 'jobs'),
  };
  try {
    await Promise.all([whenReady(stores.redis), whenReady(stores.subscriber), whenReady(stores.jobsRedis)]);
    await checkRedis(stores.redis, logger, config.nodeEnv === 'production');
    rewriteAfterRestart(stores.redis, logger);
    await stores.database.check(logger, config.nodeEnv === 'production');
    return stores;
  } catch (error) {
    await closeStores(stores);
    throw error;
  }
}

export async function closeStores({ database, redis, subscriber, jobsRedis }: Stores): Promise<void> {
  redis.disconnect();
  subscriber.disconnect();
  jobsRedis.disconnect();
  await database.close();
}
