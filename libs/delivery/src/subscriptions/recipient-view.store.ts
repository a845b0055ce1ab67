import type { Transaction } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import { addressKey, isHeld, recipientsOf, stateOf } from '../recipients/recipient.js';
import type { Recipient } from '../recipients/recipient.js';
import { consentsOf, lastAsked } from '../recipients/recipient.store.js';
import type { RecipientView, SubscriptionView } from './definitions.js';
import type { DestinationKinds } from './destination-settings.js';
import { factsOf } from './subscription-row.js';
import type { SubscriptionRow } from './subscription-row.js';

/** Rows as people see them, with what their recipients said. */
export async function viewsOf(tx: Transaction, tenantId: TenantId, rows: readonly SubscriptionRow[], kinds: DestinationKinds): Promise<SubscriptionView[]> {
  const keys = [...new Set(rows.flatMap(({ recipients }) => recipients))];
  const [consents, asked] = [await consentsOf(tx, tenantId, keys), await lastAsked(tx, tenantId, keys)];
  const recipientView = (recipient: Recipient): RecipientView => {
    const last = asked.get(addressKey(recipient.address));
    return {
      address: recipient.address, state: stateOf(recipient, consents), askedAt: last?.requestedAt.toISOString() ?? null, linkEndsAt: last?.expiresAt.toISOString() ?? null,
      notAsked: last?.sentAt === null ? last.error : null,
    };
  };
  return rows.map((row) => {
    const recipients = recipientsIn(row, kinds);
    return { ...factsOf(row), recipients: recipients.map(recipientView), held: isHeld(recipients, consents) };
  });
}

/** A kind that this installation no longer knows has none. */
export function recipientsIn({ kind, settings }: Pick<SubscriptionRow, 'kind' | 'settings'>, kinds: DestinationKinds): readonly Recipient[] {
  return recipientsOf(kinds.all().find((known) => known.kind === kind), settings as Readonly<Record<string, unknown>>);
}
