import { Processor } from '@nestjs/bullmq';
import type { Logger } from '@waybill/kernel';
import type { UsageDrain } from '@waybill/metering';
import type { ActiveNamespaces } from './active-namespaces.js';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Moves open usage counters into the ledger, and forgets namespaces that came to rest. */
@Processor('usage-drain', jobWorkerOptions)
export class UsageDrainProcessor extends JobProcessor {
  constructor(
    private readonly active: ActiveNamespaces,
    private readonly usage: UsageDrain,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('usage-drain', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const active = await this.active.list();
    const counting = await this.active.withUsage(active.map(({ id }) => id));
    let booked = 0;
    const failed = await eachNamespace('usage-drain', counting, this.logger, async (namespaceId) => {
      const drained = await this.usage.drain(namespaceId);
      booked += drained.booked;
      this.metrics.batchesBooked.inc(drained.booked);
      this.metrics.entriesBooked.inc(drained.entries);
      this.metrics.batchesParked.inc(drained.parked);
    });
    this.metrics.namespaceFailures.inc({ job: 'usage-drain' }, failed);
    const forgotten = await this.active.forgetIdle(active);
    this.metrics.activeNamespaces.set(active.length - forgotten);
    return { active: active.length, booked, failed, forgotten };
  }
}
