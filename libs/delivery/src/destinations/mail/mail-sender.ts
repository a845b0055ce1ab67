import { createTransport } from 'nodemailer';
import type { Answer, Call, Outcome, Secrets, Sender } from '../../destination.js';
import { answerHeadBytes } from '../../destination.js';
import { reasonOf } from '../../egress/failure.js';
import type { EgressGuard } from '../../egress/guard.js';
import { refusalIn } from '../../egress/refusal.js';
import type { MailServer } from '../../mail/mail-server.js';
import { withoutAnswer } from '../answers.js';
import { secretOf } from '../missing-secret.js';
import type { MailSettings } from './mail-settings.js';
import { mailWriter } from './mail-text.js';

/** The installation's own mail server, and its sender. */
export interface InstallationMail {
  readonly server: MailServer;
  readonly from: string;
}

type Transport = ReturnType<typeof createTransport>;
const connections = 4;
const connectTimeoutMs = 10_000;
/** Replies that speak of this mail or its recipients; the others of class 5 speak of us or the server and may pass (RFC 5321 §4.2.3). */
const aboutTheMail = new Set([550, 551, 552, 553, 554, 556]);

/** One open mail destination. */
export class MailSender implements Sender {
  readonly #transport: Transport;
  readonly #from: string;
  readonly #textOf: ReturnType<typeof mailWriter>;

  /** Throws EgressRefusedError, MissingSecretError, WaybillError. */
  constructor(
    guard: EgressGuard,
    installation: InstallationMail | undefined,
    private readonly settings: MailSettings,
    secrets: Secrets,
  ) {
    this.#textOf = mailWriter(settings);
    const { server, to, from } = settings;
    if (server === undefined) {
      if (installation === undefined) throw new NoMailServerError();
      this.#from = installation.from;
      this.#transport = transportOf(installation.server);
      return;
    }
    this.#from = from ?? (to[0] as string);
    const host = guard.policy.plainHost(server.host);
    guard.policy.mailPort(server.port);
    const auth = server.username === undefined ? undefined : { user: server.username, password: secretOf(secrets, 'password') };
    this.#transport = transportOf({ host, port: server.port, secure: server.security === 'tls', auth }, {
      requireTLS: server.security === 'starttls', ignoreTLS: server.security === 'none', tls: guard.trusted === undefined ? {} : { ca: [...guard.trusted] },
      getSocket: (_options: unknown, done: (error: Error | null, socket?: object) => void) => {
        guard.connect(host, server.port, connectTimeoutMs).then((connection) => done(null, { connection }), done);
      },
    });
  }

  async send(call: Call): Promise<Answer> {
    const deadline = AbortSignal.timeout(call.timeoutMs);
    try {
      const { id, subject, text } = this.#textOf(call.messages);
      const { to, replyTo } = this.settings;
      const sent = await this.#transport.sendMail({
        from: this.#from, to: [...to], subject, text, messageId: `<${id}@waybill>`, date: new Date(call.nowMs),
        headers: { 'auto-submitted': 'auto-generated' }, signal: AbortSignal.any([call.signal, deadline]),
        ...(replyTo === undefined ? {} : { replyTo }),
      } as Parameters<Transport['sendMail']>[0]);
      return answerOf('delivered', String((sent as { response?: unknown }).response ?? ''));
    } catch (error) {
      if (deadline.aborted) return withoutAnswer('timeout');
      if (call.signal.aborted) return withoutAnswer('aborted');
      return failureOf(error as SmtpError);
    }
  }

  close(): Promise<void> {
    this.#transport.close();
    return Promise.resolve();
  }
}

/** Neither the destination nor the installation has a mail server. */
export class NoMailServerError extends Error {}

interface SmtpError {
  readonly response?: unknown;
  readonly responseCode?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

function transportOf({ host, port, secure, auth }: MailServer, more: object = {}): Transport {
  return createTransport({
    host, port, secure, pool: true, maxConnections: connections, disableFileAccess: true, disableUrlAccess: true,
    connectionTimeout: connectTimeoutMs, greetingTimeout: connectTimeoutMs, socketTimeout: 60_000,
    ...(auth === undefined ? {} : { auth: { user: auth.user, pass: auth.password.reveal() } }),
    ...more,
  } as Parameters<typeof createTransport>[0]);
}

function failureOf(error: SmtpError): Answer {
  const { response, responseCode, code, message } = error;
  if (refusalIn(error) === undefined && typeof responseCode === 'number' && responseCode > 0) {
    return answerOf(aboutTheMail.has(responseCode) ? 'rejected' : 'failed', String(response ?? ''), responseCode);
  }
  const reason = reasonOf(error);
  return withoutAnswer(reason === 'call_failed' ? reasonOfNodemailer(String(code), String(message)) : reason);
}

/** nodemailer writes its own code over that of the socket; the message stays. */
function reasonOfNodemailer(code: string, message: string): string {
  if (code === 'EAUTH') return 'credentials_refused';
  if (code !== 'ESOCKET') return 'call_failed';
  return /certificate|altnames/i.test(message) ? 'tls_certificate' : /ssl|tls/i.test(message) ? 'tls_failed' : 'connection_reset';
}

function answerOf(outcome: Outcome, response: string, status = Number(response.slice(0, 3))): Answer {
  return {
    outcome, status: Number.isInteger(status) && status > 0 ? status : null, reason: null, head: Buffer.from(response).subarray(0, answerHeadBytes),
    requestId: /\b(?:queued as|id=)\s*<?([\w.-]{1,128})/i.exec(response)?.[1] ?? null, retryAfterMs: null,
  };
}
