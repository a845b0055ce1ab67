import { Processor } from '@nestjs/bullmq';
import type { StripeRoom } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** An alert of refused webhooks goes when none was refused for a day. */
const refusedShownMs = 86_400_000;

/**
 * Claims drafts whose webhook was lost, page after page to the end, brings subscriptions in line with the contracts and
 * makes credit notes at Stripe. Without a key it does nothing.
 */
@Processor('stripe-sweep', jobWorkerOptions)
export class StripeSweepProcessor extends JobProcessor {
  constructor(
    private readonly stripe: StripeRoom | null,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('stripe-sweep', logger, metrics);
  }

  async run(): Promise<JobReport> {
    if (this.stripe === null) return {};
    const drafts = await this.stripe.claim.sweep();
    const notAligned = await this.stripe.alignment.run();
    await this.stripe.alerts.expire('webhook_refused', refusedShownMs);
    const { mirrored, failed } = await this.stripe.creditNotes.run();
    return { drafts, notAligned, mirrored, failed };
  }
}
