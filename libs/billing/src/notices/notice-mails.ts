import type { Clock, Logger } from '@waybill/kernel';
import type { NoticeMailStore, WaitingMail } from './notice-mail.store.js';

/** A mail to people of a tenant. Rejects when it could not be handed over; `not_configured`: nobody was told, because there is no mail server. */
export type Notify = (mail: { readonly to: string; readonly subject: string; readonly text: string; readonly about: string }) => Promise<'sent' | 'not_configured'>;

/** So many that failed and none that was sent: the server is away, and the others would only wait for it. */
const mostInVain = 50;
/** Longer than a mail server may take over one mail. */
const claimMs = 5 * 60_000;
const firstRetryMs = 30_000;
const longestRetryMs = 3_600_000;
const giveUpMs = 3 * 86_400_000;
const keptMs = 30 * 86_400_000;
/** The mail server was not reached at all: the other mails would wait for it, and the process could not end. */
const unreached = new Set<unknown>(['ETIMEDOUT', 'ECONNECTION', 'ESOCKET', 'EDNS']);

/** When a mail that failed is tried again after so many attempts; doubles from 30 seconds to an hour. */
export function retryInMs(attempts: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts, 20));
}

/**
 * Sends the mails of notices, and again while the mail server is away; for three days, which is said as an error. A mail
 * whose sender dies after the server took it is sent twice: rather that than never.
 */
export class NoticeMails {
  constructor(
    private readonly store: NoticeMailStore,
    private readonly notify: Notify,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Never fails because of a mail. One that fails is tried after the others. */
  async run(): Promise<{ sent: number; failed: number }> {
    const report = { sent: 0, failed: 0 };
    for (;;) {
      const nowMs = this.clock.nowMs();
      // One at a time: a slow server would take longer over a page of them than any claim lasts, and another worker would send the rest too.
      const [mail] = await this.store.claim(nowMs, nowMs + claimMs, 1);
      if (mail === undefined) return report;
      const outcome = await this.#send(mail);
      report[outcome === 'sent' ? 'sent' : 'failed'] += 1;
      if (outcome === 'away' || (report.sent === 0 && report.failed >= mostInVain)) return report;
    }
  }

  /** Sent or given up a month ago. */
  forget(): Promise<number> {
    return this.store.forget(this.clock.nowMs() - keptMs);
  }

  async #send(mail: WaitingMail): Promise<'sent' | 'failed' | 'away'> {
    const { to, subject, text, about, tenantId, attempts, createdAtMs } = mail;
    let outcome: Awaited<ReturnType<Notify>>;
    try {
      outcome = await this.notify({ to, subject, text, about });
    } catch (error) {
      const nowMs = this.clock.nowMs();
      const over = nowMs - createdAtMs > giveUpMs;
      await this.store.failed(mail, over ? null : nowMs + retryInMs(attempts), error instanceof Error ? error.message : String(error));
      this.logger[over ? 'error' : 'warn'](over ? 'billing.notice_given_up' : 'billing.notice_not_sent', { tenantId, about, attempts: attempts + 1, error: error as Error });
      return unreached.has((error as { code?: unknown }).code) ? 'away' : 'failed';
    }
    await this.store.sent(mail, this.clock.nowMs(), outcome === 'sent');
    return 'sent';
  }
}
