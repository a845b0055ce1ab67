import { Processor } from '@nestjs/bullmq';
import type { Billing } from '@waybill/billing';
import { periodAt, previousPeriod } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Every night: puts all counts of the running month and of the last one beside each other, for every tenant. */
@Processor('reconciliation', jobWorkerOptions)
export class ReconciliationProcessor extends JobProcessor {
  constructor(
    private readonly billing: Billing,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('reconciliation', logger, metrics);
  }

  async run(): Promise<JobReport> {
    await this.billing.prepare();
    const running = periodAt(this.billing.clock.nowMs());
    const sum = { tenants: 0, differences: 0, failed: 0 };
    for (const period of [previousPeriod(running), running]) {
      const { tenants, differences, failed } = await this.billing.reconciliation.run(period);
      Object.assign(sum, { tenants, differences: sum.differences + differences, failed: sum.failed + failed });
    }
    this.metrics.countDifferences.set(sum.differences);
    this.metrics.tenantFailures.inc({ job: 'reconciliation' }, sum.failed);
    return sum;
  }
}
