import { Secret } from '@waybill/kernel';
import type { DestinationOwner } from '../destination.js';
import type { MailParts } from '../destinations/mail/mail-kind.js';
import { mailServerOf } from '../mail/mail-server.js';
import { MailLinks } from '../recipients/mail-links.js';
import type { Consents } from '../recipients/recipient.js';
import { subscriptionOf } from './push.js';

export const mailLinks = new MailLinks(new Secret('a secret of tests that is long enough'), 'https://console.example');

/** Mail destinations without an installation's server, unless a port says where one is. What was sent is noted in `noted`. */
export function testMailParts(port?: number, noted = new Map<string, Set<string>>(), rules: MailParts['rules'] = { allow: [], deny: [] }): MailParts {
  return {
    installation: port === undefined ? undefined : { server: mailServerOf(new Secret(`smtp://127.0.0.1:${port}`)), from: 'Waybill <waybill@example.com>' },
    rules, links: mailLinks,
    sent: {
      of: (_ns, _subscription, messageId) => Promise.resolve(noted.get(messageId) ?? new Set()),
      note: async (_ns, _subscription, messageIds, addresses) => {
        for (const id of messageIds) noted.set(id, new Set([...(noted.get(id) ?? []), ...addresses]));
      },
    },
  };
}

/** Whose recipients said this. */
export const ownerOf = (consents: Consents = {}): DestinationOwner => subscriptionOf({}, { consents });
