import { Processor } from '@nestjs/bullmq';
import type { Clock, Logger } from '@waybill/kernel';
import type { SegmentStore } from '@waybill/message-log';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

const dayMs = 86_400_000;
/** Deletions of one run; the next run goes on. */
const stepsPerRun = 500;

export interface LogRetention {
  readonly clock: Clock;
  readonly days: number;
}

/** Deletes what is older than the message log is kept. */
@Processor('message-log-retention', jobWorkerOptions)
export class MessageLogRetentionProcessor extends JobProcessor {
  constructor(
    private readonly segments: SegmentStore,
    private readonly retention: LogRetention,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('message-log-retention', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const beforeMs = this.retention.clock.nowMs() - this.retention.days * dayMs;
    let deleted = 0;
    for (let step = 0; step < stepsPerRun; step += 1) {
      const gone = await this.segments.deleteBefore(beforeMs);
      if (gone === 0) break;
      deleted += gone;
      this.metrics.logSegmentsDeleted.inc(gone);
    }
    return { deleted };
  }
}
