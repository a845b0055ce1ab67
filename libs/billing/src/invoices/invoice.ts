import type { InvoiceId, InvoiceLineId, PriceBookId, TenantId } from '@waybill/kernel';
import type { Currency } from '../money/currency.js';
import type { TierCharge } from '../rating/rate.js';
import type { Period } from './period.js';
import type { InvoiceTax } from './tax.js';

/** draft: computed anew until it is finalized. finalized: numbered, sent, never changed. The rest: what came of it. */
export const invoiceStates = ['draft', 'finalized', 'paid', 'uncollectible', 'void'] as const;
export type InvoiceState = (typeof invoiceStates)[number];

/** included_credit: usage that the base fee pays already. credit: burnt from the tenant's grants at finalization. */
export const lineKinds = ['base', 'usage', 'adjustment', 'included_credit', 'minimum', 'credit'] as const;
export type LineKind = (typeof lineKinds)[number];

/** The share of one queue, exchange or namespace in a usage line. */
export interface SubLine {
  readonly namespaceId: string;
  readonly resourceId: string;
  readonly quantity: bigint;
  /** All shares of a line add up to its `amountE12` (libs/billing/src/money/shares.ts). */
  readonly amountE12: bigint;
}

/** The late hour that an adjustment books in this period. */
export interface AdjustmentReference {
  readonly adjustmentId: string;
  /** First millisecond of the hour the usage happened in. */
  readonly hourMs: number;
  readonly reason: string;
}

export interface InvoiceLine {
  readonly id: InvoiceLineId;
  readonly kind: LineKind;
  readonly dimension: string | null;
  /** Cause with a price of its own; null: all others. */
  readonly cause: string | null;
  readonly description: string;
  /** Negative only in an adjustment. */
  readonly quantity: bigint;
  readonly freeQuantity: bigint;
  readonly billedQuantity: bigint;
  readonly unit: string;
  /** Price of the last unit, 10^-12 cent. */
  readonly unitE12: bigint;
  readonly tiers: readonly TierCharge[];
  readonly amountE12: bigint;
  /** `amountE12` rounded, once. */
  readonly amountCents: bigint;
  readonly reference: AdjustmentReference | null;
  /** SHA-256 of the line's usage, hex; null on lines without usage. */
  readonly evidence: string | null;
  /** In the order namespace, resource. */
  readonly subLines: readonly SubLine[];
}

/** An invoice as computed; the same for a preview, a draft and what is sent. */
export interface ComposedInvoice {
  readonly tenantId: TenantId;
  readonly period: Period;
  readonly plan: string;
  readonly priceBookId: PriceBookId;
  readonly priceBookVersion: number;
  readonly currency: Currency;
  readonly lines: readonly InvoiceLine[];
  /** All lines but `credit`. */
  readonly subtotalCents: bigint;
  /** What grants pay, 0 or more. */
  readonly creditCents: bigint;
  /** To be paid: before tax until it is finalized, then with the tax that was added. */
  readonly totalCents: bigint;
  /** SHA-256 over the digests of the hours, hex. */
  readonly evidence: string;
}

export interface Invoice extends ComposedInvoice, InvoiceTax {
  readonly id: InvoiceId;
  /** `WB-2026-000123`; null in a draft. */
  readonly number: string | null;
  readonly state: InvoiceState;
  /** Added on top of the lines, in the total; 0 in a draft. */
  readonly taxCents: bigint;
  /** Paid and credited so far. */
  readonly settledCents: bigint;
  readonly computedAtMs: number;
  readonly finalizedAtMs: number | null;
  readonly dueAtMs: number | null;
  readonly settledAtMs: number | null;
  readonly holdReason: string | null;
  readonly stripeInvoiceId: string | null;
}
