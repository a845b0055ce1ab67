import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly secure: boolean;
  readonly source: string;
}

/** A mail server on loopback that keeps what it got. */
export class TestMailServer {
  readonly received: ReceivedMail[] = [];
  connections = 0;
  /** What it answers to one recipient; undefined takes it. */
  refuseRecipient: (address: string) => { readonly code: number; readonly text: string } | undefined = () => undefined;
  /** What it answers after the text of a mail; undefined takes it. */
  refuse: { readonly code: number; readonly text: string } | undefined;

  private constructor(readonly server: SMTPServer) {}

  static async open(options: SMTPServerOptions = {}): Promise<TestMailServer> {
    const server = new SMTPServer({
      authOptional: true, disabledCommands: options.secure === true || options.cert !== undefined ? [] : ['STARTTLS'], allowInsecureAuth: true, logger: false,
      onConnect: (_session, done) => {
        mail.connections += 1;
        done();
      },
      onAuth: ({ username, password }, _session, done) => (password === 'right' ? done(null, { user: username }) : done(Object.assign(new Error('wrong password'), { responseCode: 535 }))),
      onRcptTo: ({ address }, _session, done) => {
        const refused = mail.refuseRecipient(address);
        done(refused && Object.assign(new Error(refused.text), { responseCode: refused.code }));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
          if (mail.refuse !== undefined) return done(Object.assign(new Error(mail.refuse.text), { responseCode: mail.refuse.code }));
          const { mailFrom, rcptTo } = session.envelope;
          mail.received.push({ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), user: session.user, secure: session.secure, source: Buffer.concat(chunks).toString() });
          (done as (error: null, message: string) => void)(null, 'Ok: queued as ABC123');
        });
      },
      ...options,
    });
    const mail: TestMailServer = new TestMailServer(server);
    // A client that does not like the certificate hangs up: that is what some tests are about.
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    return mail;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  get last(): ReceivedMail {
    return this.received.at(-1) as ReceivedMail;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
