import { createHash } from 'node:crypto';
import type { OutgoingMessage } from '../../destination.js';
import { lineOf } from '../../mail/mailer.js';
import { textTemplate } from '../template.js';
import type { MailSettings } from './mail-settings.js';

const digestRule = '\n\n----------------------------------------\n\n';
/** A mail is read by people: longer texts are cut, with a word about it. */
const textChars = 262_144;

export interface MailText {
  /** Local part of the Message-ID: the same whenever the same messages are sent again. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

/** How messages become a mail. Fails with `setting_invalid` for a placeholder that is not known. */
export function mailWriter(settings: MailSettings): (messages: readonly OutgoingMessage[]) => MailText {
  const subject = textTemplate(settings.subject, 'subject');
  const text = textTemplate(settings.text, 'text');
  const one = (message: OutgoingMessage): string => cut(text(message));
  return (messages) => {
    const [first] = messages;
    if (messages.length === 1 && first) return { id: first.id, subject: lineOf(subject(first)) || first.id, text: one(first) };
    const digest = createHash('sha256').update(messages.map(({ id }) => id).join('\n')).digest('hex').slice(0, 32);
    return {
      id: `digest-${digest}`, subject: lineOf(settings.digestSubject.replaceAll('{{count}}', String(messages.length))),
      text: cut(messages.map((message) => `${message.key}  ${new Date(message.publishedAtMs).toISOString()}  ${message.id}\n\n${one(message)}`).join(digestRule)),
    };
  };
}

function cut(text: string): string {
  return text.length <= textChars ? text : `${text.slice(0, textChars)}\n\n[cut: ${text.length - textChars} characters more]`;
}
