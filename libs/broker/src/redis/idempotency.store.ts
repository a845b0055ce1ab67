import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { storeErrorOf } from './store-error.js';

const keptMs = 24 * 3_600_000;

/**
 * First answers to requests with an Idempotency-Key, for a day. Whether such a request was carried out is not decided
 * here: the publish script notes that in the step that stores the messages.
 */
export class IdempotencyStore {
  constructor(private readonly redis: Redis) {}

  /** `key`: digest of the Idempotency-Key, hex. Receipts of a batch differ little: packed, they take a twentieth. */
  async keep(ns: NamespaceId, key: string, answer: string): Promise<void> {
    try {
      await this.redis.set(answerKey(ns, key), deflateRawSync(answer), 'PX', keptMs);
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  async find(ns: NamespaceId, key: string): Promise<string | undefined> {
    try {
      const packed = await this.redis.getBuffer(answerKey(ns, key));
      return packed === null ? undefined : inflateRawSync(packed).toString('utf8');
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}

function answerKey(ns: NamespaceId, key: string): string {
  return `{${ns}}:idempotency:answer:${key}`;
}
