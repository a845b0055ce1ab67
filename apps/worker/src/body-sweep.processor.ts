import { Processor } from '@nestjs/bullmq';
import type { BodyStore } from '@waybill/body-store';
import type { BodyReferences } from '@waybill/broker';
import type { Clock, Logger, NamespaceId } from '@waybill/kernel';
import type { ActiveNamespaces } from './active-namespaces.js';
import { BodySweep } from './body-sweep.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** What the sweep works on; without a store there is nothing to sweep. */
export interface SweptBodies {
  readonly store: BodyStore | undefined;
  readonly references: BodyReferences;
  readonly clock: Clock;
}

/** Deletes large bodies that no message needs any more. */
@Processor('body-sweep', jobWorkerOptions)
export class BodySweepProcessor extends JobProcessor {
  readonly #sweep: BodySweep | undefined;

  constructor(
    private readonly active: ActiveNamespaces,
    { store, references, clock }: SweptBodies,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('body-sweep', logger, metrics);
    this.#sweep = store && new BodySweep(store, references, clock, logger);
  }

  async run(): Promise<JobReport> {
    if (!this.#sweep) return { deleted: 0 };
    const namespaces: readonly NamespaceId[] = (await this.active.list()).map(({ id }) => id);
    const report = await this.#sweep.run(namespaces);
    this.metrics.bodiesDeleted.inc(report.deleted + report.orphans);
    this.metrics.namespaceFailures.inc({ job: 'body-sweep' }, report.failed);
    return report;
  }
}
