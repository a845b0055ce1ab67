import { Processor } from '@nestjs/bullmq';
import type { RequestMails } from '@waybill/delivery';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Sends the mails that ask recipients whether they want more. */
@Processor('recipient-mails', jobWorkerOptions)
export class RecipientMailProcessor extends JobProcessor {
  constructor(
    private readonly mails: RequestMails,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('recipient-mails', logger, metrics);
  }

  async run(): Promise<JobReport> {
    return this.mails.run();
  }
}
