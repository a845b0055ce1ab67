import type { DestinationKind } from '../destination.js';

/** What somebody said to mails of one tenant; `waiting`: nothing yet. */
export type Consent = 'waiting' | 'confirmed' | 'unsubscribed';
/** By address in lower case; one that is not there was never asked. */
export type Consents = Readonly<Record<string, Consent>>;

/** `trusted`: no confirmation is needed. `denied`: the operator lets no mail go there. */
export type RecipientState = Consent | 'trusted' | 'denied';

/** An address in the settings of a destination, and what the installation says of it. */
export interface Recipient {
  readonly address: string;
  readonly rule: 'ask' | 'trusted' | 'denied';
}

/** What mails are kept under: nobody has two mailboxes that differ in case. */
export function addressKey(address: string): string {
  return address.toLowerCase();
}

/** Nobody is mailed who asked not to be, whatever the operator trusts. */
export function stateOf({ address, rule }: Recipient, consents: Consents): RecipientState {
  if (rule === 'denied') return 'denied';
  const consent = consents[addressKey(address)] ?? 'waiting';
  return rule === 'trusted' && consent !== 'unsubscribed' ? 'trusted' : consent;
}

export function mayBeMailed(state: RecipientState): boolean {
  return state === 'confirmed' || state === 'trusted';
}

/** A destination with recipients of whom none may be mailed: its messages wait in their queue. */
export function isHeld(recipients: readonly Recipient[], consents: Consents): boolean {
  return recipients.length > 0 && !recipients.some((recipient) => mayBeMailed(stateOf(recipient, consents)));
}

/** Of a kind that has none: nobody. */
export function recipientsOf(kind: Pick<DestinationKind, 'recipients'> | undefined, settings: Readonly<Record<string, unknown>>): readonly Recipient[] {
  return kind?.recipients?.(settings) ?? [];
}
