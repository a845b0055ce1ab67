import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import type { Logger } from '@waybill/kernel';
import type { JobName } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** What a job says about its run; shown in its return value. */
export type JobReport = Readonly<Record<string, number>>;

/** A kind of job. It may run twice at once and be killed anywhere: what it does rests on the stores alone. */
export abstract class JobProcessor extends WorkerHost {
  constructor(
    private readonly job: JobName,
    protected readonly logger: Logger,
    protected readonly metrics: WorkerMetrics,
  ) {
    super();
  }

  /** Fails only when nothing could be done at all. */
  abstract run(): Promise<JobReport>;

  async process(): Promise<JobReport> {
    const stop = this.metrics.jobSeconds.startTimer({ job: this.job });
    try {
      return await this.run();
    } finally {
      stop();
    }
  }

  @OnWorkerEvent('failed')
  onFailed(_job: unknown, error: Error): void {
    this.metrics.jobFailures.inc({ job: this.job });
    this.logger.error('job.failed', { job: this.job, error });
  }

  /** The connection to the jobs' Redis; BullMQ reconnects by itself. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.warn('job.worker_failed', { job: this.job, error });
  }
}
