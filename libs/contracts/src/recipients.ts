import { z } from 'zod';
import { bodyErrors, writeErrors } from './call-errors.js';
import { resourceName, timestamp } from './fields.js';
import { operation } from './operation.js';
import { subscriptionParams, subscriptionSchema } from './subscriptions.js';

export const askRecipientBody = z.object({ address: z.string().min(3).max(254) }).strict();
export const askRecipientErrors = ['recipient_not_found', 'recipient_settled', 'confirmations_limited'] as const;

export const askRecipient = operation({
  id: 'askRecipient', tag: 'Subscriptions', method: 'POST', path: '/api/v1/namespaces/{namespace}/subscriptions/{subscription}/recipients/ask', permission: 'subscriptions:write', status: 200,
  summary: 'Send a recipient the mail that asks for confirmation again',
  description: 'At most every ten minutes to one address; ten a day to one address whoever asks, and a hundred a day from one tenant. Links in earlier mails work until they end.',
  params: subscriptionParams, body: askRecipientBody, reply: subscriptionSchema,
  errors: [...writeErrors, ...bodyErrors, 'name_invalid', 'subscription_not_found', ...askRecipientErrors],
});

const tag = 'Mail links';
const token = z.string().min(1).max(1_024);
const body = z.object({ token: token.meta({ description: 'What stands behind /mail/ in the link' }) }).strict();
const errors = ['cross_site_refused', ...bodyErrors, 'mail_link_invalid'] as const;

export const mailLinkView = z
  .object({
    purpose: z.enum(['confirm', 'unsubscribe']), address: z.string(), sender: z.string().meta({ description: 'Name of the tenant' }),
    namespace: z.string().nullable(), subscription: resourceName.nullable().meta({ description: 'What asked; null where the link is of no one subscription' }),
    state: z.enum(['waiting', 'confirmed', 'unsubscribed']), expiresAt: timestamp.nullable().meta({ description: 'null: the link does not end' }),
  })
  .meta({ id: 'MailLinkView' });
export type MailLinkView = z.output<typeof mailLinkView>;

const answer = { tag, method: 'POST', permission: 'public', status: 200, body, reply: mailLinkView } as const;
export const readMailLink = operation({
  ...answer, id: 'readMailLink', path: '/api/v1/mail-links/read', summary: 'What a link of a mail is for, and what its recipient said; changes nothing', errors,
});
export const confirmMails = operation({
  ...answer, id: 'confirmMails', path: '/api/v1/mail-links/confirm', summary: 'Confirm that mails are wanted: the link works once', errors: [...errors, 'mail_link_used'],
});
export const unsubscribeFromMails = operation({
  ...answer, id: 'unsubscribeFromMails', path: '/api/v1/mail-links/unsubscribe', summary: 'Get no more mails of the tenant, from whatever subscription', errors: [...errors, 'mail_link_used'],
});
export const resubscribeToMails = operation({
  ...answer, id: 'resubscribeToMails', path: '/api/v1/mail-links/resubscribe', summary: 'Take an unsubscription back, with the link that made it', errors,
});
export const unsubscribeByMailProgram = operation({
  id: 'unsubscribeByMailProgram', tag, method: 'POST', path: '/mail/{token}', permission: 'public', status: 204,
  summary: 'One-click unsubscription by mail programs (RFC 8058); a GET shows people a page', params: z.object({ token }), body: 'bytes', errors: ['mail_link_invalid', 'mail_link_used', 'request_body_too_large'],
});
