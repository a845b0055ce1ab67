import type { Logger, NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';

/** Who has a message already: kept while others of its recipients are tried again. */
export interface SentRecipients {
  /** Addresses that have it. */
  of(ns: NamespaceId, subscriptionId: string, messageId: string): Promise<ReadonlySet<string>>;
  note(ns: NamespaceId, subscriptionId: string, messageIds: readonly string[], addresses: readonly string[]): Promise<void>;
}

/** Longer than any schedule of attempts that is not a month long. */
const keptSeconds = 14 * 86_400;

/** In Redis. What is not noted there comes twice to its reader, under the same Message-ID: that is logged, not a failure of the mail. */
export class RedisSentRecipients implements SentRecipients {
  constructor(
    private readonly redis: Redis,
    private readonly logger: Logger,
  ) {}

  async of(ns: NamespaceId, subscriptionId: string, messageId: string): Promise<ReadonlySet<string>> {
    try {
      return new Set(await this.redis.smembers(keyOf(ns, subscriptionId, messageId)));
    } catch (error) {
      this.#failed(ns, subscriptionId, error);
      return new Set();
    }
  }

  async note(ns: NamespaceId, subscriptionId: string, messageIds: readonly string[], addresses: readonly string[]): Promise<void> {
    try {
      const calls = this.redis.multi();
      for (const messageId of messageIds) calls.sadd(keyOf(ns, subscriptionId, messageId), ...addresses).expire(keyOf(ns, subscriptionId, messageId), keptSeconds);
      await calls.exec();
    } catch (error) {
      this.#failed(ns, subscriptionId, error);
    }
  }

  #failed(namespaceId: NamespaceId, subscriptionId: string, error: unknown): void {
    this.logger.warn('recipient.sent_not_noted', { namespaceId, subscriptionId, error: error as Error });
  }
}

const keyOf = (ns: NamespaceId, subscriptionId: string, messageId: string): string => `{${ns}}:push:${subscriptionId}:mailed:${messageId}`;
