import { Processor } from '@nestjs/bullmq';
import type { Billing, Charge } from '@waybill/billing';
import { systemCaller } from '@waybill/billing';
import type { TenantId } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import type { JobReport } from './job.processor.js';
import { JobProcessor } from './job.processor.js';
import { jobWorkerOptions } from './jobs.js';
import type { WorkerMetrics } from './worker-metrics.js';

const perPage = 500;

/** Every hour: dunning, credit whose time is over or that runs low, and the invariants of invoices. */
@Processor('billing-care', jobWorkerOptions)
export class BillingCareProcessor extends JobProcessor {
  constructor(
    private readonly billing: Billing,
    private readonly charge: Charge,
    logger: Logger,
    metrics: WorkerMetrics,
  ) {
    super('billing-care', logger, metrics);
  }

  async run(): Promise<JobReport> {
    const dunned = await this.billing.dunning.run();
    const expired = await this.#expire();
    const { toppedUp, failed: notToppedUp } = await this.billing.topUps.runAll(this.charge);
    await this.billing.mails.forget();
    const breaches = await this.billing.audit.run();
    for (const { invariant, where } of breaches) this.logger.error('billing.invariant_broken', { invariant, where });
    this.metrics.billingBreaches.set(breaches.length);
    this.metrics.tenantFailures.inc({ job: 'billing-care' }, dunned.failed);
    this.metrics.tenantFailures.inc({ job: 'billing-care' }, notToppedUp);
    return { ...dunned, expired, toppedUp, notToppedUp, breaches: breaches.length };
  }

  async #expire(): Promise<number> {
    let expired = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: string[] = await this.billing.creditStore.expired(this.billing.clock.nowMs(), after, perPage);
      for (const tenantId of page) expired += await this.billing.credits.expire(systemCaller(tenantId as TenantId, 'credit-expiry'));
      after = page.length === perPage ? page.at(-1) : undefined;
    }
    return expired;
  }
}
