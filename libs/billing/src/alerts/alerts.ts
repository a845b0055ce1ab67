import type { Clock, Logger } from '@waybill/kernel';
import type { AlertStore } from './alert.store.js';

/** What finance is told of; a code is never renamed. docs/guides/stripe.md says what to do about each, docs/guides/scheduled-exports.md about exports. */
export const alertCodes = [
  'meter_push_parked',
  'meter_push_unconfirmed',
  'meter_push_too_old',
  'invoice_close_failed',
  'usage_batch_parked',
  'usage_batch_lost',
  'push_attempts_parked',
  'stripe_customer_deleted',
  'stripe_invoice_differs',
  'stripe_preview_differs',
  'stripe_invoice_unexpected',
  'stripe_credit_differs',
  'stripe_credit_note_parked',
  'stripe_refund_failed',
  'stripe_subscription_differs',
  'stripe_tax_needs_location',
  'stripe_tax_failed',
  'stripe_tax_differs',
  'webhook_refused',
  'webhook_parked',
  'export_failed',
  'tenant_deletion_announced',
  'tenant_deletion_due',
  'tenant_deletion_failed',
] as const;
export type AlertCode = (typeof alertCodes)[number];

export interface Alert {
  readonly code: AlertCode;
  /** What it is about, so that the same one is one alert: a push, an invoice, a tenant. */
  readonly subject: string;
  readonly tenantId: string | null;
  readonly detail: string;
}

/** Raises and clears alerts: a row for the finance board and a log line for whoever is on call, once while it lasts. */
export class Alerts {
  constructor(
    private readonly store: AlertStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async raise(alert: Alert): Promise<void> {
    const fresh = await this.store.raise(alert, this.clock.nowMs());
    if (fresh) this.logger.error('billing.alert_raised', { code: alert.code, subject: alert.subject, tenantId: alert.tenantId, detail: alert.detail });
  }

  /** For what has no end of its own: gone when it was not seen again for so long. */
  async expire(code: AlertCode, afterMs: number): Promise<void> {
    const nowMs = this.clock.nowMs();
    const count = await this.store.expire(code, nowMs - afterMs, nowMs);
    if (count > 0) this.logger.info('billing.alert_cleared', { code, count });
  }

  async clear(code: AlertCode, subject: string): Promise<void> {
    if (await this.store.clear(code, subject, this.clock.nowMs())) this.logger.info('billing.alert_cleared', { code, subject });
  }
}
