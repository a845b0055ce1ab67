import type Stripe from 'stripe';
import type { Clock, Logger } from '@waybill/kernel';
import { customerKey } from '../accounts/catalogue-sync.js';
import type { StripeAccount, StripeAccountStore } from '../accounts/stripe-account.store.js';
import type { Alerts } from '../../alerts/alerts.js';
import { failureOf, retryAfterMs } from '../outcome.js';
import { identifierOf, sendableMs } from './meter-push.js';
import type { MeterPush } from './meter-push.js';
import type { Lane, MeterPushStore } from './meter-push.store.js';

export interface Sent {
  readonly accepted: number;
  readonly again: number;
  readonly parked: number;
}

interface SenderRooms {
  readonly stripe: Stripe;
  readonly accounts: StripeAccountStore;
  readonly pushes: MeterPushStore;
  readonly alerts: Alerts;
}

/** Lanes at a time; each has one call under way. Stripe takes 1,000 calls a second in all. */
const lanesAtOnce = 10;
const perLane = 800;
const lanesPerPage = 500;

/**
 * Sends what is written down, each lane (customer and meter) strictly one after the other, lanes beside each other. What
 * became of a call follows the table of billing.md §6; one tenant's refusal never stops another tenant.
 */
export class PushSender {
  constructor(
    private readonly rooms: SenderRooms,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Everything that is due now. */
  async send(): Promise<Sent> {
    const sum = { accepted: 0, again: 0, parked: 0 };
    const nowMs = this.clock.nowMs();
    for (let after: Lane | null = null; ; ) {
      const page: Lane[] = await this.rooms.pushes.lanes(nowMs, after, lanesPerPage);
      await inTurns(page, lanesAtOnce, async (lane) => {
        const sent = await this.sendLane(lane);
        for (const key of ['accepted', 'again', 'parked'] as const) sum[key] += sent[key];
      });
      if (page.length < lanesPerPage) return sum;
      after = page.at(-1)!;
    }
  }

  async sendLane(lane: Lane): Promise<Sent> {
    const account = await this.rooms.accounts.find(lane.tenantId);
    if (account === null || account.status === 'deleted') return { accepted: 0, again: 0, parked: await this.#parkLane(lane, account) };
    let [accepted, parked] = [0, 0];
    for (const push of await this.rooms.pushes.pending(lane, perLane)) {
      const outcome = await this.#send(account, push);
      if (outcome === 'again') return { accepted, parked, again: 1 };
      if (outcome === 'accepted') accepted += 1;
      else parked += 1;
    }
    return { accepted, parked, again: 0 };
  }

  async #send(account: StripeAccount, push: MeterPush): Promise<'accepted' | 'again' | 'parked'> {
    const { pushes, stripe } = this.rooms;
    const nowMs = this.clock.nowMs();
    if (push.hourMs < nowMs - sendableMs) {
      await pushes.change(push, { state: 'too_old', reason: 'more than 30 days old' });
      await this.#alert('meter_push_too_old', push, 'the hour is too old to be sent: book an adjustment or write it off');
      return 'parked';
    }
    try {
      const event = await stripe.billing.meterEvents.create(
        { event_name: push.meter, identifier: identifierOf(push), timestamp: Math.floor(push.eventAtMs / 1_000), payload: { [customerKey]: account.customerId, value: String(push.quantity) } },
        { maxNetworkRetries: 0 },
      );
      await pushes.change(push, { state: 'accepted', acceptedAtMs: nowMs, requestId: event.lastResponse.requestId, reason: null, attempted: true });
      return 'accepted';
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'duplicate') {
        await pushes.change(push, { state: 'accepted', acceptedAtMs: nowMs, requestId: failure.requestId, reason: null, attempted: true });
        return 'accepted';
      }
      if (failure.kind === 'again') {
        await pushes.change(push, { state: 'pending', reason: failure.reason, nextAttemptAtMs: nowMs + retryAfterMs(push.attempts + 1), attempted: true });
        this.logger.warn('meter_push.failed', { tenantId: push.tenantId, meter: push.meter, attempts: push.attempts + 1, reason: failure.reason });
        return 'again';
      }
      await pushes.change(push, { state: 'parked', reason: `${failure.code}: ${failure.reason}`, requestId: failure.requestId, attempted: true });
      await this.#alert('meter_push_parked', push, `${failure.code}: ${failure.reason}`);
      return 'parked';
    }
  }

  /** Nobody to send it for: the customer is gone. */
  async #parkLane(lane: Lane, account: StripeAccount | null): Promise<number> {
    const waiting = await this.rooms.pushes.pending(lane, perLane);
    for (const push of waiting) {
      await this.rooms.pushes.change(push, { state: 'parked', reason: 'stripe_customer_deleted' });
      await this.#alert('meter_push_parked', push, account === null ? 'the tenant has no Stripe customer' : 'the Stripe customer was deleted');
    }
    return waiting.length;
  }

  /** One alert for a lane, however many of its hours it concerns. */
  #alert(code: 'meter_push_parked' | 'meter_push_too_old', { tenantId, meter, hourMs }: MeterPush, detail: string): Promise<void> {
    return this.rooms.alerts.raise({ code, subject: `${tenantId} ${meter}`, tenantId, detail: `${meter} of ${new Date(hourMs).toISOString()}: ${detail}` });
  }
}

async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const turn = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, turn));
}
