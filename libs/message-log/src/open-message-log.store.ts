import { keys, MessageLogStore } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Database } from '@waybill/database';
import type { Logger, NamespaceId } from '@waybill/kernel';
import { MessageLogReader } from './message-log-reader.js';
import { SegmentSearchStore } from './segment-search.store.js';

/** The message log of all namespaces, for those who have both stores anyway. */
export function openMessageLog({ database, redis, logger }: { readonly database: Database; readonly redis: Redis; readonly logger: Logger }): MessageLogReader {
  const waiting = new MessageLogStore(redis);
  return new MessageLogReader(
    new SegmentSearchStore(database),
    {
      read: (namespaceId, after, count) => waiting.read(namespaceId, after, count),
      trim: (namespaceId, through) => waiting.trim(namespaceId, through),
      async nowMs() {
        const [seconds, micros] = await redis.time();
        return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
      },
      isOff: async (namespaceId: NamespaceId) => (await redis.hget(keys.topology(namespaceId), 'log')) === 'off',
    },
    logger,
  );
}
