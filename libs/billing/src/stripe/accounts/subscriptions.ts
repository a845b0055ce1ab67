import type Stripe from 'stripe';
import type { Clock, TenantId } from '@waybill/kernel';
import { nextPeriod, periodAt } from '../../invoices/period.js';
import type { PriceBook } from '../../prices/price-book.js';
import type { Alerts } from '../../alerts/alerts.js';
import { hourMs } from '../meters/meter-push.js';
import { needsLocation } from '../invoices/tax-gate.js';
import type { CatalogueSync } from './catalogue-sync.js';
import type { AccountStatus, StripeAccount, StripeAccountStore } from './stripe-account.store.js';

export interface SubscriptionRooms {
  readonly stripe: Stripe;
  readonly accounts: StripeAccountStore;
  readonly catalogue: CatalogueSync;
  readonly alerts: Alerts;
}

/** What Stripe says of a subscription, in our words. */
export function statusOf(status: Stripe.Subscription.Status): AccountStatus {
  if (status === 'canceled' || status === 'incomplete_expired') return 'canceled';
  return status === 'past_due' || status === 'unpaid' ? 'past_due' : 'active';
}

/**
 * A tenant's subscription: one metered item for each meter of its price book, flexible billing mode, periods that begin on
 * the first of a month at 00:00:00 UTC. Base fee, minimum, adjustments and included credit are no items: they are put on
 * the claimed draft, so that no proration ever touches them (docs/adr/0022-stripe-behind-the-ledger.md).
 */
export class StripeSubscriptions {
  constructor(
    private readonly rooms: SubscriptionRooms,
    private readonly clock: Clock,
    private readonly isTaxed: boolean,
  ) {}

  /**
   * From the beginning of the running period on, or from where an earlier subscription ended in it: the hours before the
   * card was given belong to the same invoice. `daysUntilDue` for a tenant by contract, paid on invoice; null charges the
   * card. Repeating it is harmless.
   */
  async begin(account: StripeAccount, book: PriceBook, { daysUntilDue }: { readonly daysUntilDue: number | null }): Promise<void> {
    if (account.subscriptionId !== null && account.status !== 'canceled') return;
    const prices = [...(await this.rooms.catalogue.prices(book)).values()];
    const nowMs = this.clock.nowMs();
    const period = periodAt(nowMs);
    const anchorS = nextPeriod(period).startMs / 1_000;
    const fromMs = Math.max(period.startMs, account.billedToMs ?? 0);
    const params: Stripe.SubscriptionCreateParams = {
        customer: account.customerId, items: prices.map((price) => ({ price })), billing_mode: { type: 'flexible' }, billing_cycle_anchor: anchorS, proration_behavior: 'none',
        ...(fromMs < nowMs ? { backdate_start_date: fromMs / 1_000 } : {}),
        metadata: { waybill_tenant: account.tenantId, waybill_price_book: book.id },
        ...(daysUntilDue === null ? {} : { collection_method: 'send_invoice', days_until_due: daysUntilDue }),
      };
    await this.adopt(await this.#create(params, `waybill-subscription-${account.tenantId}-${book.id}-${anchorS}-${account.subscriptionId ?? 'first'}`));
  }

  /** Without the customer's place Stripe makes none with tax: it begins without, and `align` turns tax on once the place is known. */
  async #create(params: Stripe.SubscriptionCreateParams, key: string): Promise<Stripe.Subscription> {
    const { subscriptions } = this.rooms.stripe;
    if (!this.isTaxed) return subscriptions.create(params, { idempotencyKey: key });
    try {
      return await subscriptions.create({ ...params, automatic_tax: { enabled: true } }, { idempotencyKey: `${key}-taxed` });
    } catch (error) {
      if (!needsLocation(error)) throw error;
      return subscriptions.create(params, { idempotencyKey: key });
    }
  }

  /**
   * Turns tax on for a subscription that began without, or off again where it was turned on here. Without the customer's place it waits:
   * the close of its month tells finance.
   */
  async alignTax(account: StripeAccount): Promise<void> {
    if (account.subscriptionId === null || account.automaticTax === this.isTaxed) return;
    const { subscriptions, prices } = this.rooms.stripe;
    try {
      for (const { price } of this.isTaxed ? (await subscriptions.retrieve(account.subscriptionId)).items.data : []) {
        if (price.tax_behavior === 'unspecified') await prices.update(price.id, { tax_behavior: 'exclusive' });
      }
      await this.adopt(await subscriptions.update(account.subscriptionId, { automatic_tax: { enabled: this.isTaxed } }));
    } catch (error) {
      if (!needsLocation(error)) throw error;
    }
  }

  /**
   * Writes down what a subscription is now, from whatever told of it: Checkout, a webhook, the sweep. The hour it began in
   * counts whole. A second one beside a living one is an alert, never a second bill.
   */
  async adopt(subscription: Stripe.Subscription): Promise<void> {
    const tenantId = subscription.metadata['waybill_tenant'] as TenantId | undefined;
    const account = tenantId === undefined ? null : await this.rooms.accounts.find(tenantId);
    if (account === null || account.customerId !== idOf(subscription.customer)) return;
    const status = statusOf(subscription.status);
    if (account.subscriptionId !== null && account.subscriptionId !== subscription.id) {
      if (account.status !== 'canceled' && status !== 'canceled') {
        const detail = `the tenant has the subscriptions ${account.subscriptionId} and ${subscription.id}: cancel one of them`;
        await this.rooms.alerts.raise({ code: 'stripe_subscription_differs', subject: account.tenantId, tenantId: account.tenantId, detail });
        return;
      }
      if (status === 'canceled') return;
    }
    const startMs = subscription.start_date * 1_000;
    const known = account.subscriptionId === subscription.id;
    if (!known) {
      const billedFromMs = Math.floor(startMs / hourMs) * hourMs;
      await this.rooms.accounts.setSubscription(account.tenantId, { subscriptionId: subscription.id, priceBookId: subscription.metadata['waybill_price_book'] ?? null, status, billedFromMs });
    }
    else if (account.priceBookId !== subscription.metadata['waybill_price_book']) await this.rooms.accounts.setPriceBook(account.tenantId, subscription.metadata['waybill_price_book'] ?? '');
    await this.rooms.accounts.setAutomaticTax(account.tenantId, subscription.automatic_tax.enabled);
    const endMs = subscription.ended_at === null ? null : Math.ceil((subscription.ended_at * 1_000) / hourMs) * hourMs;
    await this.rooms.accounts.setStatus(account.tenantId, status, endMs);
  }

  /**
   * Prices of another book from the next period on; the running period stays at the old ones, to the last hour. The
   * present book again takes a waiting change back.
   */
  async changeAtPeriodEnd(account: StripeAccount, book: PriceBook): Promise<void> {
    const { stripe, catalogue } = this.rooms;
    if (account.subscriptionId === null || account.status === 'canceled') return;
    const subscription = await stripe.subscriptions.retrieve(account.subscriptionId);
    const waiting = idOf(subscription.schedule);
    if (account.priceBookId === book.id) {
      if (waiting !== null) await stripe.subscriptionSchedules.release(waiting);
      return;
    }
    const next = [...(await catalogue.prices(book)).values()];
    if (this.isTaxed) await catalogue.exclusive(book);
    const schedule = waiting ?? (await stripe.subscriptionSchedules.create({ from_subscription: subscription.id }, { idempotencyKey: `waybill-schedule-${subscription.id}-${book.id}-${periodAt(this.clock.nowMs()).name}` })).id;
    const [item] = subscription.items.data;
    await stripe.subscriptionSchedules.update(schedule, {
      end_behavior: 'release', proration_behavior: 'none', ...(this.isTaxed ? { default_settings: { automatic_tax: { enabled: true } } } : {}),
      phases: [
        { items: subscription.items.data.map(({ price }) => ({ price: price.id })), start_date: item!.current_period_start, end_date: item!.current_period_end },
        { items: next.map((price) => ({ price })), start_date: item!.current_period_end, metadata: { waybill_price_book: book.id } },
      ],
    });
  }

  /** Ends with the period, after its last hour: nothing is dropped. */
  async cancelAtPeriodEnd(account: StripeAccount, cancel: boolean): Promise<void> {
    if (account.subscriptionId === null || account.status === 'canceled') return;
    await this.rooms.stripe.subscriptions.update(account.subscriptionId, { cancel_at_period_end: cancel });
  }

  /**
   * Ends now. The caller has pushed the running hour first (`PushPlanner.planPartialHour`); `invoice_now` keeps Stripe from
   * forgetting usage that no invoice has yet (langwatch/langwatch#5246).
   */
  async cancelNow(account: StripeAccount): Promise<void> {
    if (account.subscriptionId === null || account.status === 'canceled') return;
    await this.adopt(await this.rooms.stripe.subscriptions.cancel(account.subscriptionId, { invoice_now: true, prorate: false }));
  }
}

export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}
