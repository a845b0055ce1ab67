import type { Attempt } from '@waybill/contracts';

type Outcome = Attempt['outcome'];

export const outcomes: readonly Outcome[] = ['delivered', 'failed', 'slow_down', 'rejected', 'gone', 'refused'];

/** An outcome in a word, its colour, and what follows from it. */
export const outcomeTone: Readonly<Record<Outcome, { label: string; color: string; help: string }>> = {
  delivered: { label: 'Delivered', color: 'petrol', help: 'The destination took it; the message is settled.' },
  failed: { label: 'Failed', color: 'red', help: 'It is tried again by the schedule; after the last attempt it is a dead letter.' },
  slow_down: { label: 'Slow down', color: 'yellow', help: 'The destination asked for fewer calls. It is tried again by the schedule; after the last attempt it is a dead letter.' },
  rejected: { label: 'Rejected', color: 'red', help: 'The destination will never take this message; it went to the dead letters.' },
  gone: { label: 'Gone', color: 'red', help: 'The destination wants no message any more; the subscription was disabled.' },
  refused: { label: 'Not called', color: 'red', help: 'Waybill did not call the destination; the reason says why.' },
};

const reasons: Readonly<Record<string, string>> = {
  timeout: 'No answer came in time.',
  aborted: 'The call was cut short on our side; it is tried again.',
  connection_refused: 'Nothing listens at that address and port.',
  connection_reset: 'The destination cut the connection.',
  host_unreachable: 'The network of the destination cannot be reached.',
  host_not_found: 'The name of the host does not exist.',
  dns_failed: 'The name of the host could not be looked up.',
  tls_failed: 'No secure connection could be made.',
  tls_certificate: 'The certificate of the destination is not valid.',
  answer_invalid: 'What came back is not valid HTTP.',
  call_failed: 'The call failed.',
  aborted_by_destination: 'The destination said that it will never take this message.',
  redirect: 'The destination redirects; redirects are not followed, so name the last address.',
  secret_missing: 'A secret that the settings need is missing.',
  secret_invalid: 'A secret does not have the form that it must have.',
  token_refused: 'The token endpoint refused the client.',
  token_unavailable: 'No token could be had from the token endpoint.',
  credentials_refused: 'The mail server refused user name or password.',
  recipients_not_confirmed: 'No recipient has confirmed that they want mails; nothing was sent.',
  mail_not_configured: 'This installation has no mail server.',
  body_missing: 'The body of the message is gone from the store of large bodies.',
  rendered_too_long: 'What the template makes of the message is too long.',
  hop_limit: 'The message has gone from Waybill to Waybill too often; it may run in a circle.',
};

/** Why there is no status, in words; a reason that is not known here stays the word it is. */
export function reasonWords(reason: string): string {
  return reasons[reason] ?? (reason.startsWith('egress_') ? `Calls to such an address are not allowed: ${spaced(reason.slice('egress_'.length))}.` : `${capital(spaced(reason))}.`);
}

const spaced = (word: string): string => word.replaceAll('_', ' ');
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What came back, in a few words: "Status 200", "Timeout". */
export function answerLine({ status, reason }: Pick<Attempt, 'status' | 'reason'>): string {
  if (status !== null) return `Status ${status}`;
  return reason === null ? 'No status' : capital(spaced(reason.replace(/^egress_/, '')));
}
