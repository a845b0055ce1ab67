import { openBull } from './bullmq.js';
import type { BullSettings } from './bullmq.js';
import { openPgBoss } from './pg-boss.js';
import type { PgBossSettings } from './pg-boss.js';
import { openRabbit } from './rabbitmq.js';
import type { RabbitSettings } from './rabbitmq.js';
import { openRawRedis } from './raw-redis.js';
import type { RawRedisSettings } from './raw-redis.js';
import type { Transport } from './transport.js';
import { openWaybill } from './waybill.js';
import type { WaybillSettings } from './waybill.js';

export type Settings = WaybillSettings | RawRedisSettings | RabbitSettings | BullSettings | PgBossSettings;

export function openTransport(settings: Settings): Promise<Transport> {
  switch (settings.kind) {
    case 'waybill':
      return openWaybill(settings);
    case 'raw-redis':
      return openRawRedis(settings);
    case 'rabbitmq':
      return openRabbit(settings);
    case 'bullmq':
      return openBull(settings);
    case 'pg-boss':
      return openPgBoss(settings);
  }
}
