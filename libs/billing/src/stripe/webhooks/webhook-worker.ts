import type Stripe from 'stripe';
import type { Clock, Logger } from '@waybill/kernel';
import type { DeletedCustomers } from '../accounts/deleted-customers.js';
import type { StripeCheckout } from '../accounts/checkout.js';
import type { StripeSubscriptions } from '../accounts/subscriptions.js';
import type { Alerts } from '../../alerts/alerts.js';
import type { InvoiceClaim } from '../invoices/invoice-claim.js';
import type { SettledInvoices } from '../invoices/settled-invoices.js';
import type { StripeRefunds } from '../invoices/stripe-refunds.js';
import { parseIdentifier } from '../meters/meter-push.js';
import type { MeterPushStore } from '../meters/meter-push.store.js';
import { isMissing, retryAfterMs } from '../outcome.js';
import type { WebhookEvent, WebhookEventStore } from './webhook-event.store.js';

export interface WebhookRooms {
  readonly stripe: Stripe;
  readonly events: WebhookEventStore;
  readonly deleted: Pick<DeletedCustomers, 'take'>;
  readonly subscriptions: StripeSubscriptions;
  readonly checkout: Pick<StripeCheckout, 'complete'>;
  readonly claim: InvoiceClaim;
  readonly settled: SettledInvoices;
  readonly pushes: MeterPushStore;
  readonly refunds: Pick<StripeRefunds, 'take'>;
  readonly alerts: Alerts;
}

const attemptsMost = 12;
const perTurn = 200;

/** Works on stored webhooks: fetches what each is about as it is now, and does what that asks for. */
export class WebhookWorker {
  constructor(
    private readonly rooms: WebhookRooms,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Number of events worked on. One that fails waits and is tried again; after twelve times it is parked with an alert. */
  async work(): Promise<number> {
    const events = await this.rooms.events.pending(this.clock.nowMs(), perTurn);
    for (const event of events) await this.#one(event);
    return events.length;
  }

  async #one(event: WebhookEvent): Promise<void> {
    const nowMs = this.clock.nowMs();
    try {
      await this.#do(event);
      await this.rooms.events.done(event.id, nowMs);
    } catch (error) {
      const reason = (error as Error).message.slice(0, 500);
      if (event.attempts + 1 < attemptsMost) {
        this.logger.warn('webhook.failed', { id: event.id, type: event.type, error: error as Error });
        await this.rooms.events.again(event.id, reason, nowMs + retryAfterMs(event.attempts + 1));
        return;
      }
      await this.rooms.events.park(event.id, reason, nowMs);
      await this.rooms.alerts.raise({ code: 'webhook_parked', subject: event.id, tenantId: null, detail: `${event.type}: ${reason}` });
    }
  }

  async #do({ id, type, thin, objectId }: WebhookEvent): Promise<void> {
    const plain = type.replace(/^v1\./, '');
    if (thin && plain.startsWith('billing.meter.')) return this.#meterFault(id, plain);
    if (objectId === null) return;
    if (plain.startsWith('invoice.')) return this.#invoice(objectId);
    if (plain.startsWith('refund.')) return this.rooms.refunds.take(objectId);
    if (plain.startsWith('customer.subscription.')) return this.rooms.subscriptions.adopt(await this.rooms.stripe.subscriptions.retrieve(objectId));
    if (plain === 'checkout.session.completed') return this.rooms.checkout.complete(objectId);
    if (plain === 'customer.deleted') await this.rooms.deleted.take(objectId);
  }

  async #invoice(id: string): Promise<void> {
    const invoice = await this.rooms.stripe.invoices.retrieve(id).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (invoice === null) return;
    await this.rooms.claim.take(invoice);
    await this.rooms.settled.take(invoice);
  }

  /** Events that passed the first check and failed later; there is no snapshot of these. */
  async #meterFault(eventId: string, type: string): Promise<void> {
    const event = (await this.rooms.stripe.v2.core.events.retrieve(eventId)) as unknown as { data?: { reason?: { error_types?: readonly ErrorKind[] } } };
    for (const { code, sample_errors: samples } of event.data?.reason?.error_types ?? []) {
      for (const sample of samples) {
        const identifier = sample.request?.identifier ?? '';
        const key = parseIdentifier(identifier);
        const push = key && (await this.rooms.pushes.find(key));
        if (push) await this.rooms.pushes.change(push, { state: 'parked', reason: code });
        const subject = push ? `${push.tenantId} ${push.meter}` : identifier || type;
        await this.rooms.alerts.raise({ code: 'meter_push_parked', subject, tenantId: push?.tenantId ?? null, detail: `${code}: ${sample.error_message}` });
      }
    }
  }
}

interface ErrorKind {
  readonly code: string;
  readonly sample_errors: readonly { readonly error_message: string; readonly request?: { readonly identifier?: string } }[];
}
