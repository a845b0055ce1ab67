import type { Database, Transaction } from '@waybill/database';
import { WaybillError } from '@waybill/kernel';
import type { Clock } from '@waybill/kernel';
import type { MailLink, MailLinks } from './mail-links.js';
import type { Consent } from './recipient.js';
import { lockRecipients } from './recipient.store.js';

/** What somebody sees who follows a link of a mail. */
export interface MailLinkView {
  readonly purpose: MailLink['purpose'];
  readonly address: string;
  /** Name of the tenant. */
  readonly sender: string;
  /** Names of what asked; null where the link is of no one subscription. */
  readonly namespace: string | null;
  readonly subscription: string | null;
  readonly state: Consent;
  /** Null: the link does not end. */
  readonly expiresAt: string | null;
}

interface Found extends MailLinkView {
  readonly used: boolean;
}

/**
 * What recipients of mails answer. Every method takes the token of a link and fails with `mail_link_invalid` for one that is not
 * ours or has expired. A change is one of every subscription that mails the address, so every worker hears of it.
 */
export class RecipientAnswers {
  constructor(
    private readonly database: Database,
    private readonly links: MailLinks,
    private readonly nudges: { nudge(): Promise<void> },
    private readonly clock: Clock,
  ) {}

  /** Changes nothing: programs that look at mails open every link in them. */
  async read(token: string): Promise<MailLinkView> {
    const link = this.#link(token);
    return viewOf(await this.database.withTenant(link.tenantId, (tx) => this.#find(tx, link)));
  }

  /** Works once. Fails with `mail_link_used`. */
  async confirm(token: string): Promise<MailLinkView> {
    const link = this.#link(token);
    if (link.purpose !== 'confirm') throw new WaybillError('mail_link_invalid');
    return this.#answer(link, (found) => {
      if (found.used) throw new WaybillError('mail_link_used');
      return 'confirmed';
    });
  }

  /** No mail of the tenant any more, from whatever subscription. Repeating it is harmless. Fails with `mail_link_used` for a link that asked and was answered. */
  async unsubscribe(token: string): Promise<MailLinkView> {
    const link = this.#link(token);
    return this.#answer(link, (found) => {
      if (link.purpose === 'confirm' && found.used && found.state !== 'unsubscribed') throw new WaybillError('mail_link_used');
      return 'unsubscribed';
    });
  }

  /** Takes an unsubscription back, with the link that made it: what was confirmed before is confirmed. */
  async resubscribe(token: string): Promise<MailLinkView> {
    const link = this.#link(token);
    if (link.purpose !== 'unsubscribe') throw new WaybillError('mail_link_invalid');
    return this.#answer(link, ({ state }, confirmedBefore) => (state === 'unsubscribed' ? (confirmedBefore ? 'confirmed' : 'waiting') : state));
  }

  async #answer(link: MailLink, decide: (found: Found, confirmedBefore: boolean) => Consent): Promise<MailLinkView> {
    const { tenantId } = link;
    const view = await this.database.withTenant(tenantId, async (tx) => {
      const { address } = await this.#find(tx, link);
      await lockRecipients(tx, tenantId, [address]);
      const found = await this.#find(tx, link);
      const before = await tx.mailRecipient.findUniqueOrThrow({ where: { tenantId_address: { tenantId, address } } });
      const state = decide(found, before.confirmedAt !== null);
      if (state === before.state) return { ...viewOf(found), state };
      const now = new Date(this.clock.nowMs());
      const moments = { ...(state === 'confirmed' ? { confirmedAt: now } : {}), unsubscribedAt: state === 'unsubscribed' ? now : null };
      await tx.mailRecipient.update({ where: { tenantId_address: { tenantId, address } }, data: { state, ...moments } });
      await tx.mailRequest.updateMany({ where: { tenantId, address, usedAt: null }, data: { usedAt: now, nextAt: null } });
      // Nothing of it changes, but its next version does.
      await tx.$executeRaw`
        UPDATE subscriptions SET recipients = recipients
        WHERE id IN (SELECT id FROM subscriptions WHERE tenant_id = ${tenantId} AND ${address} = ANY(recipients) ORDER BY id FOR NO KEY UPDATE)`;
      return { ...viewOf(found), state };
    });
    await this.nudges.nudge();
    return view;
  }

  async #find(tx: Transaction, link: MailLink): Promise<Found> {
    const { tenantId } = link;
    const tenant = await tx.tenant.findUnique({ where: { id: tenantId }, select: { name: true } });
    const request = link.purpose === 'confirm' ? await tx.mailRequest.findFirst({ where: { id: link.requestId, tenantId } }) : null;
    if (tenant === null || (link.purpose === 'confirm' && (request === null || request.expiresAt.getTime() <= this.clock.nowMs()))) throw new WaybillError('mail_link_invalid');
    const address = link.purpose === 'confirm' ? request!.address : link.address;
    const recipient = await tx.mailRecipient.findUnique({ where: { tenantId_address: { tenantId, address } }, select: { state: true } });
    return {
      purpose: link.purpose, address, sender: tenant.name, namespace: request?.namespace ?? null, subscription: request?.subscription ?? null,
      state: (recipient?.state ?? 'waiting') as Consent, expiresAt: request?.expiresAt.toISOString() ?? null, used: request !== null && request.usedAt !== null,
    };
  }

  #link(token: string): MailLink {
    const link = this.links.read(token);
    if (link === undefined) throw new WaybillError('mail_link_invalid');
    return link;
  }
}

function viewOf({ purpose, address, sender, namespace, subscription, state, expiresAt }: Found): MailLinkView {
  return { purpose, address, sender, namespace, subscription, state, expiresAt };
}
