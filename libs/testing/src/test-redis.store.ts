import { Redis } from 'ioredis';
import { testServer } from './environment.js';

/** A connection that fails instead of waiting; as `subscriber` it waits, as a subscribed connection must. */
export async function openTestRedis({ role = 'commands', url = testServer('WAYBILL_TEST_REDIS_URL') }: { role?: 'commands' | 'subscriber'; url?: string } = {}): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true, autoResendUnfulfilledCommands: false, retryStrategy: () => 20,
    ...(role === 'commands' ? { maxRetriesPerRequest: 0, enableOfflineQueue: false } : {}),
  });
  redis.on('error', () => undefined);
  await redis.connect();
  return redis;
}
