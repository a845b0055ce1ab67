import type { Logger, NamespaceId } from '@waybill/kernel';
import type { SealStore, WatermarkedNamespace } from '../hours/seal.store.js';
import type { LedgerStore } from '../ledger.store.js';
import { batchOf } from '../usage-batch.js';
import { hourMs } from '../usage-field.js';
import type { ArchiveSample } from './archive-sample.store.js';
import type { ArchiveSampler } from './archive-sampler.js';

/** A sample taken so long after the end of an hour is still the sample of its end. */
const timelyMs = 5 * 60_000;
const mib = 1n << 20n;

/**
 * Books what a namespace keeps, by the hour (billing.md §4, D9): the bytes of each queue, dead letters included, and of
 * bodies stored outside, each rounded up to MiB. An hour whose end was missed gets the next sample, and its batch says so.
 */
export class ArchiveBooker {
  constructor(
    private readonly sampler: ArchiveSampler,
    private readonly ledger: LedgerStore,
    private readonly marks: SealStore,
    private readonly logger: Logger,
  ) {}

  /** Books the hours that are over of one namespace. Returns up to which hour, and without it, everything is booked. */
  async book(of: WatermarkedNamespace): Promise<number> {
    const nowMs = await this.sampler.nowMs();
    const throughMs = Math.floor(nowMs / hourMs) * hourMs;
    if (of.archiveThroughMs >= throughMs) return of.archiveThroughMs;
    const { tenantId, namespaceId } = of;
    for await (const sample of this.sampler.take({ tenantId, namespaceId }, { fromMs: of.archiveThroughMs, toMs: throughMs })) await this.#bookSample(namespaceId as NamespaceId, sample);
    await this.marks.moveOn(of, 'archive', throughMs);
    return throughMs;
  }

  /** From what is kept alone, so that a worker that died between the two books the same. */
  async #bookSample(ns: NamespaceId, { hourMs: startMs, sampledAtMs, bytes }: ArchiveSample): Promise<void> {
    const endMs = startMs + hourMs;
    const missed = sampledAtMs - endMs > timelyMs;
    if (missed) this.logger.warn('usage.archive_sample_missed', { namespaceId: ns, hour: startMs / hourMs, sampledMs: sampledAtMs });
    const note = missed ? `sampled at ${new Date(sampledAtMs).toISOString()}: the sample at the end of this hour was missed` : undefined;
    const entries = [...bytes].map(([resourceId, size]) => ({
      hour: startMs / hourMs, dimension: 'mq_archive_mib_hours' as const, cause: 'publish', resourceId, delta: (size + mib - 1n) / mib,
    }));
    await this.ledger.book(ns, `archive_${ns}_${startMs / hourMs}`, batchOf(endMs, entries), { source: 'archive', note });
  }
}
