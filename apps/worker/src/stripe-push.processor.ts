import { Processor } from '@nestjs/bullmq';
import type { StripeRoom } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

const perPage = 500;

/** Sends sealed hours to Stripe's meters, and compares what it took with its hourly sums. Without a key it does nothing. */
@Processor('stripe-push', jobWorkerOptions)
export class StripePushProcessor extends JobProcessor {
  constructor(
    private readonly stripe: StripeRoom | null,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('stripe-push', logger, metrics);
  }

  async run(): Promise<JobReport> {
    if (this.stripe === null) return {};
    const { accounts, planner, sender, confirmer } = this.stripe;
    let planned = 0;
    let failed = 0;
    for (let after = ''; ; ) {
      const page = await accounts.page(after, perPage);
      for (const account of page) {
        try {
          planned += await planner.plan(account);
        } catch (error) {
          failed += 1;
          this.logger.error('meter_push.not_planned', { tenantId: account.tenantId, error: error as Error });
        }
      }
      if (page.length < perPage) break;
      after = page.at(-1)!.tenantId;
    }
    const { accepted, again, parked } = await sender.send();
    const { confirmed, resent, waiting } = await confirmer.confirm();
    this.metrics.meterPushes.inc({ outcome: 'accepted' }, accepted);
    this.metrics.meterPushes.inc({ outcome: 'parked' }, parked);
    this.metrics.meterPushes.inc({ outcome: 'confirmed' }, confirmed);
    this.metrics.meterPushes.inc({ outcome: 'resent' }, resent);
    return { planned, failed, accepted, again, parked, confirmed, resent, waiting };
  }
}
