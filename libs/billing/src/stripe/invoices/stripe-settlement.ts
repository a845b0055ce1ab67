import type { Clock, InvoiceId, Logger, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { SettlementStore } from '../../finance/settlement.store.js';
import type { InvoiceOutcomes } from './settled-invoices.js';

/** Books what Stripe collected or gave up on our invoices. What was booked before changes nothing. */
export class StripeSettlement implements InvoiceOutcomes {
  constructor(
    private readonly settlement: SettlementStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async paid(tenantId: TenantId, invoiceId: InvoiceId, { amountCents, reference, atMs }: { readonly amountCents: bigint; readonly reference: string; readonly atMs: number }): Promise<void> {
    const booked = await this.#once(() => this.settlement.pay(invoiceId, { amountCents, method: 'stripe', reference, receivedAtMs: atMs }, this.#doer()), ['paid']);
    if (booked) this.logger.info('invoice.paid', { tenantId, invoiceId, amountCents: String(amountCents), method: 'stripe' });
  }

  /** Our dunning walks due invoices by itself; a failed attempt is said, and Stripe tries again. */
  overdue(tenantId: TenantId, invoiceId: InvoiceId): Promise<void> {
    this.logger.warn('invoice.payment_failed', { tenantId, invoiceId });
    return Promise.resolve();
  }

  async ended(_tenantId: TenantId, invoiceId: InvoiceId, as: 'void' | 'uncollectible'): Promise<void> {
    await this.#once(() => this.settlement.writeOff(invoiceId, as, 'ended at Stripe', this.#doer()), [as, 'void']);
  }

  #doer() {
    return { actor: 'stripe', approvedBy: null, nowMs: this.clock.nowMs() };
  }

  /** Fails with `invoice_state_conflict` while ours is still a draft: the webhook was faster than our own note, and comes again. */
  async #once(work: () => Promise<void>, done: readonly string[]): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof WaybillError && (error.code === 'payment_duplicated' || (error.code === 'invoice_state_conflict' && done.includes(String(error.params['state']))))) return false;
      throw error;
    }
  }
}
