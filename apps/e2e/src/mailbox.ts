import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';

/** A mail as its reader sees it. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly unsubscribe: string;
  /** Links in the text, in its order. */
  readonly links: readonly string[];
  readonly text: string;
}

/** A mail server that takes everything but for addresses it does not know; each address has a file with a line of JSON for each mail. */
export class Mailbox {
  readonly mails: Mail[] = [];
  /** Addresses that the server says it does not have. */
  readonly unknown = new Set<string>();

  private constructor(
    private readonly server: SMTPServer,
    readonly folder: string,
  ) {}

  static async open(): Promise<Mailbox> {
    const folder = await mkdtemp(path.join(tmpdir(), 'waybill-mailbox-'));
    const server = new SMTPServer({
      authOptional: true, disabledCommands: ['STARTTLS'], logger: false,
      onRcptTo: ({ address }, _session, done) => done(mailbox.unknown.has(address) ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : undefined),
      onData: (stream, { envelope: { rcptTo } }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
          const mails = rcptTo.map(({ address }) => readMail(address, Buffer.concat(chunks).toString()));
          mailbox.mails.push(...mails);
          Promise.all(mails.map((mail) => appendFile(path.join(folder, mail.to), `${JSON.stringify(mail)}\n`))).then(() => done(null), done);
        });
      },
    });
    const mailbox = new Mailbox(server, folder);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return mailbox;
  }

  /** For SMTP_URL. */
  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  to(address: string): Mail[] {
    return this.mails.filter(({ to }) => to === address);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true });
  }
}

function readMail(to: string, source: string): Mail {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const headers = head.replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(headers)?.[1] ?? '';
  const raw = rest.join('\n\n');
  // Quoted-printable (RFC 2045 §6.7), which is what texts with long lines are sent as.
  const text = header('Content-Transfer-Encoding') !== 'quoted-printable' ? raw : raw.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { to, subject: header('Subject'), unsubscribe: header('List-Unsubscribe').replace(/^<|>$/g, ''), links: text.match(/https?:\/\/\S+/g) ?? [], text: text.replaceAll('\r', '').trim() };
}
