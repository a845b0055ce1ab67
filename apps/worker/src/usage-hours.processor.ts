import { Processor } from '@nestjs/bullmq';
import type { Logger } from '@waybill/kernel';
import type { ArchiveBooker, HourSealer, LedgerStore, MinuteBooker, SealStore } from '@waybill/metering';
import { settlingAfterMs } from '@waybill/metering';
import type { ActiveNamespaces } from './active-namespaces.js';
import { inLanes } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { NamespaceAlert } from './namespace-alert.js';
import type { WorkerMetrics } from './worker-metrics.js';

const hourMs = 3_600_000;
const perPage = 500;
/** Partitions are made so far ahead. */
const monthsAhead = 3;

export interface HourlyWork {
  readonly marks: SealStore;
  readonly ledger: Pick<LedgerStore, 'ensureMonths'>;
  readonly minutes: MinuteBooker;
  readonly archive: ArchiveBooker;
  readonly sealer: HourSealer;
  readonly parked: Pick<NamespaceAlert, 'clear'>;
}

/** What is done with each hour once it is over: minutes and archive booked, then sealed. In every namespace, used or not. */
@Processor('usage-hours', jobWorkerOptions)
export class UsageHoursProcessor extends JobProcessor {
  constructor(
    private readonly active: Pick<ActiveNamespaces, 'nowMs'>,
    private readonly work: HourlyWork,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('usage-hours', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const { marks, ledger, minutes, archive, sealer } = this.work;
    const nowMs = await this.active.nowMs();
    const month = new Date(nowMs);
    await ledger.ensureMonths(Array.from({ length: monthsAhead + 1 }, (_, ahead) => Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + ahead, 1)));
    const through = { sealedMs: floorHour(nowMs - settlingAfterMs), archiveMs: floorHour(nowMs) };
    let [namespaces, sealed, forced, failed] = [0, 0, 0, 0];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<SealStore['behind']>> = await marks.behind(through, after, perPage);
      failed += await inLanes('usage-hours', page, this.logger, async (of) => {
        const archiveThroughMs = await archive.book(of);
        const minutesThroughMs = await minutes.book(of);
        const done = await sealer.seal({ ...of, minutesThroughMs, archiveThroughMs });
        sealed += done.hours;
        if (done.forced) forced += 1;
      });
      namespaces += page.length;
      after = page.length === perPage ? page.at(-1)?.namespaceId : undefined;
    }
    this.metrics.hoursSealed.inc(sealed);
    this.metrics.hoursForced.inc(forced);
    this.metrics.namespaceFailures.inc({ job: 'usage-hours' }, failed);
    await this.work.parked.clear();
    return { namespaces, sealed, forced, failed };
  }
}

const floorHour = (ms: number): number => Math.floor(ms / hourMs) * hourMs;
