import { Processor } from '@nestjs/bullmq';
import type { EvidenceKeeper } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Keeps the digest of the messages of each sealed hour. */
@Processor('usage-evidence', jobWorkerOptions)
export class UsageEvidenceProcessor extends JobProcessor {
  constructor(
    private readonly evidence: EvidenceKeeper,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('usage-evidence', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const { kept, waiting, failed } = await this.evidence.keep();
    this.metrics.namespaceFailures.inc({ job: 'usage-evidence' }, failed);
    return { kept, waiting, failed };
  }
}
