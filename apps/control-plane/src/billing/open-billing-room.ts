import { openBilling } from '@waybill/billing';
import type { Billing, StripeRoom } from '@waybill/billing';
import { keys } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Database } from '@waybill/database';
import type { Mailer } from '@waybill/delivery';
import type { OperatorRole, OperatorStore } from '@waybill/identity';
import type { Clock, Logger } from '@waybill/kernel';
import { ParkedBatches, PricePublisher, PublishGate, TermsCopyStore, TermsPublisher, TermsStore, UsageCounterStore } from '@waybill/metering';
import type { Config } from '@waybill/platform';

export interface BillingStores {
  readonly database: Database;
  readonly redis: Redis;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly stripe: StripeRoom | null;
}

/** Billing as this process uses it: answers, and what a person changed is in force at once. */
export function openBillingRoom({ database, redis, mailer, clock, stripe }: BillingStores, config: Config, logger: Logger): Billing {
  const terms = new TermsPublisher(new TermsStore(database), new TermsCopyStore(redis, keys), logger);
  return openBilling({
    database, logger, clock, closer: stripe?.closer, stripeLegs: stripe?.legs, creditQuotes: stripe?.creditQuotes, gate: new PublishGate(terms), prices: new PricePublisher(terms), notify: (mail) => mailer.send(mail),
    parkedBatches: new ParkedBatches(new UsageCounterStore(redis, keys)),
    rules: { defaultPlan: config.billingDefaultPlan, reviewAboveCents: BigInt(config.billingReviewAboveCents), twoPersonLimitCents: BigInt(config.financeTwoPersonCents) },
  });
}

/** Brings the operators of the configuration into force; those without an account are asked for again. */
export function operatorsOf({ financeOperators }: Config, store: OperatorStore, logger: Logger): () => Promise<void> {
  const entries = financeOperators.map((entry) => {
    const at = entry.lastIndexOf(':');
    return { email: entry.slice(0, at).toLowerCase(), role: entry.slice(at + 1) as OperatorRole };
  });
  let done = false;
  return async () => {
    if (done) return;
    for (const email of await store.set(entries)) logger.warn('operator.has_no_account', { operator: email });
    done = true;
  };
}
