import type { Database } from '@waybill/database';
import type { Logger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { BindingStore } from './binding.store.js';
import { ExchangeStore } from './exchange.store.js';
import { NamespaceSettingsStore } from './namespace-settings.store.js';
import { OutboxStore } from './outbox.store.js';
import { QueueStore } from './queue.store.js';
import type { NewQueueRule } from './queue.store.js';
import { SnapshotPublisher } from './snapshot-publisher.js';
import { SnapshotStore } from './snapshot.store.js';
import { TopologyService } from './topology.service.js';
import { WholeTopologyStore } from './whole-topology.store.js';

export interface Topology {
  readonly service: TopologyService;
  readonly publisher: SnapshotPublisher;
}

export interface TopologyRooms {
  readonly database: Database;
  readonly redis: Redis;
  readonly logger: Logger;
  readonly newQueues?: NewQueueRule | undefined;
}

/** The room on its two stores, which stay the caller's to close. */
export function openTopology({ database, redis, logger, newQueues }: TopologyRooms): Topology {
  const publisher = new SnapshotPublisher(new OutboxStore(database), new WholeTopologyStore(database), new SnapshotStore(redis), logger);
  const service = new TopologyService(
    new ExchangeStore(database), new QueueStore(database, newQueues), new BindingStore(database), new NamespaceSettingsStore(database), publisher,
  );
  return { service, publisher };
}
