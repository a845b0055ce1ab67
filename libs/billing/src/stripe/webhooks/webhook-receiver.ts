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

  /**
   * Either kind, under the secret of either endpoint. Fails with `webhook_signature_invalid`, also for one signed more than five
   * minutes ago and for one that is no event; each reason is an alert.
   */
  async receive(raw: Buffer, signature: string | undefined): Promise<'stored' | 'known'> {
    const notice = this.#verify(raw, signature ?? '');
    if (typeof notice === 'string') {
      await this.rooms.alerts.raise({ code: 'webhook_refused', subject: notice, tenantId: null, detail: refusals[notice] });
      throw new WaybillError('webhook_signature_invalid');
    }
    const fresh = await this.events.add(notice, this.rooms.clock.nowMs());
    this.rooms.logger.info('webhook.received', { id: notice.id, type: notice.type, fresh });
    return fresh ? 'stored' : 'known';
  }

  /** While a secret is rolled Stripe signs with the old and the new one for up to a day; one that holds is enough. */
  #verify(raw: Buffer, signature: string): Notice | Refusal {
    if (signature === '') return 'not_signed';
    let refusal: Refusal = 'signature';
    for (const secret of this.secrets) {
      try {
        return noticeOf(this.stripe, raw, signature, secret);
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) return 'malformed';
        if (signedOnce(this.stripe, raw, signature, secret)) refusal = 'too_old';
      }
    }
    return refusal;
  }
}

/** Why a webhook was refused; the subject of its alert. */
type Refusal = 'not_signed' | 'signature' | 'too_old' | 'malformed';

const refusals: Readonly<Record<Refusal, string>> = {
  not_signed: 'a webhook had no signature at all: somebody is trying, or a proxy takes the header stripe-signature away',
  signature: 'a webhook was signed with another secret, or changed on its way: check STRIPE_WEBHOOK_SECRET, or somebody is trying',
  too_old: 'a webhook was signed more than five minutes ago: somebody sends an old one again, or the clock of this machine is wrong',
  malformed: 'a webhook was signed and is no event of Stripe',
};

/** Whether the signature holds but for its age. */
function signedOnce(stripe: Stripe, raw: Buffer, signature: string, secret: Secret): boolean {
  try {
    return stripe.webhooks.signature!.verifyHeader(raw, signature, secret.reveal(), 0);
  } catch {
    return false;
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
