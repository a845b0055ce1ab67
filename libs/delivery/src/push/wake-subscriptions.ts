import type { Logger, NamespaceId } from '@waybill/kernel';

/** Hears which queues of a namespace got work, until the returned function is called; WakeListener of libs/broker is one. */
export interface Wakes {
  listen(ns: NamespaceId): Promise<() => void>;
}

const tryAgainMs = 1_000;

/** Listens in every namespace that has an active subscription. */
export class WakeSubscriptions {
  readonly #counts = new Map<NamespaceId, number>();
  readonly #leave = new Map<NamespaceId, () => void>();

  constructor(
    private readonly wakes: Wakes,
    private readonly logger: Logger,
    /** Wakes may have been missed in the namespace. */
    private readonly onGap: (ns: NamespaceId) => void,
  ) {}

  /** One subscription more in the namespace. */
  join(ns: NamespaceId): void {
    const count = this.#counts.get(ns) ?? 0;
    this.#counts.set(ns, count + 1);
    if (count === 0) void this.#listen(ns);
  }

  /** One less. */
  part(ns: NamespaceId): void {
    const count = (this.#counts.get(ns) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(ns, count);
      return;
    }
    this.#counts.delete(ns);
    this.#leave.get(ns)?.();
    this.#leave.delete(ns);
  }

  async #listen(ns: NamespaceId): Promise<void> {
    try {
      const leave = await this.wakes.listen(ns);
      if (this.#counts.has(ns) && !this.#leave.has(ns)) this.#leave.set(ns, leave);
      else leave();
    } catch (error) {
      this.logger.warn('push.wakes_not_heard', { namespaceId: ns, error: error as Error });
      setTimeout(() => {
        if (!this.#counts.has(ns) || this.#leave.has(ns)) return;
        void this.#listen(ns).then(() => this.onGap(ns));
      }, tryAgainMs).unref();
    }
  }
}
