import type { Database } from '@waybill/database';
import type { Clock, Logger, Secret } from '@waybill/kernel';
import type Stripe from 'stripe';
import { RefundStore } from '../finance/refund.store.js';
import { CatalogueSync } from './accounts/catalogue-sync.js';
import { StripeCheckout } from './accounts/checkout.js';
import type { TenantTerms } from './accounts/checkout.js';
import { DeletedCustomers } from './accounts/deleted-customers.js';
import { PortalConfiguration } from './accounts/portal-configuration.js';
import { StripeCustomers } from './accounts/customers.js';
import { StripeAccountStore } from './accounts/stripe-account.store.js';
import { StripeCatalogueStore } from './accounts/stripe-catalogue.store.js';
import { StripeSubscriptions } from './accounts/subscriptions.js';
import { AlertStore } from '../alerts/alert.store.js';
import { Alerts } from '../alerts/alerts.js';
import { InvoiceClaim } from './invoices/invoice-claim.js';
import { SettledInvoices } from './invoices/settled-invoices.js';
import type { InvoiceOutcomes } from './invoices/settled-invoices.js';
import { StripeCloser } from './invoices/stripe-closer.js';
import { StripeDraft } from './invoices/stripe-draft.js';
import { StripePreviews } from './invoices/stripe-preview.js';
import { StripeTax } from './invoices/stripe-tax.js';
import { TaxGate } from './invoices/tax-gate.js';
import { StripeRefunds } from './invoices/stripe-refunds.js';
import { StripeInvoiceStore } from './invoices/stripe-invoice.store.js';
import { HourTotalStore } from './meters/hour-total.store.js';
import { MeterPushStore } from './meters/meter-push.store.js';
import { PushConfirmer } from './meters/push-confirmer.js';
import { PushPlanner } from './meters/push-planner.js';
import type { SealedHours } from './meters/push-planner.js';
import { PushSender } from './meters/push-sender.js';
import { SummaryReader } from './meters/summary-reader.js';
import { WebhookEventStore } from './webhooks/webhook-event.store.js';
import { WebhookReceiver } from './webhooks/webhook-receiver.js';
import { WebhookWorker } from './webhooks/webhook-worker.js';

export interface StripeBillingRooms {
  readonly database: Database;
  readonly stripe: Stripe;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sealed: SealedHours;
  readonly outcomes: InvoiceOutcomes;
  readonly terms: TenantTerms;
  readonly webhookSecrets: readonly Secret[];
  /** Where people come back to from Stripe's pages. */
  readonly publicUrl: string;
  /** STRIPE_AUTOMATIC_TAX. */
  readonly automaticTax: boolean;
}

export type StripeBilling = ReturnType<typeof openStripeBilling>;

/** The Stripe side of billing, wired. */
export function openStripeBilling({ database, stripe, clock, logger, sealed, outcomes, terms, webhookSecrets, publicUrl, automaticTax }: StripeBillingRooms) {
  const accounts = new StripeAccountStore(database);
  const catalogueStore = new StripeCatalogueStore(database);
  const pushes = new MeterPushStore(database);
  const totals = new HourTotalStore(database);
  const invoices = new StripeInvoiceStore(database);
  const events = new WebhookEventStore(database);
  const alertStore = new AlertStore(database);
  const alerts = new Alerts(alertStore, clock, logger);
  const catalogue = new CatalogueSync(stripe, catalogueStore, automaticTax);
  const customers = new StripeCustomers(stripe, accounts);
  const subscriptions = new StripeSubscriptions({ stripe, accounts, catalogue, alerts }, clock, automaticTax);
  const checkout = new StripeCheckout({ stripe, accounts, customers, subscriptions, terms, portal: new PortalConfiguration(stripe) }, publicUrl, automaticTax);
  const summaries = new SummaryReader(stripe, accounts, catalogue);
  const claim = new InvoiceClaim({ stripe, accounts, invoices, alerts }, clock, logger);
  const draft = new StripeDraft(stripe, catalogueStore);
  const deleted = new DeletedCustomers(stripe, accounts, alerts);
  const tax = new StripeTax(stripe);
  const refunds = new StripeRefunds({ stripe, refunds: new RefundStore(database), alerts }, clock, logger);
  return {
    refunds, tax, catalogueStore, stripe, accounts, pushes, totals, invoices, alerts, alertStore, catalogue, customers, subscriptions, checkout, summaries, claim, draft, previews: new StripePreviews(stripe, draft, deleted),
    planner: new PushPlanner(totals, pushes, sealed, alerts, clock),
    sender: new PushSender({ stripe, accounts, pushes, alerts }, clock, logger),
    confirmer: new PushConfirmer(pushes, summaries, alerts, clock, logger),
    closer: new StripeCloser({ stripe, accounts, pushes, totals, invoices, claim, draft, tax, taxGate: new TaxGate(stripe, alerts, automaticTax), alerts }, clock),
    receiver: new WebhookReceiver(stripe, webhookSecrets, events, { alerts, clock, logger }),
    webhooks: new WebhookWorker({ stripe, events, deleted, subscriptions, checkout, claim, settled: new SettledInvoices(accounts, outcomes), pushes, refunds, alerts }, clock, logger),
  };
}
