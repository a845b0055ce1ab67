import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { Script } from '../redis/script.store.js';
import { storeErrorOf } from '../redis/store-error.js';

const unmark = new Script('unmark');

export interface Mark {
  readonly ns: NamespaceId;
  /** As Redis prints the score. */
  readonly mark: string;
}

/**
 * Namespaces with work of one kind, by the moment (ms) to look at them, so that all others cost nothing. Who adds work
 * writes it first and marks then, with a mark nobody gave before; who looks takes the mark away only if it is the one
 * seen before looking. So work that is written while somebody looks is never forgotten.
 */
export class MarkedNamespaces {
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
  ) {}

  async mark(ns: NamespaceId): Promise<void> {
    try {
      await this.redis.zadd(this.key, Date.now() + Math.random(), ns);
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  /** Marks those that have no mark: finds again what was written by a process that died before it marked. */
  async remind(namespaces: readonly NamespaceId[]): Promise<void> {
    if (namespaces.length === 0) return;
    await this.redis.zadd(this.key, 'NX', ...namespaces.flatMap((ns) => [Date.now() + Math.random(), ns]));
  }

  /** Those to look at by `nowMs`, earliest first. */
  async due(nowMs: number | '+inf', most: number): Promise<Mark[]> {
    const flat = await this.redis.zrange(this.key, '-inf', String(nowMs), 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES');
    return Array.from({ length: flat.length / 2 }, (_, i) => ({ ns: flat[i * 2] as NamespaceId, mark: flat[i * 2 + 1] as string }));
  }

  /** Looks again at `nextMs`; undefined takes the mark away. Nothing happens when it was marked meanwhile. */
  async settle({ ns, mark }: Mark, nextMs: number | undefined): Promise<void> {
    await unmark.run(this.redis, [this.key], [ns, mark, nextMs ?? '']);
  }
}
