import { Processor } from '@nestjs/bullmq';
import type { AttemptDrain, AttemptStore } from '@waybill/delivery';
import type { Clock, Logger } from '@waybill/kernel';
import type { ActiveNamespaces } from './active-namespaces.js';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

const dayMs = 86_400_000;
/** How long a run stays with namespaces that are busy before it looks for others. */
const runMs = 4_000;
const retentionEveryMs = 600_000;

export interface AttemptRetention {
  readonly store: Pick<AttemptStore, 'dropBefore'>;
  readonly days: number;
}

/** Moves attempts from Redis into the database, and drops days that are over. */
@Processor('push-attempts', jobWorkerOptions)
export class PushAttemptProcessor extends JobProcessor {
  #dropAtMs = 0;

  constructor(
    private readonly active: ActiveNamespaces,
    private readonly room: { readonly drain: AttemptDrain; readonly retention: AttemptRetention },
    private readonly clock: Clock,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('push-attempts', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const waiting = await this.active.withAttempts((await this.active.list()).map(({ id }) => id));
    const startMs = this.clock.nowMs();
    let attempts = 0;
    const failed = await eachNamespace('push-attempts', waiting, this.logger, async (namespaceId) => {
      attempts += await this.room.drain.drain(namespaceId, () => this.clock.nowMs() < startMs + runMs);
    });
    this.metrics.pushAttemptsStored.inc(attempts);
    this.metrics.namespaceFailures.inc({ job: 'push-attempts' }, failed);
    return { namespaces: waiting.length, attempts, failed, dropped: await this.#dropOld(startMs) };
  }

  async #dropOld(nowMs: number): Promise<number> {
    if (nowMs < this.#dropAtMs) return 0;
    this.#dropAtMs = nowMs + retentionEveryMs;
    const { store, days } = this.room.retention;
    return store.dropBefore(nowMs - days * dayMs);
  }
}
