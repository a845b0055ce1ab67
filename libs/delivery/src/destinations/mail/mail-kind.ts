import { WaybillError } from '@waybill/kernel';
import type { DestinationKind, DestinationOwner, Secrets, Sender } from '../../destination.js';
import type { EgressGuard } from '../../egress/guard.js';
import { refusedAsProblem } from '../../egress/open-egress.js';
import { ruleFor } from '../../recipients/address-rules.js';
import type { MailRules } from '../../recipients/address-rules.js';
import type { MailLinks } from '../../recipients/mail-links.js';
import { mayBeMailed, stateOf } from '../../recipients/recipient.js';
import type { Recipient } from '../../recipients/recipient.js';
import { openedOrRefusing } from '../refusing-sender.js';
import { MailSender } from './mail-sender.js';
import type { InstallationMail } from './mail-sender.js';
import type { SentRecipients } from './sent-recipients.store.js';
import { mailSettings } from './mail-settings.js';
import type { MailSettings } from './mail-settings.js';
import { mailWriter } from './mail-text.js';

const noServer = 'the installation has no mail server (SMTP_URL), so name one under "server"';

/** What mail destinations share. */
export interface MailParts {
  /** Undefined: a destination needs a server of its own. */
  readonly installation: InstallationMail | undefined;
  readonly rules: MailRules;
  readonly links: MailLinks;
  readonly sent: SentRecipients;
}

/** Mails: one message each, or several in a digest; to each recipient one of its own. */
export class MailKind implements DestinationKind<MailSettings> {
  readonly kind = 'mail';
  readonly title = 'Mail';
  readonly settings = mailSettings;
  readonly secrets = [{ name: 'password', description: 'Password for your own mail server.' }];

  constructor(
    private readonly guard: EgressGuard,
    private readonly parts: MailParts,
  ) {}

  /** It can always be used with a server of its own; `check` says when it has none. */
  unavailable(): string | null {
    return null;
  }

  /** Fails with `destination_unavailable` when there is no mail server, `egress_refused` for a host, `setting_invalid` for the rest. */
  async check(settings: MailSettings): Promise<void> {
    mailWriter(settings);
    const { server, from } = settings;
    const denied = this.recipients(settings).find(({ rule }) => rule === 'denied');
    if (denied !== undefined) throw new WaybillError('setting_invalid', { setting: 'to', reason: `this installation sends no mail to ${denied.address}` });
    if (server === undefined) {
      if (this.parts.installation === undefined) throw new WaybillError('destination_unavailable', { reason: noServer });
      if (from !== undefined) throw new WaybillError('setting_invalid', { setting: 'from', reason: 'the mail server of the installation sends under its own name' });
      return;
    }
    if (server.security === 'none' && server.username !== undefined) throw new WaybillError('setting_invalid', { setting: 'server.security', reason: 'a password is not sent without TLS' });
    await refusedAsProblem('server.port', () => this.guard.policy.mailPort(server.port));
    // The server that takes mails for an address takes them from anybody: it would be ours that sent them.
    if (server.username === undefined) await refusedAsProblem('server.username', () => this.guard.policy.addedPort(server.port));
    await refusedAsProblem('server.host', () => this.guard.addressesOf(this.guard.policy.plainHost(server.host)));
  }

  /** Who answers for a server of their own need not be asked whom they mail. */
  recipients({ to, server }: MailSettings): readonly Recipient[] {
    return to.map((address) => {
      const rule = ruleFor(address, this.parts.rules);
      return { address, rule: rule === 'ask' && server !== undefined ? 'trusted' : rule };
    });
  }

  open(settings: MailSettings, secrets: Secrets, owner: DestinationOwner): Sender {
    const to = this.recipients(settings).filter((recipient) => mayBeMailed(stateOf(recipient, owner.consents))).map(({ address }) => address);
    return openedOrRefusing(() => new MailSender(this.guard, this.parts, settings, secrets, { owner, to }));
  }
}
