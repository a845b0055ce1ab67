import type { Logger, NamespaceId } from '@waybill/kernel';
import type { SealStore, WatermarkedNamespace } from '../hours/seal.store.js';
import type { LedgerStore } from '../ledger.store.js';
import { batchOf } from '../usage-batch.js';
import { hourMs } from '../usage-field.js';
import type { RetainedBytesStore } from './retained-bytes.store.js';

/** A sample taken so long after the end of an hour is still the sample of its end. */
const timelyMs = 5 * 60_000;
const mib = 1n << 20n;

/** Where the ids of the queues that exist come from. */
export interface Queues {
  queues(of: { readonly tenantId: string; readonly namespaceId: string }): Promise<string[]>;
}

/**
 * Books what a namespace keeps, by the hour (billing.md §4, D9): the bytes of each queue, dead letters included, and of
 * bodies stored outside, each rounded up to MiB. An hour whose end was missed gets the next sample, and its batch says so.
 */
export class ArchiveBooker {
  constructor(
    private readonly retained: RetainedBytesStore,
    private readonly lifetimes: Queues,
    private readonly ledger: LedgerStore,
    private readonly marks: SealStore,
    private readonly logger: Logger,
  ) {}

  /** Books the hours that are over of one namespace. Returns up to which hour, and without it, everything is booked. */
  async book(of: WatermarkedNamespace): Promise<number> {
    const nowMs = await this.retained.nowMs();
    const throughMs = Math.floor(nowMs / hourMs) * hourMs;
    if (of.archiveThroughMs >= throughMs) return of.archiveThroughMs;
    const ns = of.namespaceId as NamespaceId;
    const bytes = await this.retained.sample(ns, await this.lifetimes.queues(of));
    const sizes = [...bytes].filter(([, size]) => size > 0n).map(([resourceId, size]) => ({ resourceId, delta: (size + mib - 1n) / mib }));
    for (let startMs = of.archiveThroughMs; startMs < throughMs; startMs += hourMs) {
      const missed = nowMs - (startMs + hourMs) > timelyMs;
      if (missed) this.logger.warn('usage.archive_sample_missed', { namespaceId: ns, hour: startMs / hourMs, sampledMs: nowMs });
      if (sizes.length > 0) {
        const entries = sizes.map((size) => ({ hour: startMs / hourMs, dimension: 'mq_archive_mib_hours' as const, cause: 'publish', ...size }));
        const note = missed ? `sampled at ${new Date(nowMs).toISOString()}: the sample at the end of this hour was missed` : undefined;
        // A sample taken before a crash stays: this one says something else and is left out.
        await this.ledger.book(ns, `archive_${ns}_${startMs / hourMs}`, batchOf(startMs + hourMs, entries), { source: 'archive', note });
      }
    }
    await this.marks.moveOn(of, 'archive', throughMs);
    return throughMs;
  }
}
