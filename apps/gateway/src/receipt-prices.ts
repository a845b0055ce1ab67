import type { Logger, NamespaceId } from '@waybill/kernel';
import type { TermsCopyStore } from '@waybill/metering';
import { UnitPrices } from '@waybill/metering';

interface Known {
  prices: UnitPrices | undefined;
  readMs: number;
  reading: Promise<void> | undefined;
}

/** A price that was published is in the receipts after this time at the latest. */
const freshMs = 5_000;
const namespacesKept = 10_000;

/** The prices of namespaces in use, for receipts. A publish waits for them once, at the first message of its namespace. */
export class ReceiptPrices {
  readonly #known = new Map<NamespaceId, Known>();

  constructor(
    private readonly terms: Pick<TermsCopyStore, 'read'>,
    private readonly logger: Logger,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Undefined when there is nothing to wait for. Never fails: without an answer a receipt has no price. */
  ready(ns: NamespaceId): Promise<void> | undefined {
    const known = this.#known.get(ns);
    if (!known) return this.#open(ns);
    if (known.readMs === -Infinity) return known.reading;
    if (this.nowMs() - known.readMs > freshMs) void this.#read(ns, known);
    return undefined;
  }

  /** The same object as long as the price is the same. */
  of(ns: NamespaceId): UnitPrices | undefined {
    return this.#known.get(ns)?.prices;
  }

  #open(ns: NamespaceId): Promise<void> {
    if (this.#known.size >= namespacesKept) this.#known.clear();
    const known: Known = { prices: undefined, readMs: -Infinity, reading: undefined };
    this.#known.set(ns, known);
    return this.#read(ns, known);
  }

  #read(ns: NamespaceId, known: Known): Promise<void> {
    known.reading ??= this.#fetch(ns, known).finally(() => (known.reading = undefined));
    return known.reading;
  }

  async #fetch(ns: NamespaceId, known: Known): Promise<void> {
    try {
      const { price } = await this.terms.read(ns);
      const found = price === null ? undefined : UnitPrices.parse(price);
      if (found?.version !== known.prices?.version) known.prices = found;
    } catch (error) {
      // The publish itself tells what is wrong with the store.
      this.logger.warn('receipt_prices.read_failed', { namespaceId: ns, error: error instanceof Error ? error : new Error(String(error)) });
    }
    known.readMs = this.nowMs();
  }
}
