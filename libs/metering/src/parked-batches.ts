import type { NamespaceId } from '@waybill/kernel';
import { digestOf, readBatch, sealedAtField } from './usage-batch.js';
import type { UsageCounterStore } from './usage-counter.store.js';

/** A batch that was put aside, as a person sees it. */
export interface ParkedUsageBatch {
  readonly batchId: string;
  /** Redis time; null when the batch does not say it. */
  readonly sealedAtMs: number | null;
  /** `field=count`, sorted. */
  readonly lines: readonly string[];
  /** Of all it has: proves later what was dropped. */
  readonly sha256: string;
  /** What is not understood of it; null when the ledger refused it. */
  readonly fault: string | null;
}

const faultsShown = 5;

/** What a person does about batches that could not be booked. */
export class ParkedBatches {
  constructor(private readonly counters: UsageCounterStore) {}

  /** The first hundred of a namespace, in the order they were parked. */
  async list(namespaceId: NamespaceId): Promise<ParkedUsageBatch[]> {
    const found = await Promise.all((await this.counters.parked(namespaceId)).map((batchId) => this.find(namespaceId, batchId)));
    return found.filter((batch) => batch !== null);
  }

  /** Null when it is not parked. */
  async find(namespaceId: NamespaceId, batchId: string): Promise<ParkedUsageBatch | null> {
    if (!(await this.counters.isParked(namespaceId, batchId))) return null;
    const fields = await this.counters.read(namespaceId, batchId);
    if (fields === null) return null;
    const batch = readBatch(fields);
    const sealedAtMs = Number(fields[sealedAtField]);
    return {
      batchId, sealedAtMs: Number.isSafeInteger(sealedAtMs) ? sealedAtMs : null, sha256: digestOf(fields).toString('hex'), fault: 'faults' in batch ? batch.faults.slice(0, faultsShown).join(', ') : null,
      lines: Object.keys(fields).filter((field) => field !== sealedAtField).sort().map((field) => `${field}=${fields[field]!}`),
    };
  }

  /** Puts it back at the head of the line: the next drain tries it, and parks it again when the cause is still there. False when it is not parked. */
  retry(namespaceId: NamespaceId, batchId: string): Promise<boolean> {
    return this.counters.unparkOne(namespaceId, batchId);
  }

  /** What it counted is on no invoice, for good. False when it is not parked. */
  drop(namespaceId: NamespaceId, batchId: string): Promise<boolean> {
    return this.counters.dropParked(namespaceId, batchId);
  }

  /** Whether nothing of the namespace is parked, or back in line after it was. */
  isClear(namespaceId: NamespaceId): Promise<boolean> {
    return this.counters.nothingParked(namespaceId);
  }
}
