import { Processor } from '@nestjs/bullmq';
import type { ActiveNamespaces, MarkedNamespaces, ScheduleRunner, ScheduleStore } from '@waybill/broker';
import type { Logger, NamespaceId } from '@waybill/kernel';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Namespaces served in a run, and passes over one of them. */
const bounds = { namespaces: 1_000, passes: 10 };

export interface ScheduleRoom {
  readonly marks: MarkedNamespaces;
  readonly store: Pick<ScheduleStore, 'nowMs' | 'earliest'>;
  readonly runner: Pick<ScheduleRunner, 'runNamespace'>;
}

/** Publishes the messages of schedules that are due. */
@Processor('schedules', jobWorkerOptions)
export class ScheduleProcessor extends JobProcessor {
  constructor(
    private readonly room: ScheduleRoom,
    private readonly active: Pick<ActiveNamespaces, 'touch'>,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('schedules', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const { marks, store } = this.room;
    const marked = await marks.due(await store.nowMs(), bounds.namespaces);
    const byNamespace = new Map(marked.map((mark) => [mark.ns, mark]));
    let published = 0;
    const failed = await eachNamespace('schedules', [...byNamespace.keys()], this.logger, async (namespaceId) => {
      // What is published is counted: the namespace must be drained.
      await this.active.touch(namespaceId);
      published += await this.#serve(namespaceId);
      const mark = byNamespace.get(namespaceId);
      if (mark) await marks.settle(mark, await store.earliest(namespaceId));
    });
    this.metrics.namespaceFailures.inc({ job: 'schedules' }, failed);
    return { namespaces: byNamespace.size, published, failed };
  }

  async #serve(ns: NamespaceId): Promise<number> {
    let total = 0;
    for (let pass = 0; pass < bounds.passes; pass += 1) {
      const { published, failed } = await this.room.runner.runNamespace(ns);
      this.metrics.schedulesRun.inc(published);
      this.metrics.schedulesFailed.inc(failed);
      total += published;
      if (published + failed === 0) break;
    }
    return total;
  }
}
