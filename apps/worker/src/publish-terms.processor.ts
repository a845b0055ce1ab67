import { Processor } from '@nestjs/bullmq';
import type { Logger } from '@waybill/kernel';
import type { TermsPublisher } from '@waybill/metering';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Brings prices and gates to the gateways that were noted while Redis could not be reached, or that it lost. */
@Processor('publish-terms', jobWorkerOptions)
export class PublishTermsProcessor extends JobProcessor {
  constructor(
    private readonly terms: TermsPublisher,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('publish-terms', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const { published, failed } = await this.terms.relay();
    this.metrics.namespaceFailures.inc({ job: 'publish-terms' }, failed);
    return { published, failed };
  }
}
