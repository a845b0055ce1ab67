import type { Caller } from '@waybill/kernel';
import type { HourLedger, LedgerRow } from '@waybill/metering';
import type { Period } from '../invoices/period.js';
import type { UsageSourceStore } from '../invoices/usage-source.store.js';
import type { EvidenceStore } from './evidence.store.js';
import { isIndependent } from './recount.js';

/** An hour of a queue, exchange or subscription in the ledger, and beside it what it was counted again to. */
export interface CountedLedgerRow extends Omit<LedgerRow, 'quantity' | 'revision'> {
  /** Null: the ledger has none. */
  readonly quantity: bigint | null;
  /** Booked after the hour was sealed; billed in another month. */
  readonly late: bigint;
  /** Null where there is no second count, or only its sum by dimension. */
  readonly counted: bigint | null;
}

type Amounts = Map<string, bigint>;
const fieldOf = ({ dimension, cause, resourceId }: Pick<LedgerRow, 'dimension' | 'cause' | 'resourceId'>): string => `${dimension}|${cause}|${resourceId}`;

/** The ledger's rows of a period with their second count: what an export proves the bill with. */
export class CountedRows {
  constructor(
    private readonly ledger: Pick<HourLedger, 'rows'>,
    private readonly source: Pick<UsageSourceStore, 'adjustmentsOf' | 'sealedHours'>,
    private readonly evidence: Pick<EvidenceStore, 'counts'>,
  ) {}

  /** By namespace and hour; in pages. In memory are a page and the counts of one hour. */
  async *pages(caller: Caller, period: Period): AsyncGenerator<CountedLedgerRow[]> {
    const late = await this.#late(caller, period);
    let hour: OpenHour | undefined;
    for await (const page of this.ledger.rows(caller, { fromMs: period.startMs, toMs: period.endMs })) {
      const rows: CountedLedgerRow[] = [];
      for (const row of page) {
        if (hour?.is(row) !== true) {
          rows.push(...(hour?.rest() ?? []));
          hour = await this.#open(caller, row, late);
        }
        rows.push(hour.beside(row));
      }
      yield rows;
    }
    const rest = hour?.rest() ?? [];
    if (rest.length > 0) yield rest;
  }

  async #open(caller: Caller, { namespaceId, hourMs }: LedgerRow, late: ReadonlyMap<string, Amounts>): Promise<OpenHour> {
    const counted = await this.evidence.counts(caller, namespaceId, hourMs);
    return new OpenHour(namespaceId, hourMs, new Set(counted?.dimensions.filter(isIndependent)), new Map(counted?.counts), new Map(late.get(`${namespaceId} ${hourMs}`)));
  }

  async #late(caller: Caller, period: Period): Promise<ReadonlyMap<string, Amounts>> {
    const hours = new Map<string, Amounts>();
    for (const { kind, namespaceId, hourMs, quantity, ...of } of await this.source.adjustmentsOf(caller, period)) {
      if (kind !== 'late') continue;
      const hour = hours.get(`${namespaceId} ${hourMs}`) ?? new Map<string, bigint>();
      hours.set(`${namespaceId} ${hourMs}`, hour.set(fieldOf(of), (hour.get(fieldOf(of)) ?? 0n) + quantity));
    }
    return hours;
  }
}

/** One hour while its rows go by; what has been beside a row is not left over. */
class OpenHour {
  constructor(
    private readonly namespaceId: string,
    private readonly hourMs: number,
    private readonly dimensions: ReadonlySet<string>,
    private readonly counts: Amounts,
    private readonly late: Amounts,
  ) {}

  is({ namespaceId, hourMs }: LedgerRow): boolean {
    return this.namespaceId === namespaceId && this.hourMs === hourMs;
  }

  beside({ dimension, cause, resourceId, quantity }: LedgerRow): CountedLedgerRow {
    return this.#rowOf({ dimension, cause, resourceId }, quantity);
  }

  /** What was counted again, or came late, and is not in the ledger's hour. */
  rest(): CountedLedgerRow[] {
    return [...new Set([...this.counts.keys(), ...this.late.keys()])].map((field) => {
      const [dimension = '', cause = '', resourceId = ''] = field.split('|');
      return this.#rowOf({ dimension, cause, resourceId }, null);
    });
  }

  #rowOf(of: Pick<LedgerRow, 'dimension' | 'cause' | 'resourceId'>, quantity: bigint | null): CountedLedgerRow {
    const field = fieldOf(of);
    const row = { ...of, namespaceId: this.namespaceId, hourMs: this.hourMs, quantity, late: this.late.get(field) ?? 0n, counted: this.dimensions.has(of.dimension) ? (this.counts.get(field) ?? 0n) : null };
    this.counts.delete(field);
    this.late.delete(field);
    return row;
  }
}
