import { Processor } from '@nestjs/bullmq';
import type { PushSweep } from '@waybill/delivery';
import type { Clock, Logger } from '@waybill/kernel';
import type { ActiveNamespaces } from './active-namespaces.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** All subscriptions are looked at so often; between, those of namespaces in use. */
const everyoneMs = 600_000;

/** Finds subscriptions with work that no job stands for. */
@Processor('push-sweep', jobWorkerOptions)
export class PushSweepProcessor extends JobProcessor {
  #everyoneAtMs = 0;

  constructor(
    private readonly active: ActiveNamespaces,
    private readonly sweep: PushSweep,
    private readonly clock: Clock,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('push-sweep', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const nowMs = this.clock.nowMs();
    if (nowMs >= this.#everyoneAtMs) {
      this.#everyoneAtMs = nowMs + everyoneMs;
      return this.#report(await this.sweep.run());
    }
    return this.#report(await this.sweep.run(new Set((await this.active.list()).map(({ id }) => id))));
  }

  #report({ subscriptions, working }: { subscriptions: number; working: number }): JobReport {
    return { subscriptions, working };
  }
}
