import { Processor } from '@nestjs/bullmq';
import type { DeadLetterForwarder } from '@waybill/broker';
import type { Logger } from '@waybill/kernel';
import type { ActiveNamespaces } from './active-namespaces.js';
import { eachNamespace } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Sends dead letters on to the exchanges that their queues name. */
@Processor('dead-letter-forward', jobWorkerOptions)
export class DeadLetterForwardProcessor extends JobProcessor {
  constructor(
    private readonly active: ActiveNamespaces,
    private readonly forwarder: DeadLetterForwarder,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('dead-letter-forward', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const active = await this.active.list();
    const waiting = await this.active.withForwards(active.map(({ id }) => id));
    let forwarded = 0;
    const failed = await eachNamespace('dead-letter-forward', waiting, this.logger, async (namespaceId) => {
      const sent = await this.forwarder.forwardNamespace(namespaceId);
      forwarded += sent.forwarded;
      this.metrics.deadLettersForwarded.inc(sent.forwarded);
      this.metrics.deadLettersKept.inc(sent.kept);
    });
    this.metrics.namespaceFailures.inc({ job: 'dead-letter-forward' }, failed);
    return { namespaces: waiting.length, forwarded, failed };
  }
}
