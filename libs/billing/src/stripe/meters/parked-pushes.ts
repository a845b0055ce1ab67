import type { Caller, Clock, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { FinanceEventStore } from '../../finance/finance-event.store.js';
import type { StripeAccountStore } from '../accounts/stripe-account.store.js';
import type { Alerts } from '../../alerts/alerts.js';
import type { MeterPushStore } from './meter-push.store.js';

/** Hour totals that Stripe refused: sent again once a person removed the cause. */
export class ParkedPushes {
  constructor(
    private readonly pushes: Pick<MeterPushStore, 'retryParked'>,
    private readonly accounts: Pick<StripeAccountStore, 'find'>,
    private readonly alerts: Alerts,
    private readonly events: Pick<FinanceEventStore, 'record'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Puts all parked totals of a tenant back into their lanes and takes their alerts away; what is refused again is parked
   * again. Answers how many. Fails with `stripe_customer_deleted` as long as there is nobody to send them for.
   */
  async sendAgain(caller: Caller, tenantId: TenantId, reason: string): Promise<number> {
    const account = await this.accounts.find(tenantId);
    if (account === null || account.status === 'deleted') throw new WaybillError('stripe_customer_deleted');
    const lanes = await this.pushes.retryParked(tenantId);
    const count = lanes.reduce((sum, lane) => sum + lane.count, 0);
    for (const { meter } of lanes) await this.alerts.clear('meter_push_parked', `${tenantId} ${meter}`);
    await this.events.record({ tenantId, actor: caller.actor.id, action: 'pushes.sent_again', subject: tenantId, after: { count, meters: lanes.map(({ meter }) => meter), reason } }, this.clock.nowMs());
    return count;
  }
}
