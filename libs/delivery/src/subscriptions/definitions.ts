import type { RecipientState } from '../recipients/recipient.js';
import type { DisabledReason, SubscriptionState } from '../subscription.js';
import type { DeliveryInput, DeliveryView } from './delivery-input.js';

export type Settings = Readonly<Record<string, unknown>>;

/** Somebody in the settings to whom mails go, or would. */
export interface RecipientView {
  readonly address: string;
  readonly state: RecipientState;
  /** Of the last mail that asked for confirmation; null when none did. */
  readonly askedAt: string | null;
  readonly linkEndsAt: string | null;
  /** Why that mail could not be sent. */
  readonly notAsked: string | null;
}

/** A subscription as people see it. */
export interface SubscriptionView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly queue: string;
  readonly kind: string;
  readonly settings: Record<string, unknown>;
  readonly delivery: DeliveryView;
  readonly state: SubscriptionState;
  readonly disabledReason: DisabledReason | null;
  /** RFC 3339, UTC, like every time here. */
  readonly disabledAt: string | null;
  readonly failingSince: string | null;
  readonly customer: string | null;
  /** People it mails; of other destinations none. */
  readonly recipients: RecipientView[];
  /** Its messages wait because no recipient may be mailed. */
  readonly held: boolean;
  readonly createdAt: string;
  readonly changedAt: string;
}

export interface SubscriptionInput {
  readonly queue: string;
  readonly kind: string;
  readonly settings: Settings;
  readonly delivery: DeliveryInput;
  readonly description: string;
  readonly customer: string | null;
  /** Values by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Which one: by name, or by id when one of the tenant's customers asks, who reaches no one else's. */
export type SubscriptionRef = { readonly name: string } | { readonly id: string; readonly customer: string };

export interface SubscriptionQuery {
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly queue?: string | undefined;
  readonly customer?: string | undefined;
  readonly state?: SubscriptionState | undefined;
}

export interface Page<T> {
  readonly items: T[];
  /** Null on the last page. */
  readonly next: string | null;
}

export interface SecretView {
  readonly id: string;
  readonly name: string;
  readonly generated: boolean;
  readonly liveFrom: string;
  /** Null: until it is revoked. */
  readonly liveUntil: string | null;
}

/** A secret with its value: in one answer and nowhere else. */
export interface ShownSecret extends SecretView {
  readonly value: string;
  /** Of a key pair: what the receiver verifies with. */
  readonly publicKey: string | null;
}

export interface SecretInput {
  readonly name: string;
  /** Left out: made by the kind. */
  readonly value?: string | undefined;
  /** How long the older ones of the name stay live; null: until they are revoked. */
  readonly graceSeconds: number | null;
}

export const limits = { subscriptions: 10_000, liveSecretsPerName: 10 } as const;
