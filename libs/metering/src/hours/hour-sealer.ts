import type { Logger, NamespaceId } from '@waybill/kernel';
import type { LedgerStore } from '../ledger.store.js';
import type { UsageCounterStore } from '../usage-counter.store.js';
import type { UsageDrain } from '../usage-drain.js';
import { asOf } from '../usage-reader.js';
import { sealableThrough } from './hour-state.js';
import type { SealStore, WatermarkedNamespace } from './seal.store.js';

export interface Sealed {
  /** Hours with records that were sealed now. */
  readonly hours: number;
  /** Whether only because an hour had passed: something is still on its way and will be an adjustment. */
  readonly forced: boolean;
}

/** Seals hours: from then on their records are never changed. */
export class HourSealer {
  constructor(
    private readonly marks: SealStore,
    private readonly counters: UsageCounterStore,
    private readonly ledger: LedgerStore,
    private readonly drain: Pick<UsageDrain, 'drain'>,
    private readonly logger: Logger,
  ) {}

  /**
   * Seals what may be sealed of one namespace, and what must be. Fails when a store cannot be reached: then nothing is
   * known of what is on its way, and nothing is sealed.
   */
  async seal(of: WatermarkedNamespace): Promise<Sealed> {
    let { throughMs, deadlineMs, asOfMs } = await this.#bounds(of);
    // A drainer that was away may have left behind what can be booked now.
    if (deadlineMs > Math.max(throughMs, of.sealedThroughMs)) {
      await this.drain.drain(of.namespaceId as NamespaceId);
      ({ throughMs, deadlineMs, asOfMs } = await this.#bounds(of));
    }
    let hours = throughMs > of.sealedThroughMs ? await this.marks.seal(of, throughMs, 'watermark') : 0;
    const forced = deadlineMs > Math.max(throughMs, of.sealedThroughMs);
    if (forced) {
      hours += await this.marks.seal(of, deadlineMs, 'deadline');
      this.logger.error('usage.hour_sealed_by_deadline', {
        namespaceId: of.namespaceId, throughMs: deadlineMs, asOfMs, minutesThroughMs: of.minutesThroughMs, archiveThroughMs: of.archiveThroughMs,
      });
    }
    return { hours, forced };
  }

  async #bounds(of: WatermarkedNamespace): Promise<{ throughMs: number; deadlineMs: number; asOfMs: number }> {
    const state = await this.counters.state(of.namespaceId as NamespaceId);
    const asOfMs = await asOf(state, (beforeMs) => this.ledger.newestSealOf(of.tenantId, of.namespaceId, beforeMs));
    return { ...sealableThrough({ nowMs: state.nowMs, asOfMs, hourlyThroughMs: Math.min(of.minutesThroughMs, of.archiveThroughMs) }), asOfMs };
  }
}
