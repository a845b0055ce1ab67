import { Processor } from '@nestjs/bullmq';
import type { AttemptDrain, AttemptStore, ParkedAttempts } from '@waybill/delivery';
import type { Clock, Logger } from '@waybill/kernel';
import type { ActiveNamespaces } from './active-namespaces.js';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { NamespaceAlert } from './namespace-alert.js';
import type { WorkerMetrics } from './worker-metrics.js';

const dayMs = 86_400_000;
/** How long a run stays with namespaces that are busy before it looks for others. */
const runMs = 4_000;
const careEveryMs = 600_000;

export interface AttemptWork {
  readonly drain: AttemptDrain;
  readonly parked: Pick<ParkedAttempts, 'retry'>;
  readonly alert: Pick<NamespaceAlert, 'clear'>;
  readonly kept: { readonly stores: readonly Pick<AttemptStore, 'dropBefore'>[]; readonly days: number };
}

/**
 * Moves attempts from Redis into the database, drops what is over, and sees to what was parked: tried again once by each
 * process, as a newer one may understand it.
 */
@Processor('push-attempts', jobWorkerOptions)
export class PushAttemptProcessor extends JobProcessor {
  #careAtMs = 0;
  #retried = false;

  constructor(
    private readonly active: Pick<ActiveNamespaces, 'list' | 'withAttempts'>,
    private readonly room: AttemptWork,
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
    return { namespaces: waiting.length, attempts, failed, dropped: await this.#care(startMs) };
  }

  /** Returns how many days of attempts, and parked entries, were dropped. */
  async #care(nowMs: number): Promise<number> {
    if (nowMs < this.#careAtMs) return 0;
    this.#careAtMs = nowMs + careEveryMs;
    if (!this.#retried) await this.room.parked.retry();
    this.#retried = true;
    const { stores, days } = this.room.kept;
    let dropped = 0;
    for (const store of stores) dropped += await store.dropBefore(nowMs - days * dayMs);
    await this.room.alert.clear();
    return dropped;
  }
}
