import { Processor } from '@nestjs/bullmq';
import type { ActiveNamespaces } from '@waybill/broker';
import type { Clock, Logger } from '@waybill/kernel';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { MessageTaskTurns } from './message-task-turns.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** How long a run stays with namespaces that are busy before it looks for others, and how many it serves. */
const bounds = { runMs: 5_000, namespaces: 1_000 };

/** Carries out redrives, moves and purges. */
@Processor('message-tasks', jobWorkerOptions)
export class MessageTaskProcessor extends JobProcessor {
  constructor(
    private readonly turns: MessageTaskTurns,
    private readonly active: Pick<ActiveNamespaces, 'touch'>,
    private readonly clock: Clock,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('message-tasks', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const marked = await this.turns.marks.due('+inf', bounds.namespaces);
    const untilMs = this.clock.nowMs() + bounds.runMs;
    const marks = new Map(marked.map((mark) => [mark.ns, mark]));
    const failed = await eachNamespace('message-tasks', [...marks.keys()], this.logger, async (namespaceId) => {
      // What is moved is counted: the namespace must be drained.
      await this.active.touch(namespaceId);
      const left = await this.turns.take(namespaceId, untilMs);
      const mark = marks.get(namespaceId);
      if (left === 0 && mark) await this.turns.marks.settle(mark, undefined);
    });
    this.metrics.namespaceFailures.inc({ job: 'message-tasks' }, failed);
    return { namespaces: marks.size, failed };
  }
}
