import {
  ActiveNamespaces, checkRedis, Consumer, MemoryWatch, MessageStore, openRedis, Publisher, QueueStore, SnapshotStore, TopologyCache, WakeListener, whenReady,
} from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Logger } from '@waybill/kernel';
import type { Config } from '@waybill/platform';

/** The broker as one gateway process uses it. */
export interface BrokerWiring {
  readonly redis: Redis;
  readonly subscriber: Redis;
  readonly publisher: Publisher;
  readonly consumer: Consumer;
  readonly queues: QueueStore;
  readonly topologies: TopologyCache;
  readonly active: ActiveNamespaces;
  readonly memory: MemoryWatch;
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
  const subscriber = openRedis(url, 'subscriber');
  await Promise.all([redis, receiving, subscriber].map((connection) => whenReady(connection)));
  await checkRedis(redis, logger, config.nodeEnv === 'production');

  const topologies = new TopologyCache(new SnapshotStore(redis));
  const queues = new QueueStore(receiving);
  const consumer: Consumer = new Consumer(topologies, queues, new WakeListener(subscriber, (_ns, queueIds) => consumer.wake(queueIds)));
  const memory = new MemoryWatch(redis, logger);
  memory.start();
  return {
    redis, subscriber, topologies, queues, consumer, memory,
    publisher: new Publisher(topologies, new MessageStore(redis)),
    active: new ActiveNamespaces(redis, logger),
    close() {
      memory.stop();
      for (const connection of [redis, receiving, subscriber]) connection.disconnect();
    },
  };
}
