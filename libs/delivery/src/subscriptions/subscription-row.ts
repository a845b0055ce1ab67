import type { DisabledReason, SubscriptionState } from '../subscription.js';
import type { SubscriptionView } from './definitions.js';
import { deliveryOfRow, deliveryView } from './delivery-input.js';

export interface SubscriptionRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly queue: string;
  readonly kind: string;
  readonly settings: unknown;
  readonly delivery: unknown;
  readonly state: string;
  readonly disabledReason: string | null;
  readonly disabledAt: Date | null;
  readonly failingSince: Date | null;
  readonly customer: string | null;
  readonly recipients: readonly string[];
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** What the row alone says; the rest is what its recipients said (recipient-view.store.ts). */
export type SubscriptionFacts = Omit<SubscriptionView, 'recipients' | 'held'>;

export function factsOf(row: SubscriptionRow): SubscriptionFacts {
  return {
    id: row.id, name: row.name, description: row.description, queue: row.queue, kind: row.kind, settings: row.settings as Record<string, unknown>,
    delivery: deliveryView(deliveryOfRow(row.delivery)), state: row.state as SubscriptionState, disabledReason: row.disabledReason as DisabledReason | null,
    disabledAt: row.disabledAt?.toISOString() ?? null, failingSince: row.failingSince?.toISOString() ?? null, customer: row.customer,
    createdAt: row.createdAt.toISOString(), changedAt: row.changedAt.toISOString(),
  };
}
