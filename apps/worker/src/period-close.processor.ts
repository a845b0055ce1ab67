import { Processor } from '@nestjs/bullmq';
import type { Billing } from '@waybill/billing';
import { periodAt, previousPeriod } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Closes the last two months for every tenant that has not closed them: hours sealed late make the second one necessary. */
@Processor('period-close', jobWorkerOptions)
export class PeriodCloseProcessor extends JobProcessor {
  constructor(
    private readonly billing: Billing,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('period-close', logger, metrics);
  }

  async run(): Promise<JobReport> {
    await this.billing.prepare();
    const last = previousPeriod(periodAt(this.billing.clock.nowMs()));
    const sum: Record<string, number> = {};
    for (const period of [previousPeriod(last), last]) {
      for (const [name, count] of Object.entries(await this.billing.close.run(period))) sum[name] = (sum[name] ?? 0) + count;
    }
    this.metrics.invoicesFinalized.inc(sum['finalized'] ?? 0);
    this.metrics.tenantFailures.inc({ job: 'period-close' }, sum['failed'] ?? 0);
    return sum;
  }
}
