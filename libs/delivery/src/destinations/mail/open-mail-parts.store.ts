import type { Logger, Secret } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { mailServerOf } from '../../mail/mail-server.js';
import { MailLinks } from '../../recipients/mail-links.js';
import type { MailParts } from './mail-kind.js';
import { RedisSentRecipients } from './sent-recipients.store.js';

/** Settings of the installation, under their names there (libs/platform/src/config.ts). */
export interface MailPartsOptions {
  readonly smtpUrl?: Secret | undefined;
  readonly mailFrom: string;
  readonly mailAllow: readonly string[];
  readonly mailDeny: readonly string[];
  /** Signs the links in mails. */
  readonly dataTokenSecret: Secret;
  readonly publicUrl: string;
}

/** What mail destinations share, from the settings of the installation. */
export function openMailParts({ smtpUrl, mailFrom, mailAllow, mailDeny, dataTokenSecret, publicUrl }: MailPartsOptions, redis: Redis, logger: Logger): MailParts {
  return {
    installation: smtpUrl && { server: mailServerOf(smtpUrl), from: mailFrom },
    rules: { allow: mailAllow, deny: mailDeny }, links: new MailLinks(dataTokenSecret, publicUrl), sent: new RedisSentRecipients(redis, logger),
  };
}
