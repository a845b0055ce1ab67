import { openStripeRoom } from '@waybill/billing';
import type { StripeRoom } from '@waybill/billing';
import type { Database } from '@waybill/database';
import type { Clock, Logger } from '@waybill/kernel';
import type { Config } from '@waybill/platform';

/** The Stripe side, or null without a key: then billing runs whole on the local ledger. */
export function stripeOf(config: Config, { database, clock, logger }: { readonly database: Database; readonly clock: Clock; readonly logger: Logger }): StripeRoom | null {
  if (config.stripeSecretKey === undefined) return null;
  return openStripeRoom({
    database, clock, logger, secretKey: config.stripeSecretKey, apiBase: config.stripeApiBase ?? null, webhookSecrets: config.stripeWebhookSecret, publicUrl: config.publicUrl, automaticTax: config.stripeAutomaticTax, defaultPlan: config.billingDefaultPlan,
  });
}
