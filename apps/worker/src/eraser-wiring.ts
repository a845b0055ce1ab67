import { ScheduleStore } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Database } from '@waybill/database';
import { openSources, SecretBox } from '@waybill/delivery';
import type { Subscriptions } from '@waybill/delivery';
import { openIdentity, PortalLinkStore } from '@waybill/identity';
import { systemClock } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import type { Config } from '@waybill/platform';
import type { TopologyService } from '@waybill/topology';
import { ErasingRooms } from './tenant-eraser.js';

export interface EraserWiring {
  readonly database: Database;
  readonly redis: Redis;
  readonly config: Pick<Config, 'secretsKeys' | 'gatewayPublicUrl'>;
  readonly logger: Logger;
  readonly topology: TopologyService;
  readonly subscriptions: Subscriptions;
}

/** The rooms that own what a tenant has, as its deletion uses them. */
export function tenantEraser({ database, redis, config, logger, topology, subscriptions }: EraserWiring): ErasingRooms {
  const { apiKeys } = openIdentity({ database, redis, logger });
  const { sources } = openSources({ database, redis, box: new SecretBox(config.secretsKeys), logger, gatewayUrl: config.gatewayPublicUrl });
  return new ErasingRooms({ apiKeys, portalLinks: new PortalLinkStore(database), subscriptions, sources, schedules: new ScheduleStore(redis), topology }, systemClock);
}
