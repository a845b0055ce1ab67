import type { Logger, TenantId } from '@waybill/kernel';
import type { PushAlert } from '../attempts/attempt-reader.js';
import type { AlertNotices } from '../push/push-ports.js';
import type { Subscription } from '../subscription.js';
import type { Mailer, SystemMail } from './mailer.js';

/** Alerts whose mails are under way; above it, alerts are only recorded and logged. */
const mostUnderWay = 1_000;
/** Mails under way may take so long to end when the process stops. */
const graceMs = 5_000;

/** Mails each alert to the owners and admins of the tenant. Nothing waits for a mail server: deliveries go on meanwhile. */
export class AlertMails implements AlertNotices {
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly recipients: { recipients(tenantId: TenantId): Promise<string[]> },
    private readonly mailer: Mailer,
    private readonly logger: Logger,
  ) {}

  /** Resolves at once. A mail that is not taken is logged and not sent again: the alert itself is recorded. */
  notify(subscription: Subscription, alert: PushAlert): Promise<void> {
    if (this.#underWay.size >= mostUnderWay) this.#notSent(subscription, new Error(`${mostUnderWay} alerts wait for the mail server`));
    else {
      const told = this.#tell(subscription, alert).finally(() => this.#underWay.delete(told));
      this.#underWay.add(told);
    }
    return Promise.resolve();
  }

  /** Resolves when no mail is under way. */
  async sent(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Gives up mails that take too long, and leaves the mail server. */
  async close(): Promise<void> {
    const impatience = Promise.withResolvers<void>();
    const timer = setTimeout(impatience.resolve, graceMs);
    await Promise.race([this.sent(), impatience.promise]);
    clearTimeout(timer);
    this.mailer.close();
  }

  async #tell(subscription: Subscription, alert: PushAlert): Promise<void> {
    try {
      const mail = alertMail(subscription, alert);
      for (const to of await this.recipients.recipients(subscription.tenantId)) {
        await this.mailer.send({ ...mail, to }).catch((error: Error) => this.#notSent(subscription, error));
      }
    } catch (error) {
      this.#notSent(subscription, error as Error);
    }
  }

  #notSent({ id, namespaceId }: Subscription, error: Error): void {
    this.logger.error('subscription.notice_not_sent', { subscriptionId: id, namespaceId, error });
  }
}

/** What an alert says: what fails, since when, what comes next, and what to do. */
export function alertMail({ name, namespaceId, queue, delivery }: Subscription, { reason, percent, failingSinceMs, lastAnswer }: PushAlert): Omit<SystemMail, 'to'> {
  const about = 'subscription_alert';
  const place = `Subscription ${name} of queue ${queue} in namespace ${namespaceId}`;
  const again = 'Its messages stay in the queue. When the destination takes messages again, enable the subscription in the console, '
    + `or with POST /api/v1/namespaces/${namespaceId}/subscriptions/${name}/enable: it goes on where it stopped.`;
  if (reason === 'gone') {
    return { about, subject: `Waybill: subscription ${name} was disabled`, text: `${place} was disabled at ${moment(failingSinceMs)}: the destination answered ${lastAnswer}, it wants no more messages. ${again}` };
  }
  const fails = `has had no success since ${moment(failingSinceMs)}; the last answer was ${lastAnswer}`;
  if (percent === 100) return { about, subject: `Waybill: subscription ${name} was disabled`, text: `${place} ${fails}. It was disabled. ${again}` };
  return {
    about, subject: `Waybill: subscription ${name} is failing`,
    text: `${place} ${fails}. Messages are tried again by its schedule. If nothing succeeds until ${moment(failingSinceMs + delivery.disableAfterMs)}, `
      + `the subscription is disabled; ${percent} % of that time is over. From then on it has to be enabled again, in the console or with POST /api/v1/namespaces/${namespaceId}/subscriptions/${name}/enable.`,
  };
}

const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
