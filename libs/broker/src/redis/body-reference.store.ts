import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { storeErrorOf } from './store-error.js';

/** Which bodies stored outside still have a message. The scripts that store and remove messages keep count. */
export class BodyReferences {
  constructor(private readonly redis: Redis) {}

  /** Takes up to `count` ids of bodies that nothing needs any more; fewer than asked for when there are no more. */
  takeFree(ns: NamespaceId, count: number): Promise<readonly string[]> {
    return asked(async () => (await this.redis.lpop(keys.freeBodies(ns), count)) ?? []);
  }

  /** Puts back what could not be deleted. */
  async putBack(ns: NamespaceId, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await asked(() => this.redis.rpush(keys.freeBodies(ns), ...ids));
  }

  /**
   * Those of the ids that no message names. None when this Redis has never seen a message of the namespace: it is then
   * more likely the wrong Redis than an empty one, and a body that is deleted is gone.
   */
  async unused(ns: NamespaceId, ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    return asked(async () => {
      if ((await this.redis.exists(keys.position(ns))) === 0) return [];
      const copies = await this.redis.hmget(keys.bodies(ns), ...ids);
      return ids.filter((_, index) => copies[index] === null);
    });
  }
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw storeErrorOf(error);
  }
}
