import { Processor } from '@nestjs/bullmq';
import type { LeaseReclaimer } from '@waybill/broker';
import type { Logger } from '@waybill/kernel';
import type { ActiveNamespaces } from './active-namespaces.js';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Takes back leases that ran out and delays that ended, where no consumer asks. */
@Processor('lease-reclaim', jobWorkerOptions)
export class LeaseReclaimProcessor extends JobProcessor {
  constructor(
    private readonly active: ActiveNamespaces,
    private readonly leases: LeaseReclaimer,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('lease-reclaim', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const active = await this.active.list();
    const due = await this.active.withDue(active.map(({ id }) => id));
    let returned = 0;
    const failed = await eachNamespace('lease-reclaim', due, this.logger, async (namespaceId) => {
      const reclaimed = await this.leases.reclaimNamespace(namespaceId);
      returned += reclaimed.returned;
      this.metrics.leasesReturned.inc(reclaimed.returned);
      this.metrics.deadLettered.inc(reclaimed.dead);
    });
    this.metrics.namespaceFailures.inc({ job: 'lease-reclaim' }, failed);
    return { due: due.length, returned, failed };
  }
}
