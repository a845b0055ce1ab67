import type { Logger } from '@waybill/kernel';
import { createTransport } from 'nodemailer';
import type { MailServer } from './mail-server.js';

/** A mail of the installation itself: an alert, a notice about an invoice. */
export interface SystemMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** What it is about, for the log: `subscription_alert`. */
  readonly about: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `not_configured`: there is no mail server here; the mail was logged by subject, not sent. */
export type MailOutcome = 'sent' | 'not_configured';

/** Sends the mails of the installation. Rejects when the mail server does not take one: repeat it then. */
export interface Mailer {
  send(mail: SystemMail): Promise<MailOutcome>;
  close(): void;
}

const timeoutMs = 15_000;

/** `server` undefined: nothing is sent, and every mail is a line in the log that says so. */
export function openMailer(server: MailServer | undefined, from: string, logger: Logger): Mailer {
  if (server === undefined) {
    return {
      send: ({ about, subject }) => {
        logger.warn('mail.not_configured', { about, subject: lineOf(subject) });
        return Promise.resolve('not_configured');
      },
      close: () => undefined,
    };
  }
  const transport = createTransport({
    host: server.host, port: server.port, secure: server.secure, pool: true, maxConnections: 2,
    ...(server.auth === undefined ? {} : { auth: { user: server.auth.user, pass: server.auth.password.reveal() } }),
    connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, disableFileAccess: true, disableUrlAccess: true,
  });
  return {
    send: async ({ to, subject, text, about, headers }) => {
      await transport.sendMail({ from, to: { name: '', address: to }, subject: lineOf(subject), text, headers: { 'auto-submitted': 'auto-generated', ...headers } });
      logger.info('mail.sent', { about });
      return 'sent';
    },
    close: () => closeAtOnce(transport),
  };
}

/** A pool of nodemailer waits for deliveries under way unless it is forced; its types do not say so. */
export function closeAtOnce(transport: { close(): void }): void {
  (transport as { close(options: { force: boolean }): void }).close({ force: true });
}

/** A subject is one line, whatever it was made of. */
export function lineOf(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim().slice(0, 250);
}
