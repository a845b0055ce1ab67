import type { Logger } from '@waybill/kernel';
import { failureOf } from '../outcome.js';
import type { StripeAccount, StripeAccountStore } from './stripe-account.store.js';
import type { StripeSubscriptions } from './subscriptions.js';
import type { TenantTermsStore } from './tenant-terms.store.js';
import { systemCaller } from '../../tenants/system-caller.js';

const perPage = 200;

/** Brings each subscription in line with the contract: a change of plan that waits here also waits at Stripe, and tax is computed as the setting says. */
export class StripeAlignment {
  constructor(
    private readonly accounts: StripeAccountStore,
    private readonly subscriptions: StripeSubscriptions,
    private readonly terms: Pick<TenantTermsStore, 'nextBook'>,
    private readonly logger: Logger,
  ) {}

  /** All tenants with a living subscription; one that fails waits for the next run. Answers how many failed. */
  async run(): Promise<number> {
    let failed = 0;
    for (let after = ''; ; ) {
      const page = await this.accounts.page(after, perPage);
      for (const account of page.filter(({ status }) => status === 'active' || status === 'past_due')) {
        try {
          await this.#align(account);
        } catch (error) {
          failed += 1;
          const failure = failureOf(error);
          this.logger.warn('stripe_subscription.not_aligned', { tenantId: account.tenantId, reason: 'reason' in failure ? failure.reason : failure.kind });
        }
      }
      if (page.length < perPage) return failed;
      after = page.at(-1)!.tenantId;
    }
  }

  async #align(account: StripeAccount): Promise<void> {
    const caller = systemCaller(account.tenantId, 'stripe');
    const next = await this.terms.nextBook(caller);
    if (next.id !== account.nextPriceBookId) {
      await this.subscriptions.changeAtPeriodEnd(account, next);
      await this.accounts.setNextPriceBook(account.tenantId, next.id);
    }
    await this.subscriptions.alignTax(account);
  }
}
