import { Processor } from '@nestjs/bullmq';
import type { Logger } from '@waybill/kernel';
import type { SnapshotPublisher } from '@waybill/topology';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Puts topology changes into force that were committed and not published, and rebuilds snapshots Redis lost. */
@Processor('topology-relay', jobWorkerOptions)
export class TopologyRelayProcessor extends JobProcessor {
  constructor(
    private readonly topology: SnapshotPublisher,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('topology-relay', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const { current, failed } = await this.topology.relay();
    this.metrics.namespaceFailures.inc({ job: 'topology-relay' }, failed);
    return { current, failed };
  }
}
