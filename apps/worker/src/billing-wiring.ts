import { askForTransfer, openBilling, openExports } from '@waybill/billing';
import type { Billing, ExportRunner, StripeRoom, TenantEraser } from '@waybill/billing';
import { ObjectTargets } from '@waybill/body-store';
import { keys } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Database } from '@waybill/database';
import { GuardedUpload, mailServerOf, openEgress, openMailer, SecretBox } from '@waybill/delivery';
import type { Clock, Logger } from '@waybill/kernel';
import { PricePublisher, PublishGate, TermsCopyStore, TermsPublisher, TermsStore } from '@waybill/metering';
import type { Config } from '@waybill/platform';
import { BillingCareProcessor } from './billing-care.processor.js';
import { FinanceExportsProcessor } from './finance-exports.processor.js';
import type { JobProcessor } from './job.processor.js';
import { PeriodCloseProcessor } from './period-close.processor.js';
import { ReconciliationProcessor } from './reconciliation.processor.js';
import { SpendWatchProcessor } from './spend-watch.processor.js';
import { TenantDeletionProcessor } from './tenant-deletion.processor.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface BillingWiring {
  readonly database: Database;
  readonly redis: Redis;
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stripe: StripeRoom | null;
}

/** Billing as the worker runs it. */
export function workerBilling({ database, redis, config, logger, clock, stripe }: BillingWiring): Billing {
  const mailer = openMailer(config.smtpUrl && mailServerOf(config.smtpUrl), config.mailFrom, logger);
  const terms = new TermsPublisher(new TermsStore(database), new TermsCopyStore(redis, keys), logger);
  return openBilling({
    database, logger, clock, closer: stripe?.closer, stripeLegs: stripe?.legs, creditQuotes: stripe?.creditQuotes, gate: new PublishGate(terms), prices: new PricePublisher(terms), notify: (mail) => mailer.send(mail),
    rules: { defaultPlan: config.billingDefaultPlan, reviewAboveCents: BigInt(config.billingReviewAboveCents), twoPersonLimitCents: BigInt(config.financeTwoPersonCents) },
  });
}

/** Exports as the worker sends them. */
export function workerExports(billing: Billing, { database, config, logger }: Pick<BillingWiring, 'database' | 'config' | 'logger'>): ExportRunner {
  const targets = new ObjectTargets({ egress: new GuardedUpload(openEgress({ allow: config.egressAllow, ports: config.egressPorts })), folder: config.exportFolder });
  return openExports({ database, billing, targets, box: new SecretBox(config.secretsKeys), logger }).runner;
}

/** What billing does by the clock, in the order spend-watch, period-close, billing-care, reconciliation, tenant-deletion, finance-exports. */
export function billingProcessors(billing: Billing, { stripe, eraser, exports }: { readonly stripe: StripeRoom | null; readonly eraser: TenantEraser; readonly exports: ExportRunner }, logger: Logger, metrics: WorkerMetrics): readonly JobProcessor[] {
  return [new SpendWatchProcessor(billing, logger, metrics), new PeriodCloseProcessor(billing, logger, metrics), new BillingCareProcessor(billing, stripe?.topUps ?? askForTransfer, logger, metrics), new ReconciliationProcessor(billing, logger, metrics), new TenantDeletionProcessor(billing, eraser, logger, metrics), new FinanceExportsProcessor(exports, logger, metrics)];
}
