import { Processor } from '@nestjs/bullmq';
import type { ExportRunner } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Sends the exports of finance that are due. */
@Processor('finance-exports', jobWorkerOptions)
export class FinanceExportsProcessor extends JobProcessor {
  constructor(
    private readonly runner: ExportRunner,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('finance-exports', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const { planned, done, retried, failed } = await this.runner.run();
    this.metrics.financeExports.inc({ outcome: 'sent' }, done);
    this.metrics.financeExports.inc({ outcome: 'again' }, retried);
    this.metrics.financeExports.inc({ outcome: 'failed' }, failed);
    return { planned, done, retried, failed };
  }
}
