import { z } from 'zod';

/** One plain address: what could begin another header, another recipient or a comment is not in it. */
const address = z.string().max(254).regex(/^[^\s@<>(),;:"\\[\]\x00-\x1f\x7f]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be a plain mail address');

export const mailSettings = z.strictObject({
  to: z.array(address).min(1).max(20).describe('Who gets the mails.'),
  from: address.optional().describe('Sender; only with a server of your own, otherwise it is that of the installation.'),
  replyTo: address.optional().describe('Where answers go.'),
  subject: z.string().min(1).max(500).default('{{message.key}}').describe('Subject of a mail with one message; the placeholders of templates are allowed.'),
  digestSubject: z.string().min(1).max(500).default('{{count}} messages').describe('Subject of a mail with several messages; {{count}} is their number.'),
  text: z.string().min(1).max(8_192).default('{{body}}').describe('Text of each message; the placeholders of templates are allowed.'),
  server: z
    .strictObject({
      host: z.string().min(1).max(253).describe('Name or address of the mail server.'),
      port: z.int().min(1).max(65_535).default(587),
      security: z.enum(['tls', 'starttls', 'none']).default('starttls').describe('TLS from the first byte, STARTTLS (required), or neither, which is possible only without a user name.'),
      username: z.string().min(1).max(256).optional().describe('User name; the secret "password" is the password.'),
    })
    .optional()
    .describe('Your own mail server; default: the one of the installation.'),
});
export type MailSettings = z.output<typeof mailSettings>;
