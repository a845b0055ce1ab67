import type { PushJobs } from '@waybill/delivery';
import type { SubscriptionId } from '@waybill/kernel';
import type { Queue, WorkerOptions } from 'bullmq';

export const pushQueueName = 'push';

export interface PushJobData {
  readonly subscriptionId: SubscriptionId;
}

/** Subscriptions one process works on at once: a turn that waits for answers costs a promise, no thread. */
const turnsAtOnce = 2_000;

/**
 * A turn that a killed worker had is taken over within seconds: its lock ends, and the next look for stalled jobs finds it,
 * however often that happens. A lost job does no harm, the sweep makes another one.
 */
export const pushWorkerOptions = {
  concurrency: turnsAtOnce, lockDuration: 6_000, stalledInterval: 3_000, maxStalledCount: 1_000_000,
  // Ended jobs hold nothing; one that is kept would be in the way of the next.
  removeOnComplete: { count: 0 }, removeOnFail: { count: 0 },
} satisfies Omit<WorkerOptions, 'connection'>;

/** A store that could not be reached at the start of a turn is tried again. */
const tries = { attempts: 1_000_000, backoff: { type: 'fixed', delay: 1_000 } } as const;

/** One job for a subscription at most. Who adds one while it is worked on is followed by another turn. */
export class BullPushJobs implements PushJobs {
  constructor(private readonly queue: Queue<PushJobData>) {}

  async wake(subscriptionId: SubscriptionId): Promise<void> {
    await this.queue.add('turn', { subscriptionId }, {
      ...tries, removeOnComplete: true, removeOnFail: true, deduplication: { id: subscriptionId, keepLastIfActive: true },
    });
  }

  async hasten(subscriptionId: SubscriptionId): Promise<void> {
    await this.wake(subscriptionId);
    const jobId = await this.queue.getDeduplicationJobId(subscriptionId);
    const job = jobId === null ? undefined : await this.queue.getJob(jobId);
    if (job === undefined || (await job.getState()) !== 'delayed') return;
    // Another worker may have promoted it since.
    await job.promote().catch(() => undefined);
  }

  async crowded(): Promise<boolean> {
    return (await this.queue.getWaitingCount()) > 0;
  }
}
