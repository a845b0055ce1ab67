import type { Logger, NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { activeNamespacesKey } from './keys.js';
import { storeErrorOf } from './store-error.js';

/** A namespace in use is marked this often; the worker forgets one that was not marked for ten minutes and has nothing left to do. */
const markEveryMs = 20_000;

/** Tells the worker which namespaces move, so that idle ones cost it nothing. */
export class ActiveNamespaces {
  readonly #markedMs = new Map<NamespaceId, number>();

  constructor(
    private readonly redis: Redis,
    private readonly logger: Logger,
  ) {}

  /** Call before work on a namespace. Waits for the mark only the first time: later ones renew what is there. */
  touch(ns: NamespaceId): void | Promise<void> {
    const nowMs = Date.now();
    const last = this.#markedMs.get(ns);
    if (last !== undefined && nowMs - last < markEveryMs) return;
    if (this.#markedMs.size > 10_000) this.#markedMs.clear();
    this.#markedMs.set(ns, nowMs);
    const marked = this.redis.zadd(activeNamespacesKey, 'GT', nowMs, ns);
    if (last !== undefined) {
      marked.catch((error: Error) => {
        this.#markedMs.delete(ns);
        this.logger.warn('namespace.mark_failed', { namespaceId: ns, error });
      });
      return;
    }
    return marked.then(
      () => undefined,
      (error) => {
        this.#markedMs.delete(ns);
        throw storeErrorOf(error);
      },
    );
  }
}
