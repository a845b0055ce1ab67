import type { Seconds } from './clock.js';
import type { PriceTiers } from './pricing.js';
import type { Address, Party, Tax, TaxBehavior, TaxExempt, TaxId } from './tax-state.js';

type Metadata = Readonly<Record<string, string>>;

/** What a customer's card does when it is charged. */
export type Card = 'none' | 'good' | 'declined';

export interface Customer {
  readonly id: string;
  readonly created: Seconds;
  email: string | null;
  name: string | null;
  description: string | null;
  metadata: Metadata;
  card: Card;
  testClock: string | null;
  deleted: boolean;
  address: Address | null;
  taxExempt: TaxExempt;
  taxIds: TaxId[];
}

export interface Product {
  readonly id: string;
  readonly created: Seconds;
  name: string;
  active: boolean;
  description: string | null;
  metadata: Metadata;
}

export interface Price extends PriceTiers {
  readonly id: string;
  readonly created: Seconds;
  readonly product: string;
  readonly currency: string;
  readonly meter: string | null;
  readonly recurring: boolean;
  active: boolean;
  lookupKey: string | null;
  nickname: string | null;
  metadata: Metadata;
  taxBehavior: TaxBehavior;
}

export interface Meter {
  readonly id: string;
  readonly created: Seconds;
  readonly eventName: string;
  readonly formula: 'sum' | 'count' | 'last';
  readonly window: 'hour' | 'day' | null;
  readonly customerKey: string;
  readonly valueKey: string;
  displayName: string;
  active: boolean;
  deactivatedAt: Seconds | null;
}

export interface MeterEvent {
  readonly identifier: string;
  readonly meter: string;
  readonly customer: string;
  readonly timestamp: Seconds;
  readonly value: bigint;
  readonly receivedAt: Seconds;
  cancelled: boolean;
}

export interface SubscriptionItem {
  readonly id: string;
  readonly created: Seconds;
  readonly price: string;
  readonly quantity: bigint | null;
  /** Usage before this moment is billed elsewhere. */
  readonly since: Seconds;
  metadata: Metadata;
}

export interface Subscription {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  readonly currency: string;
  readonly mode: 'flexible' | 'classic';
  readonly anchor: Seconds;
  readonly startDate: Seconds;
  items: SubscriptionItem[];
  status: 'active' | 'past_due' | 'canceled' | 'unpaid' | 'incomplete';
  periodStart: Seconds;
  periodEnd: Seconds;
  cancelAtPeriodEnd: boolean;
  canceledAt: Seconds | null;
  endedAt: Seconds | null;
  latestInvoice: string | null;
  automaticTax: boolean;
  /** Stripe turned tax off by itself, because it did not know where the customer is. */
  taxDisabled: boolean;
  collection: 'charge_automatically' | 'send_invoice';
  daysUntilDue: number | null;
  metadata: Metadata;
  /** What a schedule puts in force when the period ends. */
  schedule: { readonly id: string; readonly created: Seconds; next: { readonly items: SubscriptionItem[]; readonly metadata: Metadata } | null } | null;
}

export interface InvoiceLine {
  readonly id: string;
  readonly amount: bigint;
  readonly quantity: bigint | null;
  readonly unitAmount: string | null;
  readonly description: string;
  readonly price: string | null;
  readonly subscriptionItem: string | null;
  readonly invoiceItem: string | null;
  readonly metered: boolean;
  readonly start: Seconds;
  readonly end: Seconds;
  readonly metadata: Metadata;
  readonly taxBehavior: TaxBehavior;
  /** Paid from grants, before tax. */
  credit: bigint;
  /** As it was when the invoice was finalized; null before. */
  taxes: readonly Tax[] | null;
}

export interface Invoice {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  readonly currency: string;
  readonly subscription: string | null;
  readonly reason: 'manual' | 'subscription_create' | 'subscription_cycle' | 'subscription_update' | 'upcoming';
  readonly periodStart: Seconds;
  readonly periodEnd: Seconds;
  /** Items whose usage of the period it bills; recomputed while it is a draft. */
  readonly usageItems: readonly SubscriptionItem[];
  lines: InvoiceLine[];
  status: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
  autoAdvance: boolean;
  finalizesAt: Seconds | null;
  finalizedAt: Seconds | null;
  paidAt: Seconds | null;
  voidedAt: Seconds | null;
  uncollectibleAt: Seconds | null;
  number: string | null;
  attempts: number;
  nextAttemptAt: Seconds | null;
  dueDate: Seconds | null;
  creditApplied: bigint;
  paid: bigint;
  creditNotesBefore: bigint;
  creditNotesAfter: bigint;
  automaticTax: boolean;
  taxDisabledReason: 'finalization_requires_location_inputs' | null;
  /** Null while it is a draft: then it is the customer as they are. */
  party: Party | null;
  collection: 'charge_automatically' | 'send_invoice';
  paymentIntent: string | null;
  metadata: Metadata;
}

export interface InvoiceItem {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly quantity: bigint;
  readonly unitAmount: string | null;
  readonly price: string | null;
  readonly subscription: string | null;
  readonly description: string;
  readonly start: Seconds;
  readonly end: Seconds;
  readonly metered: boolean;
  readonly metadata: Metadata;
  readonly taxBehavior: TaxBehavior;
  invoice: string | null;
}

export interface CreditGrant {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly category: 'paid' | 'promotional';
  readonly name: string | null;
  readonly priority: number;
  readonly effectiveAt: Seconds;
  expiresAt: Seconds | null;
  voidedAt: Seconds | null;
  remaining: bigint;
  metadata: Metadata;
}

export interface CreditTransaction {
  readonly id: string;
  readonly created: Seconds;
  readonly grant: string;
  readonly kind: 'credits_granted' | 'credits_applied' | 'credits_expired' | 'credits_voided' | 'credits_application_invoice_voided';
  readonly amount: bigint;
  readonly invoice: string | null;
  readonly line: string | null;
}

export interface CreditNoteLine {
  readonly id: string;
  /** Before credit and exclusive tax. */
  readonly amount: bigint;
  readonly description: string;
  readonly invoiceLine: string | null;
  /** Given back to the grants it was paid from, in effect. */
  readonly credit: bigint;
  readonly taxes: readonly Tax[];
}

export interface CreditNote {
  readonly id: string;
  readonly created: Seconds;
  readonly invoice: string;
  readonly number: string;
  readonly lines: readonly CreditNoteLine[];
  readonly amount: bigint;
  readonly before: bigint;
  readonly after: bigint;
  readonly refund: string | null;
  readonly memo: string | null;
  readonly reason: string | null;
  readonly metadata: Metadata;
  voidedAt: Seconds | null;
}

export interface PaymentIntent {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly invoice: string;
  succeeded: boolean;
}

export interface Refund {
  readonly id: string;
  readonly created: Seconds;
  readonly paymentIntent: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: string | null;
  readonly metadata: Metadata;
  /** It came back from the bank. */
  failed: boolean;
}

export interface CheckoutSession {
  readonly id: string;
  readonly created: Seconds;
  readonly mode: 'subscription' | 'setup';
  readonly customer: string;
  readonly currency: string;
  readonly prices: readonly string[];
  readonly anchor: Seconds | null;
  readonly flexible: boolean;
  readonly successUrl: string | null;
  readonly cancelUrl: string | null;
  readonly clientReference: string | null;
  readonly automaticTax: boolean;
  readonly collectsAddress: boolean;
  readonly collectsTaxIds: boolean;
  readonly metadata: Metadata;
  readonly subscriptionMetadata: Metadata;
  status: 'open' | 'complete' | 'expired';
  subscription: string | null;
  setupIntent: string | null;
}

/** A card that was given, not yet the one that is charged. */
export interface SetupIntent {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  readonly card: Card;
  readonly address: Address | null;
}

export interface PortalConfiguration {
  readonly id: string;
  readonly created: Seconds;
  readonly updates: readonly string[];
  readonly metadata: Metadata;
}

export interface PortalSession {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  readonly returnUrl: string | null;
  readonly configuration: string;
}

export interface TestClock {
  readonly id: string;
  readonly created: Seconds;
  readonly name: string | null;
}

/** Where webhooks go: a snapshot endpoint of v1, or a destination of v2, thin or snapshot. */
export interface Destination {
  readonly id: string;
  readonly created: Seconds;
  readonly kind: 'endpoint' | 'destination';
  readonly payload: 'snapshot' | 'thin';
  readonly name: string;
  url: string;
  secret: string;
  events: readonly string[];
  enabled: boolean;
}

export interface StripeEvent {
  readonly id: string;
  readonly created: Seconds;
  readonly type: string;
  readonly thin: boolean;
  /** The object as it was, serialized; a thin event has a related object at most. */
  readonly object: unknown;
  readonly related: { readonly id: string; readonly type: string; readonly url: string } | null;
}
