import type { Logger, NamespaceId } from '@waybill/kernel';
import { newId } from '@waybill/kernel';
import type { LedgerStore } from './ledger.store.js';
import { readBatch } from './usage-batch.js';
import type { UsageCounterStore } from './usage-counter.store.js';

export interface Drained {
  /** Batches this call put into the ledger. */
  readonly booked: number;
  /** Ledger entries of those. */
  readonly entries: number;
  /** Batches put aside because they cannot be booked; each is logged as `usage.batch_parked`. */
  readonly parked: number;
}

/** A batch that cannot be booked. */
export interface UnbookedBatch {
  readonly namespaceId: NamespaceId;
  readonly batchId: string;
  readonly reason: string;
}

/** Told before a batch is parked or given up: when that fails the batch stays in line, and is told of again. */
export interface TellUnbooked {
  parked(batch: UnbookedBatch): Promise<void>;
  /** Its counters are gone, and the ledger does not have it. */
  lost(batch: UnbookedBatch): Promise<void>;
}

const tellNobody: TellUnbooked = { parked: () => Promise.resolve(), lost: () => Promise.resolve() };

/**
 * Moves counted usage from Redis into the ledger, as if once, whatever is killed or runs twice: the counters are sealed
 * into a batch with an id, the ledger takes an id once, and only then is the batch deleted (billing.md §6).
 */
export class UsageDrain {
  readonly #seen = new Set<NamespaceId>();

  constructor(
    private readonly counters: UsageCounterStore,
    private readonly ledger: LedgerStore,
    private readonly logger: Logger,
    private readonly tell: TellUnbooked = tellNobody,
  ) {}

  /**
   * Drains one namespace, what an earlier drainer left behind first. Fails when a store cannot be reached; what was
   * sealed stays sealed and is booked by the next call.
   */
  async drain(namespaceId: NamespaceId): Promise<Drained> {
    if (!this.#seen.has(namespaceId)) {
      await this.counters.unpark(namespaceId);
      this.#seen.add(namespaceId);
    }
    await this.counters.seal(namespaceId, newId('usageBatch'));
    let [booked, entries, parked] = [0, 0, 0];
    for (const batchId of await this.counters.sealed(namespaceId)) {
      const outcome = await this.#book(namespaceId, batchId);
      if (outcome === 'parked') parked += 1;
      else if (outcome !== null) {
        booked += 1;
        entries += outcome;
      }
    }
    return { booked, entries, parked };
  }

  /** Number of entries booked; null when another drainer was first. */
  async #book(namespaceId: NamespaceId, batchId: string): Promise<number | 'parked' | null> {
    const fields = await this.counters.read(namespaceId, batchId);
    if (fields === null) {
      if (!(await this.ledger.isBooked(batchId)) && (await this.counters.isSealed(namespaceId, batchId))) await this.#lose(namespaceId, batchId);
      await this.counters.forget(namespaceId, batchId);
      return null;
    }
    const batch = readBatch(fields);
    if ('faults' in batch) return this.#park(namespaceId, batchId, `not understood: ${batch.faults.slice(0, 5).join(', ')}`);
    const booking = await this.ledger.book(namespaceId, batchId, batch);
    if (booking === 'other_content') return this.#park(namespaceId, batchId, 'the ledger has other content under this id');
    if (booking === 'no_namespace') return this.#park(namespaceId, batchId, 'the namespace does not exist');
    await this.counters.forget(namespaceId, batchId);
    return booking === 'booked' ? batch.entries.length : null;
  }

  /** The batch stays whole and counted nowhere, out of the way of the others, until a person or a newer worker sees to it. */
  async #park(namespaceId: NamespaceId, batchId: string, reason: string): Promise<'parked'> {
    await this.tell.parked({ namespaceId, batchId, reason });
    await this.counters.park(namespaceId, batchId);
    this.logger.error('usage.batch_parked', { namespaceId, batchId, reason });
    return 'parked';
  }

  /** Somebody deleted it in Redis, or Redis came back without it; who parked, dropped or booked it meanwhile took it from the line. */
  async #lose(namespaceId: NamespaceId, batchId: string): Promise<void> {
    await this.tell.lost({ namespaceId, batchId, reason: 'its counters are gone from Redis, and the ledger does not have it' });
    this.logger.error('usage.batch_lost', { namespaceId, batchId });
  }
}
