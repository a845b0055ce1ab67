import type Stripe from 'stripe';
import type { Clock, Logger, TenantId } from '@waybill/kernel';
import type { PendingRefund, RefundStore } from '../../finance/refund.store.js';
import { idOf } from '../accounts/subscriptions.js';
import type { Alerts } from '../../alerts/alerts.js';
import { failureOf } from '../outcome.js';

interface RefundRooms {
  readonly stripe: Stripe;
  readonly refunds: RefundStore;
  readonly alerts: Alerts;
}

const perRun = 200;
const refundKey = 'waybill_refund';
const tenantKey = 'waybill_tenant';

/** Sends money back that finance decided to, each refund once, and learns when one failed afterwards. */
export class StripeRefunds {
  constructor(
    private readonly rooms: RefundRooms,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** What Stripe refuses becomes credit of the tenant, with an alert, and holds up no other. */
  async run(): Promise<{ refunded: number; refused: number }> {
    const report = { refunded: 0, refused: 0 };
    for (const refund of await this.rooms.refunds.pending(perRun)) {
      try {
        await this.#send(refund);
        report.refunded += 1;
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind !== 'refused') continue;
        report.refused += 1;
        await this.#failed(refund, `${failure.code}: ${failure.reason}`);
      }
    }
    return report;
  }

  /** A refund as it is at Stripe now: banks send some back days later (docs.stripe.com/refunds#failed-refunds). */
  async take(refundId: string): Promise<void> {
    const refund = await this.rooms.stripe.refunds.retrieve(refundId);
    const [tenantId, id] = [refund.metadata?.[tenantKey] as TenantId | undefined, refund.metadata?.[refundKey]];
    if (tenantId === undefined || id === undefined || (refund.status !== 'failed' && refund.status !== 'canceled')) return;
    await this.#failed({ tenantId, id }, refund.failure_reason ?? refund.status);
  }

  async #send(refund: PendingRefund): Promise<void> {
    const { stripe, refunds } = this.rooms;
    for await (const { payment, status } of stripe.invoicePayments.list({ invoice: refund.stripeInvoiceId, limit: 100 })) {
      const intent = idOf(payment.payment_intent);
      if (status !== 'paid' || intent === null) continue;
      const made = await stripe.refunds.create(
        { payment_intent: intent, amount: Number(refund.amountCents), reason: 'requested_by_customer', metadata: { [refundKey]: refund.id, [tenantKey]: refund.tenantId } },
        { idempotencyKey: `waybill-refund-${refund.id}` },
      );
      await refunds.done(refund, made.id, this.clock.nowMs());
      this.logger.info('refund.paid', { tenantId: refund.tenantId, refundId: refund.id, amountCents: String(refund.amountCents) });
      return;
    }
    await this.#failed(refund, 'Stripe has no payment of this invoice');
  }

  async #failed(refund: { readonly tenantId: TenantId; readonly id: string }, failure: string): Promise<void> {
    if (!(await this.rooms.refunds.fail(refund, failure, this.clock.nowMs()))) return;
    const detail = `${refund.id}: ${failure}; the amount is credit of the tenant now`;
    await this.rooms.alerts.raise({ code: 'stripe_refund_failed', subject: refund.id, tenantId: refund.tenantId, detail });
  }
}
