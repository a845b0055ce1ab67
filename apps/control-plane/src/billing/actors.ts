import type { InvoicePapers } from '@waybill/billing';
import type { ActorView } from '@waybill/contracts';

/** E-mail addresses by the ids of people; who is not in it has no account, or is not told of. */
export type Emails = ReadonlyMap<string, string>;

export const actorOf = (id: string, emails: Emails): ActorView => ({ id, email: emails.get(id) ?? null });
export const actorOrNull = (id: string | null, emails: Emails): ActorView | null => (id === null ? null : actorOf(id, emails));

/** Everyone the papers of an invoice name. */
export function actorsIn({ disputes, creditNotes }: InvoicePapers): string[] {
  return [...disputes.map(({ openedBy }) => openedBy), ...creditNotes.flatMap(({ approvedBy }) => approvedBy ?? [])];
}
