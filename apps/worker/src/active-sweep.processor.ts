import { Processor } from '@nestjs/bullmq';
import type { MarkedNamespaces } from '@waybill/broker';
import type { Database } from '@waybill/database';
import type { Logger, NamespaceId } from '@waybill/kernel';
import type { ActiveNamespaces } from './active-namespaces.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

const perPage = 1_000;

/** Marks that lead to tasks and schedules. */
export interface OperationMarks {
  readonly tasks: Pick<MarkedNamespaces, 'remind'>;
  readonly schedules: Pick<MarkedNamespaces, 'remind'>;
}

/**
 * Looks at every namespace for work that no mark leads to: a gateway that dies between its mark failing and the next
 * one leaves counters behind, and a mark can be lost where messages are not.
 */
@Processor('active-sweep', jobWorkerOptions)
export class ActiveSweepProcessor extends JobProcessor {
  constructor(
    private readonly active: ActiveNamespaces,
    private readonly database: Database,
    private readonly marks: OperationMarks,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('active-sweep', logger, metrics);
  }

  async run(): Promise<JobReport> {
    let [namespaces, working] = [0, 0];
    for (let after = ''; ; ) {
      const page = await this.#page(after);
      const last = page.at(-1);
      if (last === undefined) return { namespaces, working };
      after = last;
      const found = await this.active.withWork(page);
      await this.active.add(found);
      await this.marks.tasks.remind(await this.active.withTasks(page));
      await this.marks.schedules.remind(await this.active.withSchedules(page));
      namespaces += page.length;
      working += found.length;
    }
  }

  async #page(after: string): Promise<NamespaceId[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.namespace.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: perPage, select: { id: true } }),
    );
    return rows.map(({ id }) => id as NamespaceId);
  }
}
