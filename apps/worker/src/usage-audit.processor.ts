import { Processor } from '@nestjs/bullmq';
import type { Clock, Logger } from '@waybill/kernel';
import type { LedgerAudit } from '@waybill/metering';
import { inLanes } from './each-namespace.js';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

const dayMs = 86_400_000;
/** Long enough to reach over the month that is being closed. */
const daysChecked = 40;
const perPage = 500;

/** Checks every night that the ledger adds up and that nobody changed what was sealed. */
@Processor('usage-audit', jobWorkerOptions)
export class UsageAuditProcessor extends JobProcessor {
  constructor(
    private readonly audit: LedgerAudit,
    private readonly clock: Clock,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('usage-audit', logger, metrics);
  }

  async run(): Promise<JobReport> {
    // Today goes on being written while it is read.
    const toMs = Math.floor(this.clock.nowMs() / dayMs) * dayMs;
    let [namespaces, breaches, failed] = [0, 0, 0];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<LedgerAudit['namespaces']>> = await this.audit.namespaces(after, perPage);
      failed += await inLanes('usage-audit', page, this.logger, async (of) => {
        for (const breach of await this.audit.breaches({ ...of, fromMs: toMs - daysChecked * dayMs, toMs })) {
          breaches += 1;
          this.logger.error('usage.invariant_broken', { ...breach });
        }
      });
      namespaces += page.length;
      after = page.length === perPage ? page.at(-1)?.namespaceId : undefined;
    }
    this.metrics.ledgerBreaches.set(breaches);
    this.metrics.namespaceFailures.inc({ job: 'usage-audit' }, failed);
    return { namespaces, breaches, failed };
  }
}
