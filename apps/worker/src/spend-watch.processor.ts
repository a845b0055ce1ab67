import { Processor } from '@nestjs/bullmq';
import type { Billing } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Compares what the month costs with caps and quotas, stops and lets go, and sends the mails that wait (billing.md §6). */
@Processor('spend-watch', jobWorkerOptions)
export class SpendWatchProcessor extends JobProcessor {
  constructor(
    private readonly billing: Billing,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('spend-watch', logger, metrics);
  }

  async run(): Promise<JobReport> {
    await this.billing.prepare();
    const report = await this.billing.watch.run();
    this.metrics.tenantFailures.inc({ job: 'spend-watch' }, report.failed);
    const mails = await this.billing.mails.run();
    return { ...report, mailsSent: mails.sent, mailsFailed: mails.failed };
  }
}
