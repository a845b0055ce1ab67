import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import type { PushEngine } from '@waybill/delivery';
import type { Logger, SubscriptionId } from '@waybill/kernel';
import { DelayedError } from 'bullmq';
import type { Job } from 'bullmq';
import type { BullPushJobs, PushJobData } from './push-jobs.js';
import { pushQueueName, pushWorkerOptions } from './push-jobs.js';

/** Hands subscriptions with work to the engine: the process that holds the job is the only one that works on the subscription. */
@Processor(pushQueueName, pushWorkerOptions)
export class PushProcessor extends WorkerHost {
  constructor(
    private readonly engine: Pick<PushEngine, 'turn'>,
    private readonly jobs: Pick<BullPushJobs, 'wake'>,
    private readonly senders: { close(id: SubscriptionId): Promise<void> },
    private readonly logger: Logger,
  ) {
    super();
  }

  async process(job: Job<PushJobData>, token?: string): Promise<void> {
    const { subscriptionId } = job.data;
    const turn = await this.engine.turn(subscriptionId);
    await this.senders.close(subscriptionId);
    if (turn.end === 'later') {
      await job.moveToDelayed(turn.atMs, token);
      throw new DelayedError();
    }
    // While this job is active the next one is only noted, and begins when it ends.
    if (turn.end === 'leave') await this.jobs.wake(subscriptionId);
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job<PushJobData> | undefined, error: Error): void {
    this.logger.warn('push.turn_failed', { subscriptionId: job?.data.subscriptionId, error });
  }

  /** The connection to the jobs' Redis; BullMQ reconnects by itself. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.warn('job.worker_failed', { job: pushQueueName, error });
  }
}
