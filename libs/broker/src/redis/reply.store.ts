import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { Position } from '../position.js';
import { keys } from './keys.js';
import { Script, text } from './script.store.js';
import { storeErrorOf } from './store-error.js';

/** The answer to a request, as it was published. */
export interface StoredReply {
  readonly position: Position;
  readonly record: Buffer;
}

const putScript = new Script('reply-put');
const takeScript = new Script('reply-take');
const positionDigits = 16;

const addressKey = (ns: NamespaceId, address: string): string => `{${ns}}:${address}`;

/** Addresses at which one answer is expected: they live only while somebody waits. */
export class ReplyStore {
  constructor(private readonly redis: Redis) {}

  /** `lifeMs`: when the address ends although nobody closed it, because its gateway was killed. */
  async open(ns: NamespaceId, address: string, lifeMs: number): Promise<void> {
    try {
      await this.redis.set(addressKey(ns, address), '', 'PX', lifeMs, 'NX');
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  /** Undefined when nobody waits there, or it was answered before. Counted like a publish, in the same step. */
  async put(ns: NamespaceId, address: string, record: Buffer): Promise<Position | undefined> {
    const reply = await putScript.run(this.redis, [addressKey(ns, address), keys.position(ns), keys.openUsage(ns), keys.wake(ns)], [record, ns, address]);
    return text(reply[0]) === 'stored' ? Number(text(reply[1])) : undefined;
  }

  /** The answer, once. `close` ends the address whether or not there is one. */
  async take(ns: NamespaceId, address: string, close: boolean): Promise<StoredReply | undefined> {
    const reply = await takeScript.run(this.redis, [addressKey(ns, address)], [close ? 'close' : '']);
    if (text(reply[0]) !== 'replied') return undefined;
    const value = reply[1] as Buffer;
    return { position: Number(value.toString('latin1', 0, positionDigits)), record: value.subarray(positionDigits) };
  }
}
