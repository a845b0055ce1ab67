import type { Logger } from '@waybill/kernel';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';

export type { Redis } from 'ioredis';

/**
 * What a connection is for. `commands`: scripts and single commands; fails fast and never sends again, because a
 * command sent again may be stored twice. `subscriber`: only subscriptions, restored after a reconnect. `jobs`:
 * BullMQ, which waits for ever for every answer and whose scripts refuse to move a job twice; it does send again.
 */
export type ConnectionRole = 'commands' | 'subscriber' | 'jobs';

const commandTimeoutMs = 10_000;
const reconnectDelayMs = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000);

const roleOptions = {
  commands: { maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResendUnfulfilledCommands: false, autoResubscribe: false, commandTimeout: commandTimeoutMs },
  subscriber: { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
  jobs: { maxRetriesPerRequest: null },
} satisfies Record<ConnectionRole, RedisOptions>;

/** Opens a connection with the settings of reliability.md §5. Errors reach the caller's commands; the client reconnects by itself. */
export function openRedis(url: string, role: ConnectionRole): Redis {
  const redis = new Redis(url, { retryStrategy: reconnectDelayMs, ...roleOptions[role] });
  // Without a listener an unreachable server would end the process; every command reports its own failure.
  redis.on('error', () => undefined);
  return redis;
}

/** Resolves when the connection can take commands; rejects after `timeoutMs`. */
export function whenReady(redis: Redis, timeoutMs = 15_000): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onReady = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      redis.off('ready', onReady);
      reject(new Error(`Redis did not answer within ${timeoutMs} ms; check REDIS_URL`));
    }, timeoutMs);
    redis.once('ready', onReady);
  });
}

/** Settings without which an answered message can be lost (reliability.md §2). */
const required: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'always',
  'no-appendfsync-on-rewrite': 'no',
  'aof-load-truncated': 'yes',
  'maxmemory-policy': 'noeviction',
};

/** The settings of the server that break a promise, one sentence each; empty when all hold. */
async function faultsOf(redis: Redis): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, wanted] of Object.entries(required)) {
    const [, found] = (await redis.config('GET', name)) as [string, string?];
    if (found !== wanted) faults.push(`${name} is "${found ?? 'unknown'}" and must be "${wanted}"`);
  }
  const [, maxMemory] = (await redis.config('GET', 'maxmemory')) as [string, string?];
  if (!maxMemory || maxMemory === '0') faults.push('maxmemory is not set: the memory watermark cannot hold publishers back');
  return faults;
}

/** Logs every setting of the server that could lose an answered message; throws on any when `strict`. */
export async function checkRedis(redis: Redis, logger: Logger, strict: boolean): Promise<void> {
  const faults = await faultsOf(redis);
  for (const fault of faults) logger.warn('store.setting_unsafe', { fault });
  if (strict && faults.length > 0) throw new Error(`Redis would lose answered messages: ${faults.join('; ')}`);
}
