import type Stripe from 'stripe';
import type { Clock, Logger } from '@waybill/kernel';
import type { StripeAccountStore } from '../accounts/stripe-account.store.js';
import { idOf } from '../accounts/subscriptions.js';
import type { Alerts } from '../../alerts/alerts.js';
import type { StripeInvoiceStore } from './stripe-invoice.store.js';

interface ClaimRooms {
  readonly stripe: Stripe;
  readonly accounts: StripeAccountStore;
  readonly invoices: StripeInvoiceStore;
  readonly alerts: Alerts;
}

/** Invoices that bill usage: the end of a period, and the end of a subscription in the middle of one. */
const billsUsage = (reason: string | null): boolean => reason === 'subscription_cycle' || reason === 'subscription_update';

/**
 * Keeps Stripe from finalizing a usage invoice by itself: a draft is claimed (`auto_advance=false`) as soon as it is known,
 * and finalized only when every hour is confirmed and every line compared (billing.md §0.6).
 */
export class InvoiceClaim {
  constructor(
    private readonly rooms: ClaimRooms,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Takes notice of an invoice as it is at Stripe now, and claims it when it is a draft of ours. Repeating it is harmless. */
  async take(invoice: Stripe.Invoice): Promise<void> {
    const account = await this.rooms.accounts.byCustomer(idOf(invoice.customer) ?? '');
    if (account === null || !billsUsage(invoice.billing_reason)) return;
    const subscription = idOf(invoice.parent?.subscription_details?.subscription);
    if (subscription !== account.subscriptionId) {
      const detail = `invoice ${invoice.id} is of the subscription ${subscription}, the tenant's is ${account.subscriptionId}`;
      await this.rooms.alerts.raise({ code: 'stripe_invoice_unexpected', subject: invoice.id, tenantId: account.tenantId, detail });
      return;
    }
    const { tenantId } = account;
    await this.rooms.invoices.put({ tenantId, stripeInvoiceId: invoice.id, periodStartMs: invoice.period_start * 1_000, periodEndMs: invoice.period_end * 1_000, status: invoice.status ?? 'draft' });
    if (invoice.status !== 'draft') return this.#ifUnclaimed(invoice, tenantId);
    if (invoice.auto_advance !== false) await this.rooms.stripe.invoices.update(invoice.id, { auto_advance: false });
    await this.rooms.invoices.claimed(tenantId, invoice.id, this.clock.nowMs());
    this.logger.info('stripe_invoice.claimed', { tenantId, stripeInvoiceId: invoice.id });
  }

  /** Every draft there is, page after page to the end: finds those whose webhook was lost. Answers how many. */
  async sweep(): Promise<number> {
    let drafts = 0;
    for await (const invoice of this.rooms.stripe.invoices.list({ status: 'draft', limit: 100 })) {
      await this.take(invoice);
      drafts += 1;
    }
    return drafts;
  }

  /** Stripe finalized it before it was claimed: its money is asked for, so a person compares. */
  async #ifUnclaimed(invoice: Stripe.Invoice, tenantId: string): Promise<void> {
    if (invoice.metadata?.['waybill_invoice'] !== undefined) return this.rooms.alerts.clear('stripe_invoice_unexpected', invoice.id);
    const detail = `invoice ${invoice.id} was finalized by Stripe before it was claimed and compared`;
    await this.rooms.alerts.raise({ code: 'stripe_invoice_unexpected', subject: invoice.id, tenantId, detail });
  }
}
