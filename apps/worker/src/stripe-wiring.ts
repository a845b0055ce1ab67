import { openStripeRoom } from '@waybill/billing';
import type { StripeRoom } from '@waybill/billing';
import type { Database } from '@waybill/database';
import type { Clock, Logger, TenantId } from '@waybill/kernel';
import type { Config } from '@waybill/platform';
import type { JobProcessor } from './job.processor.js';
import { StripeEventsProcessor } from './stripe-events.processor.js';
import { StripePushProcessor } from './stripe-push.processor.js';
import { StripeSweepProcessor } from './stripe-sweep.processor.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface StripeWiring {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whom to tell that a tenant in dunning has paid. */
  readonly relieved: (tenantId: TenantId) => Promise<void>;
}

/** The Stripe side, or null without a key: then billing runs whole on the local ledger. */
export function stripeOf(config: Config, { database, clock, logger, relieved }: StripeWiring): StripeRoom | null {
  if (config.stripeSecretKey === undefined) return null;
  return openStripeRoom({
    database, clock, logger, secretKey: config.stripeSecretKey, apiBase: config.stripeApiBase ?? null, webhookSecrets: config.stripeWebhookSecret, publicUrl: config.publicUrl, automaticTax: config.stripeAutomaticTax, defaultPlan: config.billingDefaultPlan, relieved,
  });
}

/** In the order stripe-push, stripe-events, stripe-sweep. */
export function stripeProcessors(stripe: StripeRoom | null, logger: Logger, metrics: WorkerMetrics): readonly JobProcessor[] {
  return [new StripePushProcessor(stripe, logger, metrics), new StripeEventsProcessor(stripe, logger, metrics), new StripeSweepProcessor(stripe, logger, metrics)];
}
