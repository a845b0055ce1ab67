import type { Database } from '@waybill/database';
import { systemClock } from '@waybill/kernel';
import type { Clock, Logger, TenantId } from '@waybill/kernel';
import { AdjustmentStore, HourLedger, HourLedgerStore, LedgerStore } from '@waybill/metering';
import type { ParkedBatches, PricePublisher, PublishGate } from '@waybill/metering';
import { LiveCosts } from './caps/live-cost.js';
import { ProfileStore } from './caps/profile.store.js';
import { SpendWatch } from './caps/spend-watch.js';
import { TenantTurns } from './caps/tenant-turns.store.js';
import { CreditStore } from './credits/credit.store.js';
import { Credits } from './credits/credits.js';
import { TopUps } from './credits/top-up.js';
import { TenantDeletionStore } from './deletion/tenant-deletion.store.js';
import { TenantDeletions } from './deletion/tenant-deletions.js';
import { InvoiceDocuments } from './documents/invoice-documents.js';
import { CountedRows } from './evidence/counted-rows.js';
import { EvidenceStore } from './evidence/evidence.store.js';
import { Spools } from './exports/spool.js';
import { BillingAudit } from './finance/billing-audit.store.js';
import { ApprovalStore } from './finance/approval.store.js';
import type { CreditQuotes } from './finance/credit-quotes.js';
import { DunningStore } from './finance/dunning.store.js';
import { Dunning } from './finance/dunning.js';
import { adjustingWith, FinanceDesk } from './finance/finance-desk.js';
import { FinanceEventStore } from './finance/finance-event.store.js';
import { JournalStore } from './finance/journal.store.js';
import { RefundStore } from './finance/refund.store.js';
import { ReportStore } from './finance/report.store.js';
import { SettlementStore } from './finance/settlement.store.js';
import { Unbilled } from './finance/unbilled.js';
import { UsageBatches } from './finance/usage-batches.js';
import { LocalCloser } from './invoices/closing.js';
import type { InvoiceCloser } from './invoices/closing.js';
import { Composer } from './invoices/composer.js';
import { FinalizationStore } from './invoices/finalization.store.js';
import { InvoicePapersStore } from './invoices/invoice-papers.store.js';
import { InvoiceStore } from './invoices/invoice.store.js';
import { PeriodClose } from './invoices/period-close.js';
import { TenantStore } from './invoices/tenant.store.js';
import { UsageSourceStore } from './invoices/usage-source.store.js';
import { NoticeMailStore } from './notices/notice-mail.store.js';
import { NoticeMails } from './notices/notice-mails.js';
import type { Notify } from './notices/notice-mails.js';
import { CountsStore } from './reconciliation/counts.store.js';
import { ReconciliationReport } from './reconciliation/reconciliation-report.js';
import type { StripeLegs } from './reconciliation/reconciliation-report.js';
import { ReconciliationStore } from './reconciliation/reconciliation.store.js';
import { AlertStore } from './alerts/alert.store.js';
import { Alerts } from './alerts/alerts.js';
import { catalogue } from './prices/catalogue.js';
import { ContractStore } from './prices/contract.store.js';
import { Contracts } from './prices/contracts.js';
import { PriceBookStore } from './prices/price-book.store.js';
import { PeopleStore } from './tenants/people.store.js';
import { systemCaller } from './tenants/system-caller.js';

export interface BillingRules {
  /** Plan of a tenant that never chose. */
  readonly defaultPlan: string;
  /** Drafts up to this total are finalized without a person. */
  readonly reviewAboveCents: bigint;
  /** Up to this amount one person of finance is enough. */
  readonly twoPersonLimitCents: bigint;
  /** Tenants that jobs read at a time; 200 when left out. */
  readonly tenantsPerPage?: number | undefined;
}

export interface BillingOptions {
  readonly database: Database;
  readonly logger: Logger;
  readonly rules: BillingRules;
  readonly gate: Pick<PublishGate, 'set' | 'quota'>;
  readonly prices: Pick<PricePublisher, 'publish'>;
  readonly notify: Notify;
  /** Stripe's; without one billing runs whole on the local ledger. */
  readonly closer?: InvoiceCloser | undefined;
  /** What Stripe has counted; nothing without it. */
  readonly stripeLegs?: StripeLegs | undefined;
  /** What credits of invoices with tax are worth there; without Stripe there is no tax. */
  readonly creditQuotes?: CreditQuotes | undefined;
  /** Counted usage that cannot be booked; without it finance decides about none here. */
  readonly parkedBatches?: ParkedBatches | undefined;
  readonly clock?: Clock | undefined;
}

export type Billing = Awaited<ReturnType<typeof openBilling>>;

/** The room on its database, which stays the caller's to close. */
export function openBilling({ database, logger, rules, gate, prices, notify, closer = new LocalCloser(), stripeLegs, creditQuotes, parkedBatches, clock = systemClock }: BillingOptions) {
  let prepared = false;
  const books = new PriceBookStore(database);
  const contractStore = new ContractStore(database);
  const contracts = new Contracts(contractStore, books, clock, rules.defaultPlan);
  const credits = new Credits(new CreditStore(database), clock);
  const creditStore = new CreditStore(database);
  const ledger = new HourLedger(new HourLedgerStore(database));
  const source = new UsageSourceStore(database);
  const composer = new Composer(ledger, source, contracts, credits);
  const invoices = new InvoiceStore(database);
  const tenants = new TenantStore(database);
  const profiles = new ProfileStore(database);
  const alertStore = new AlertStore(database);
  const alerts = new Alerts(alertStore, clock, logger);
  const close = new PeriodClose({ composer, invoices, finalization: new FinalizationStore(database), contracts, tenants, closer, alerts }, rules, clock, logger);
  const deletionStore = new TenantDeletionStore(database);
  const deletions = new TenantDeletions(deletionStore, profiles, alerts, clock, logger);
  const dunning = new Dunning(new DunningStore(database), profiles, deletions, clock, logger);
  const watch = new SpendWatch({ composer, contracts, contractStore, profiles, tenants, gate, prices, turns: new TenantTurns(database), source }, clock, logger);
  // The spend watch would see it within ten seconds; who has paid should not wait for it.
  const relieved = async (tenantId: TenantId): Promise<void> => {
    try {
      if (await dunning.release(tenantId)) await watch.look(systemCaller(tenantId, 'dunning'));
    } catch (error) {
      logger.warn('dunning.release_failed', { tenantId, error: error as Error });
    }
  };
  const settlement = new SettlementStore(database, relieved);
  const events = new FinanceEventStore(database);
  const reports = new ReportStore(database);
  const journal = new JournalStore(database);
  const adjusting = adjustingWith(new AdjustmentStore(database));
  const approvals = new ApprovalStore(database);
  const papers = new InvoicePapersStore(database);
  const people = new PeopleStore(database);
  const usageBatches = parkedBatches === undefined ? null : new UsageBatches(parkedBatches, new LedgerStore(database), alertStore, alerts, events);
  const desk = new FinanceDesk({ settlement, refunds: new RefundStore(database), approvals, events, invoices, close, credits, contracts, adjusting, papers, quotes: creditQuotes ?? null, usageBatches }, clock, rules.twoPersonLimitCents);
  return {
    mode: closer.mode, rules, clock, books, contractStore, contracts, credits, creditStore, ledger, source, composer, invoices, papers, tenants, profiles, close, settlement, events, approvals, desk, adjusting, usageBatches, reports, journal, spools: new Spools(),
    countedRows: new CountedRows(ledger, source, new EvidenceStore(database)),
    reconciliation: new ReconciliationReport({ counts: new CountsStore(database), reports: new ReconciliationStore(database), tenants, contracts, ledger, alerts, stripe: stripeLegs ?? null, tenantsPerPage: rules.tenantsPerPage }, clock, logger),
    audit: new BillingAudit(database),
    people, documents: new InvoiceDocuments({ papers, contracts, tenants, people }, closer.mode),
    unbilled: new Unbilled(reports, contracts, clock),
    watch, dunning, deletions, deletionStore, relieved, alerts: alertStore, mails: new NoticeMails(new NoticeMailStore(database), notify, clock, logger),
    costs: new LiveCosts(composer, ledger, source, contracts, clock),
    topUps: new TopUps(profiles, credits, composer, clock, logger),
    /** Call before the first request: publishes the price books that come with the product, and says how billing runs; once done, calling it again does nothing. */
    prepare: async (): Promise<void> => {
      if (prepared) return;
      for (const book of catalogue) await books.publish(book, clock.nowMs());
      if (closer.mode === 'offline') logger.info('billing.offline', { payment: 'bank transfer, marked paid by finance', why: 'STRIPE_SECRET_KEY is not set' });
      prepared = true;
    },
  };
}
