import { createTransport } from 'nodemailer';
import type { Answer, Call, DestinationOwner, OutgoingMessage, Outcome, Secrets, Sender } from '../../destination.js';
import { answerHeadBytes } from '../../destination.js';
import { reasonOf } from '../../egress/failure.js';
import type { EgressGuard } from '../../egress/guard.js';
import { refusalIn } from '../../egress/refusal.js';
import type { MailServer } from '../../mail/mail-server.js';
import { closeAtOnce } from '../../mail/mailer.js';
import { unsubscribeHeaders } from '../../recipients/mail-links.js';
import type { MailLinks } from '../../recipients/mail-links.js';
import { addressKey } from '../../recipients/recipient.js';
import { withoutAnswer } from '../answers.js';
import { secretOf } from '../missing-secret.js';
import type { MailSettings } from './mail-settings.js';
import { mailWriter } from './mail-text.js';
import type { SentRecipients } from './sent-recipients.store.js';

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

/** What a sender works with beside its guard. */
interface SenderParts {
  readonly installation: InstallationMail | undefined;
  readonly links: MailLinks;
  readonly sent: SentRecipients;
}

/** Whose it is, and who may be mailed now. */
interface Audience {
  readonly owner: DestinationOwner;
  readonly to: readonly string[];
}

/** One open mail destination. Each recipient gets a mail of their own, with their own link to unsubscribe. */
export class MailSender implements Sender {
  readonly #transport: Transport;
  readonly #from: string;
  readonly #textOf: ReturnType<typeof mailWriter>;

  /** Throws EgressRefusedError, MissingSecretError, WaybillError. */
  constructor(
    guard: EgressGuard,
    private readonly parts: SenderParts,
    private readonly settings: MailSettings,
    secrets: Secrets,
    private readonly audience: Audience,
  ) {
    const { installation } = parts;
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

  /** One that is refused for good fails no other; while one is to be tried again, those who have it do not get it twice. */
  async send(call: Call): Promise<Answer> {
    const { to, owner } = this.audience;
    if (to.length === 0) return withoutAnswer('recipients_not_confirmed', 'refused');
    const deadline = AbortSignal.timeout(call.timeoutMs);
    const before = await this.#sentBefore(call);
    const answers = await Promise.all(to.map((address) => {
      const messages = call.messages.filter(({ id }) => !before.get(id)?.has(addressKey(address)));
      return messages.length === 0 ? answerOf('delivered', '250 sent before') : this.#mail(address, messages, call, deadline);
    }));
    const answer = together(to, answers);
    const have = to.filter((_address, i) => answers[i]!.outcome === 'delivered').map(addressKey);
    if (have.length > 0 && (answer.outcome === 'failed' || answer.outcome === 'refused')) await this.parts.sent.note(owner.namespaceId, owner.id, call.messages.map(({ id }) => id), have);
    return answer;
  }

  async #sentBefore({ messages, attempt }: Call): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { to, owner } = this.audience;
    if (attempt === 1 || to.length === 1) return new Map();
    return new Map(await Promise.all(messages.map(async ({ id }) => [id, await this.parts.sent.of(owner.namespaceId, owner.id, id)] as const)));
  }

  async #mail(address: string, messages: readonly OutgoingMessage[], call: Call, deadline: AbortSignal): Promise<Answer> {
    const { replyTo } = this.settings;
    const unsubscribeUrl = this.parts.links.unsubscribe(this.audience.owner.tenantId, addressKey(address));
    try {
      const { id, subject, text } = this.#textOf(messages);
      const sent = await this.#transport.sendMail({
        from: this.#from, to: address, subject, text: `${text}\n\n-- \nTo get no more of these mails: ${unsubscribeUrl}\n`, messageId: `<${id}@waybill>`, date: new Date(call.nowMs),
        headers: { 'auto-submitted': 'auto-generated', ...unsubscribeHeaders(unsubscribeUrl) }, signal: AbortSignal.any([call.signal, deadline]),
        ...(replyTo === undefined ? {} : { replyTo }),
      } as Parameters<Transport['sendMail']>[0]);
      return answerOf('delivered', String((sent as { response?: unknown }).response ?? ''));
    } catch (error) {
      if (deadline.aborted) return withoutAnswer('timeout');
      if (call.signal.aborted) return withoutAnswer('aborted');
      return failureOf(error as SmtpError);
    }
  }

  /** Ends what is under way too: who closes has waited for it, or given it up. */
  close(): Promise<void> {
    closeAtOnce(this.#transport);
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

/** One answer of all: tried again while one may still take it, rejected when nobody will. */
function together(to: readonly string[], answers: readonly Answer[]): Answer {
  if (answers.length === 1) return answers[0]!;
  const telling = (['failed', 'refused', 'delivered', 'rejected'] as const).map((outcome) => answers.find((answer) => answer.outcome === outcome)).find((answer) => answer !== undefined)!;
  const lines = answers.map(({ head, status, reason }, i) => `${to[i]}: ${head.length > 0 ? Buffer.from(head).toString() : (reason ?? status)}`);
  return { ...telling, head: Buffer.from(lines.join('\n')).subarray(0, answerHeadBytes) };
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
