import type { Logger, NamespaceId } from '@waybill/kernel';
import type { SealStore, WatermarkedNamespace } from '../hours/seal.store.js';
import type { LedgerStore } from '../ledger.store.js';
import { batchOf } from '../usage-batch.js';
import { hourMs } from '../usage-field.js';
import type { LifetimeStore } from './lifetime.store.js';
import { minutesIn } from './minutes.js';

/** A definition is written within the 15 seconds of its transaction; an hour is booked when none of it can still come. */
const settledMs = 2 * 60_000;
/** Hours booked in one call; the next call goes on. */
const hoursPerCall = 200;
const dimensionOf = { queue: 'mq_queue_minutes', exchange: 'mq_exchange_minutes' } as const;

/** Books the minutes of queues and exchanges by the hour, each hour once, however late it starts. */
export class MinuteBooker {
  constructor(
    private readonly lifetimes: LifetimeStore,
    private readonly ledger: LedgerStore,
    private readonly marks: SealStore,
    private readonly logger: Logger,
  ) {}

  /** Books what is over of one namespace. Returns up to which hour, and without it, everything is booked. */
  async book(of: WatermarkedNamespace): Promise<number> {
    const untilMs = (await this.lifetimes.nowMs()) - settledMs;
    let throughMs = of.minutesThroughMs;
    for (let hours = 0; hours < hoursPerCall && throughMs + hourMs <= untilMs; hours += 1) {
      await this.#bookHour(of, throughMs);
      throughMs += hourMs;
      await this.marks.moveOn(of, 'minutes', throughMs);
    }
    return throughMs;
  }

  async #bookHour({ tenantId, namespaceId }: WatermarkedNamespace, startMs: number): Promise<void> {
    const hour = startMs / hourMs;
    const minutes = minutesIn(await this.lifetimes.existing({ tenantId, namespaceId }, startMs), startMs);
    const entries = [...minutes].map(([{ kind, resourceId }, delta]) => ({ hour, dimension: dimensionOf[kind], cause: 'publish', resourceId, delta: BigInt(delta) }));
    if (entries.length === 0) return;
    const booking = await this.ledger.book(namespaceId as NamespaceId, `minutes_${namespaceId}_${hour}`, batchOf(startMs + hourMs, entries), { source: 'minutes' });
    if (booking === 'other_content') this.logger.error('usage.minutes_differ', { namespaceId, hour });
  }
}
