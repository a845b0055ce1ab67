import { Processor } from '@nestjs/bullmq';
import type { Billing, TenantEraser } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Every minute: deletes what a tenant has whose invoice was not paid for 90 days, or goes on where a killed worker was. */
@Processor('tenant-deletion', jobWorkerOptions)
export class TenantDeletionProcessor extends JobProcessor {
  constructor(
    private readonly billing: Billing,
    private readonly eraser: TenantEraser,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('tenant-deletion', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const report = await this.billing.deletions.run(this.eraser);
    this.metrics.tenantFailures.inc({ job: 'tenant-deletion' }, report.failed);
    return { ...report };
  }
}
