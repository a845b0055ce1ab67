import { Secret } from '@waybill/kernel';

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly password: Secret } | undefined;
}

/** Reads SMTP_URL, whose form the configuration has checked. */
export function mailServerOf(url: Secret): MailServer {
  const { protocol, hostname, port, username, password } = new URL(url.reveal());
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''), secure, port: port === '' ? (secure ? 465 : 587) : Number(port),
    auth: username === '' ? undefined : { user: decodeURIComponent(username), password: new Secret(decodeURIComponent(password)) },
  };
}
