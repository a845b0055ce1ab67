import type { Caller, Logger, NamespaceId } from '@waybill/kernel';
import type { HourRange, LedgerStore, UsageRow } from './ledger.store.js';
import type { CounterState, UsageCounterStore } from './usage-counter.store.js';

export interface UsageReading {
  /** Everything counted before this moment is in the rows. */
  readonly asOfMs: number;
  readonly rows: readonly UsageRow[];
}

/** Usage as the ledger has it, and how far that reaches. */
export class UsageReader {
  constructor(
    private readonly ledger: LedgerStore,
    private readonly counters: UsageCounterStore,
    private readonly logger: Logger,
  ) {}

  /**
   * Rows of the hours from `fromMs` up to and without `toMs`. Fails with `namespace_not_found`.
   * `asOfMs` is found before the rows are read, so it never promises more than they hold. While Redis cannot be reached
   * nobody knows what is still on its way, and it falls back to the creation of the namespace.
   */
  async read(caller: Caller, namespaceId: string, hours: HourRange): Promise<UsageReading> {
    const asOfMs = await this.#asOfMs(caller, namespaceId);
    return { asOfMs, rows: await this.ledger.read(caller, namespaceId, hours) };
  }

  async #asOfMs(caller: Caller, namespaceId: string): Promise<number> {
    // Checks that the namespace is the caller's before its counters are looked at.
    const createdMs = await this.ledger.newestSealMs(caller, namespaceId, 0);
    const state = await this.#state(namespaceId as NamespaceId);
    return state === null ? createdMs : asOf(state, (beforeMs) => this.ledger.newestSealMs(caller, namespaceId, beforeMs));
  }

  async #state(namespaceId: NamespaceId): Promise<CounterState | null> {
    try {
      return await this.counters.state(namespaceId);
    } catch (error) {
      this.logger.warn('usage.state_unknown', { namespaceId, error: error instanceof Error ? error : new Error(String(error)) });
      return null;
    }
  }
}

/** Everything counted before this moment is in the ledger. `newestSealMs` gives the newest booked seal before a moment. */
export async function asOf({ nowMs, open, oldestOutstandingMs }: CounterState, newestSealMs: (beforeMs: number | null) => Promise<number>): Promise<number> {
  return !open && oldestOutstandingMs === null ? nowMs : newestSealMs(oldestOutstandingMs);
}
