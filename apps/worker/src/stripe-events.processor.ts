import { Processor } from '@nestjs/bullmq';
import type { StripeRoom } from '@waybill/billing';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** Works on the webhooks that the control plane stored. Without a key it does nothing. */
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
    return this.stripe === null ? {} : { events: await this.stripe.webhooks.work() };
  }
}
