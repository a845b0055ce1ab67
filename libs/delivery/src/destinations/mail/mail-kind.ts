import { WaybillError } from '@waybill/kernel';
import type { DestinationKind, Secrets, Sender } from '../../destination.js';
import type { EgressGuard } from '../../egress/guard.js';
import { refusedAsProblem } from '../../egress/open-egress.js';
import { openedOrRefusing } from '../refusing-sender.js';
import { MailSender } from './mail-sender.js';
import type { InstallationMail } from './mail-sender.js';
import { mailSettings } from './mail-settings.js';
import type { MailSettings } from './mail-settings.js';
import { mailWriter } from './mail-text.js';

const noServer = 'the installation has no mail server (SMTP_URL), so name one under "server"';

/** Mails: one message each, or several in a digest. */
export class MailKind implements DestinationKind<MailSettings> {
  readonly kind = 'mail';
  readonly title = 'Mail';
  readonly settings = mailSettings;
  readonly secrets = [{ name: 'password', description: 'Password for your own mail server.' }];

  constructor(
    private readonly guard: EgressGuard,
    /** Undefined: a destination needs a server of its own. */
    private readonly installation: InstallationMail | undefined,
  ) {}

  /** It can always be used with a server of its own; `check` says when it has none. */
  unavailable(): string | null {
    return null;
  }

  /** Fails with `destination_unavailable` when there is no mail server, `egress_refused` for a host, `setting_invalid` for the rest. */
  async check(settings: MailSettings): Promise<void> {
    mailWriter(settings);
    const { server, from } = settings;
    if (server === undefined) {
      if (this.installation === undefined) throw new WaybillError('destination_unavailable', { reason: noServer });
      if (from !== undefined) throw new WaybillError('setting_invalid', { setting: 'from', reason: 'the mail server of the installation sends under its own name' });
      return;
    }
    if (server.security === 'none' && server.username !== undefined) throw new WaybillError('setting_invalid', { setting: 'server.security', reason: 'a password is not sent without TLS' });
    await refusedAsProblem('server.port', () => this.guard.policy.mailPort(server.port));
    await refusedAsProblem('server.host', () => this.guard.addressesOf(this.guard.policy.plainHost(server.host)));
  }

  open(settings: MailSettings, secrets: Secrets): Sender {
    return openedOrRefusing(() => new MailSender(this.guard, this.installation, settings, secrets));
  }
}
