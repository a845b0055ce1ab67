import type { Logger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { SubscriptionNudges } from './subscription-feed.js';

const channel = 'waybill:subscriptions';

/** Nudges over Redis. `subscriber` is a connection that does nothing but subscribe; who never follows needs none. */
export class RedisSubscriptionNudges implements SubscriptionNudges {
  constructor(
    private readonly redis: Redis,
    private readonly logger: Logger,
    private readonly subscriber?: Redis,
  ) {}

  /** Never fails: the change is committed, and workers find it by reading. */
  async nudge(): Promise<void> {
    try {
      await this.redis.publish(channel, '');
    } catch (error) {
      this.logger.warn('subscription.nudge_failed', { error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  async follow(onNudge: () => void): Promise<void> {
    if (this.subscriber === undefined) throw new Error('Following nudges needs a connection that subscribes.');
    this.subscriber.on('message', (from: string) => {
      if (from === channel) onNudge();
    });
    // ioredis subscribes again by itself after a reconnect; what was said meanwhile is lost.
    this.subscriber.on('ready', onNudge);
    await this.subscriber.subscribe(channel);
  }
}
