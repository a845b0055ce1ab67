import { Processor } from '@nestjs/bullmq';
import type { StripeRoom } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Works on the webhooks that the control plane stored, and sends back what finance decided to refund. Without a key it does nothing. */
@Processor('stripe-events', jobWorkerOptions)
export class StripeEventsProcessor extends JobProcessor {
  constructor(
    private readonly stripe: StripeRoom | null,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('stripe-events', logger, metrics);
  }

  async run(): Promise<JobReport> {
    if (this.stripe === null) return {};
    const events = await this.stripe.webhooks.work();
    const { refunded, refused } = await this.stripe.refunds.run();
    return { events, refunded, refused };
  }
}
