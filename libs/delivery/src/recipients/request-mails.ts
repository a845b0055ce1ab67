import type { Clock, Logger } from '@waybill/kernel';
import type { Mailer, SystemMail } from '../mail/mailer.js';
import type { MailLinks } from './mail-links.js';
import { unsubscribeHeaders } from './mail-links.js';
import type { RequestMailStore, WaitingRequest } from './request-mail.store.js';

/** Longer than a mail server may take over one mail. */
const claimMs = 120_000;
const firstRetryMs = 30_000;
const longestRetryMs = 3_600_000;
/** Requests are counted for a day, and shown for longer. */
const keptMs = 30 * 86_400_000;

/**
 * Sends the mails that ask recipients, and again while the mail server is away, until their links end. One whose sender dies
 * after the server took it is sent twice: rather that than never.
 */
export class RequestMails {
  constructor(
    private readonly store: RequestMailStore,
    private readonly mailer: Pick<Mailer, 'send'>,
    private readonly links: MailLinks,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Never fails because of a mail. */
  async run(): Promise<{ sent: number; failed: number; forgotten: number }> {
    const report = { sent: 0, failed: 0 };
    for (;;) {
      const nowMs = this.clock.nowMs();
      // One at a time: a slow server would take longer over a page of them than any claim lasts, and another worker would send the rest too.
      const [request] = await this.store.claim(nowMs, nowMs + claimMs, 1);
      const outcome = request === undefined ? 'none' : await this.#send(request);
      if (outcome !== 'none') report[outcome === 'sent' ? 'sent' : 'failed'] += 1;
      // The others would only wait for it too, and the process could not end.
      if (outcome === 'none' || outcome === 'away') return { ...report, forgotten: await this.store.forget(nowMs - keptMs) };
    }
  }

  /** `away`: the mail server did not even answer. */
  async #send(request: WaitingRequest): Promise<'sent' | 'failed' | 'away'> {
    const { tenantId, id, address, attempts } = request;
    try {
      const outcome = await this.mailer.send(requestMail(request, this.links.confirm(tenantId, id), this.links.unsubscribe(tenantId, address)));
      if (outcome === 'not_configured') throw new Error('The installation has no mail server.');
    } catch (error) {
      const { responseCode } = error as { responseCode?: unknown };
      const nowMs = this.clock.nowMs();
      const nextMs = nowMs + Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts, 20));
      // The server says that it will never take it: there is no such mailbox.
      const over = (typeof responseCode === 'number' && responseCode >= 550) || nextMs >= request.expiresAtMs;
      await this.store.failed(request, over ? null : nextMs, (error as Error).message);
      this.logger.warn(over ? 'recipient.not_asked' : 'recipient.asked_later', { tenantId, requestId: id, attempts: attempts + 1, error: error as Error });
      return typeof responseCode === 'number' ? 'failed' : 'away';
    }
    await this.store.sent(request, this.clock.nowMs());
    this.logger.info('recipient.asked', { tenantId, requestId: id });
    return 'sent';
  }
}

/** What the mail says. Nothing of the tenant's own words but its name, without what could be a link: it goes to people who did not ask for it. */
export function requestMail({ address, sender, namespace, subscription, expiresAtMs }: WaitingRequest, confirmUrl: string, unsubscribeUrl: string): SystemMail {
  const who = plainName(sender);
  return {
    to: address, about: 'recipient_confirmation', headers: unsubscribeHeaders(unsubscribeUrl),
    subject: `Confirm that you want mails from ${who}`,
    text:
      `${who} wants to send messages to this address: the subscription ${plainName(subscription)} in the namespace ${plainName(namespace)}.\n\n` +
      `If you want them, open this page and confirm. The link works once, until ${new Date(expiresAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC.\n\n${confirmUrl}\n\n` +
      'If not, do nothing: nothing else is sent to you. To be asked no more by them:\n\n' +
      `${unsubscribeUrl}\n`,
  };
}

function plainName(name: string): string {
  return name.normalize('NFKC').replace(/[^\p{L}\p{N} _&'-]+/gu, ' ').replace(/ +/g, ' ').trim().slice(0, 60) || 'Somebody';
}
