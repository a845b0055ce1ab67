import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { JobProcessor } from './job.processor.js';
import type { OpenPush } from '@waybill/delivery';
import type { JobName } from './jobs.js';
import { keptJobs } from './jobs.js';
import type { PushProcessor } from './push.processor.js';
import type { Stores } from './stores.js';
import { closeStores } from './stores.js';

export interface ScheduledJob {
  readonly name: JobName;
  readonly queue: Queue;
  readonly processor: JobProcessor;
  readonly everyMs: number;
}

export interface PushRun {
  readonly push: Pick<OpenPush, 'directory' | 'sweep' | 'engine'>;
  readonly queue: Queue;
  readonly turns: PushProcessor;
  /** Open destinations. */
  readonly senders: { stop(): void };
  /** Mails of alerts. */
  readonly alertMails: { close(): Promise<void> };
}

/** Calls under way may take so long to end when the process stops; then they are given up, and their messages go back under the ids they had. */
export const pushGraceMs = 10_000;
/**
 * Whatever hangs, a destination or a mail server, the process stops within this time: the grace of calls, or a mail of our own
 * that is under way (15 s), and then that of alerts (5 s).
 */
export const stopsWithinMs = 22_000;

/** Starts the schedules with the process and ends everything in order: running jobs, then BullMQ, then the stores. */
export class JobRuns implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly jobs: readonly ScheduledJob[],
    private readonly stores: Stores,
    private readonly push: PushRun,
  ) {}

  /** Every worker does this; the schedule is one, whoever set it last. */
  async onApplicationBootstrap(): Promise<void> {
    for (const { name, queue, everyMs } of this.jobs) {
      await queue.upsertJobScheduler(name, { every: everyMs }, { name, opts: keptJobs });
    }
    await this.push.push.directory.start();
  }

  /** Waits for the jobs that are running; no new one is taken. Nest closes the workers too, which then only waits. */
  async onApplicationShutdown(): Promise<void> {
    const { push, queue: pushQueue, turns, senders, alertMails } = this.push;
    push.directory.stop();
    await Promise.all([push.engine.stop(pushGraceMs).then(() => senders.stop()), turns.worker.close(), ...this.jobs.map(({ processor }) => processor.worker.close())]);
    await Promise.all([pushQueue, ...this.jobs.map(({ queue }) => queue)].map((queue) => queue.close()));
    await alertMails.close();
    await closeStores(this.stores);
  }
}
