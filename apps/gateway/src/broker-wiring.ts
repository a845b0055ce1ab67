import {
  ActiveConsumers, ActiveNamespaces, checkRedis, Consumer, keys, LeaseCheck, MemoryWatch, MessageStore, openRedis, Publisher, QueueStore, ReplyStore, SnapshotStore, TopologyCache, WakeListener, whenReady,
} from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Logger } from '@waybill/kernel';
import { TermsCopyStore } from '@waybill/metering';
import type { Config } from '@waybill/platform';
import { ReceiptPrices } from './receipt-prices.js';
import { ReplyAddresses } from './reply-addresses.js';
import { StreamNotices } from './stream-notices.js';
import { StreamRegistry } from './stream-registry.js';

/** The broker as one gateway process uses it. */
export interface BrokerWiring {
  readonly redis: Redis;
  /** For what may be large or slow: publishes must not queue behind it. */
  readonly receiving: Redis;
  readonly subscriber: Redis;
  readonly publisher: Publisher;
  readonly consumer: Consumer;
  readonly queues: QueueStore;
  readonly leases: LeaseCheck;
  readonly seats: ActiveConsumers;
  readonly wakes: WakeListener;
  readonly notices: StreamNotices;
  readonly streams: StreamRegistry;
  readonly replies: ReplyAddresses;
  readonly topologies: TopologyCache;
  readonly active: ActiveNamespaces;
  readonly memory: MemoryWatch;
  readonly prices: ReceiptPrices;
  close(): void;
}

/**
 * Connects and checks the store. In production a Redis whose settings could lose an answered message stops the
 * start; elsewhere it is logged.
 */
export async function wireBroker(config: Config, logger: Logger): Promise<BrokerWiring> {
  const url = config.redisUrl.reveal();
  // Receiving has a connection of its own: publishes must not queue behind large claims.
  const redis = openRedis(url, 'commands');
  const receiving = openRedis(url, 'commands');
  const claiming = openRedis(url, 'commands');
  const subscriber = openRedis(url, 'subscriber');
  await Promise.all([redis, receiving, claiming, subscriber].map((connection) => whenReady(connection)));
  await checkRedis(redis, logger, config.nodeEnv === 'production');

  const topologies = new TopologyCache(new SnapshotStore(redis));
  const queues = new QueueStore(receiving, [receiving, claiming]);
  const notices = new StreamNotices(redis, logger);
  const streams = new StreamRegistry();
  const wakes: WakeListener = new WakeListener(subscriber, (ns, words) => {
    consumer.wake(words);
    replies.wake(words);
    if (words === 'all') streams.recount(ns);
    else notices.hear(ns, words);
  });
  const consumer: Consumer = new Consumer(topologies, queues, wakes);
  const replies = new ReplyAddresses(new ReplyStore(redis), wakes);
  const memory = new MemoryWatch(redis, logger);
  memory.start();
  return {
    redis, receiving, subscriber, topologies, queues, consumer, memory, wakes, notices, streams, replies,
    leases: new LeaseCheck(receiving),
    prices: new ReceiptPrices(new TermsCopyStore(redis, keys), logger),
    seats: new ActiveConsumers(receiving),
    publisher: new Publisher(topologies, new MessageStore(redis, config.messageLogLimitBytes)),
    active: new ActiveNamespaces(redis, logger),
    close() {
      memory.stop();
      for (const connection of [redis, receiving, claiming, subscriber]) connection.disconnect();
    },
  };
}
