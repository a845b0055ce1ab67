import Stripe from 'stripe';
import type { StripePreview } from '../../reconciliation/compare-preview.js';
import type { StripeAccount } from '../accounts/stripe-account.store.js';
import type { DeletedCustomers } from '../accounts/deleted-customers.js';
import { isMissing } from '../outcome.js';
import type { StripeDraft } from './stripe-draft.js';

/** What Stripe would bill a tenant if the running period ended now. */
export class StripePreviews {
  constructor(
    private readonly stripe: Stripe,
    private readonly draft: Pick<StripeDraft, 'lines'>,
    private readonly deleted: Pick<DeletedCustomers, 'take'>,
  ) {}

  /** Null for a subscription that ended here. That Stripe has none is asked twice: a deleted customer is noted, with its alert, also where no webhook told of it. */
  async read(account: StripeAccount): Promise<StripePreview | 'customer_deleted' | 'no_subscription' | null> {
    const { customerId, subscriptionId, status } = account;
    if (status === 'deleted') return 'customer_deleted';
    if (subscriptionId === null || status === 'canceled' || status === 'none') return null;
    try {
      const preview = await this.stripe.invoices.createPreview({ customer: customerId, subscription: subscriptionId });
      const credits = (preview.total_pretax_credit_amounts ?? []).filter(({ type }) => type === 'credit_balance_transaction');
      return {
        currency: preview.currency.toUpperCase(), periodEndMs: preview.period_end * 1_000, lines: await this.draft.lines(preview.id),
        creditCents: credits.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
      };
    } catch (error) {
      if (!isMissing(error) && !hasNone(error)) throw error;
      return (await this.deleted.take(customerId)) ? 'customer_deleted' : 'no_subscription';
    }
  }
}

/** The subscription is canceled at Stripe, or the customer has none. */
const hasNone = (error: unknown): boolean => error instanceof Stripe.errors.StripeError && error.code === 'invoice_upcoming_none';
