import Stripe from 'stripe';
import type { Clock, Logger, Secret } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Alerts } from '../../alerts/alerts.js';
import type { WebhookEvent, WebhookEventStore } from './webhook-event.store.js';

type Notice = Omit<WebhookEvent, 'attempts'>;

/**
 * Takes a webhook: checks the signature over the raw bytes, stores the event's id, and that is all. Nothing in it is
 * believed but the ids: what it is about is fetched afterwards, so order, repeats and age do not matter.
 */
export class WebhookReceiver {
  constructor(
    private readonly stripe: Stripe,
    /** Of the snapshot endpoint and of the thin destination; several at a time while one is replaced. */
    private readonly secrets: readonly Secret[],
    private readonly events: WebhookEventStore,
    private readonly rooms: { readonly alerts: Alerts; readonly clock: Clock; readonly logger: Logger },
  ) {}

  /** Fails with `webhook_signature_invalid`, also for one signed more than five minutes ago. */
  async receive(raw: Buffer, signature: string | undefined): Promise<'stored' | 'known'> {
    const notice = this.#verify(raw, signature ?? '');
    if (notice === null) {
      await this.rooms.alerts.raise({ code: 'webhook_refused', subject: 'signature', tenantId: null, detail: 'a webhook had no valid signature: check STRIPE_WEBHOOK_SECRET, or somebody is trying' });
      throw new WaybillError('webhook_signature_invalid');
    }
    const fresh = await this.events.add(notice, this.rooms.clock.nowMs());
    this.rooms.logger.info('webhook.received', { id: notice.id, type: notice.type, fresh });
    return fresh ? 'stored' : 'known';
  }

  #verify(raw: Buffer, signature: string): Notice | null {
    for (const secret of this.secrets) {
      try {
        return noticeOf(this.stripe, raw, signature, secret);
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw new WaybillError('webhook_signature_invalid', {}, { cause: error });
      }
    }
    return null;
  }
}

/** Feeding one kind to the other's parser throws, so the kind is read first; it is believed only once the signature holds. */
function noticeOf(stripe: Stripe, raw: Buffer, signature: string, secret: Secret): Notice {
  stripe.webhooks.signature!.verifyHeader(raw, signature, secret.reveal());
  const thin = (JSON.parse(raw.toString('utf8')) as { object?: string }).object === 'v2.core.event';
  if (thin) {
    const notification = stripe.parseEventNotification(raw, signature, secret.reveal());
    const related = 'related_object' in notification ? (notification.related_object as { id: string } | null) : null;
    return { id: notification.id, type: notification.type, thin, objectId: related?.id ?? null };
  }
  const event = stripe.webhooks.constructEvent(raw, signature, secret.reveal());
  return { id: event.id, type: event.type, thin, objectId: (event.data.object as { id?: string }).id ?? null };
}
