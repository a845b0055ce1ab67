import type { Database } from '@waybill/database';
import type { Clock, Logger, Secret, TenantId } from '@waybill/kernel';
import { HourLedger, HourLedgerStore } from '@waybill/metering';
import { FinanceEventStore } from '../finance/finance-event.store.js';
import { SettlementStore } from '../finance/settlement.store.js';
import { ContractStore } from '../prices/contract.store.js';
import { Contracts } from '../prices/contracts.js';
import { PriceBookStore } from '../prices/price-book.store.js';
import { StripeCountsReader } from '../reconciliation/stripe-counts.js';
import { StripeAlignment } from './accounts/alignment.js';
import { TenantTermsStore } from './accounts/tenant-terms.store.js';
import { openStripe } from './client.js';
import { CreditNoteMirror } from './invoices/credit-note-mirror.js';
import { CreditNoteMirrorStore } from './invoices/credit-note-mirror.store.js';
import { StripeCreditQuotes } from './invoices/stripe-credit-quotes.js';
import { StripeSettlement } from './invoices/stripe-settlement.js';
import { StripeTopUpCharge } from './invoices/top-up-charge.js';
import { ParkedPushes } from './meters/parked-pushes.js';
import { openStripeBilling } from './open-stripe-billing.store.js';
import { systemCaller } from '../tenants/system-caller.js';

export interface StripeRoomOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly secretKey: Secret;
  readonly apiBase: string | null;
  readonly webhookSecrets: readonly Secret[];
  readonly publicUrl: string;
  /** STRIPE_AUTOMATIC_TAX: Stripe computes tax on all it invoices. */
  readonly automaticTax: boolean;
  /** Plan of a tenant that never chose; the same that `openBilling` is given. */
  readonly defaultPlan: string;
  /** A tenant in dunning has paid or was let off (`relieved` of `openBilling`). */
  readonly relieved?: ((tenantId: TenantId) => Promise<void>) | undefined;
}

export type StripeRoom = ReturnType<typeof openStripeRoom>;

/** The Stripe side as a process uses it, on the stores of billing and metering. */
export function openStripeRoom({ database, clock, logger, secretKey, apiBase, webhookSecrets, publicUrl, automaticTax, defaultPlan, relieved }: StripeRoomOptions) {
  const stripe = openStripe({ secretKey, apiBase });
  const ledger = new HourLedger(new HourLedgerStore(database));
  const contracts = new Contracts(new ContractStore(database), new PriceBookStore(database), clock, defaultPlan);
  const terms = new TenantTermsStore(database, contracts, clock);
  const billing = openStripeBilling({
    database, stripe, clock, logger, terms, webhookSecrets, publicUrl, automaticTax,
    sealed: { sealedThroughMs: (tenantId) => ledger.sealedThroughMs(systemCaller(tenantId as TenantId, 'stripe')) },
    outcomes: new StripeSettlement(new SettlementStore(database, relieved), clock, logger),
  });
  return {
    ...billing,
    parked: new ParkedPushes(billing.pushes, billing.accounts, billing.alerts, new FinanceEventStore(database), clock),
    legs: new StripeCountsReader(billing),
    alignment: new StripeAlignment(billing.accounts, billing.subscriptions, terms, logger),
    topUps: new StripeTopUpCharge({ stripe, accounts: billing.accounts, alerts: billing.alerts }, clock, automaticTax),
    creditQuotes: new StripeCreditQuotes(stripe, billing.catalogueStore, billing.tax),
    creditNotes: new CreditNoteMirror(stripe, new CreditNoteMirrorStore(database), billing.alerts),
  };
}
