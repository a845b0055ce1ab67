import type { InvoiceId, InvoiceLineId, PriceBookId, TenantId } from '@waybill/kernel';
import { formatE12, parseE12 } from '../money/amount.js';
import type { TierCharge } from '../rating/rate.js';
import type { AdjustmentReference, ComposedInvoice, Invoice, InvoiceLine, InvoiceState, LineKind } from './invoice.js';
import { periodAt } from './period.js';
import type { BilledTo } from './tax.js';

/** Anything that prints a whole number: NUMERIC(38,0) as Prisma gives it. */
interface WholeNumber { toFixed(): string }

export interface InvoiceRow {
  tenantId: string; id: string; number: string | null; periodStart: Date; state: string; plan: string; priceBookId: string; currency: string;
  subtotalCents: bigint; creditCents: bigint; totalCents: bigint; settledCents: bigint; evidence: Uint8Array; computedAt: Date; finalizedAt: Date | null; dueAt: Date | null; settledAt: Date | null;
  holdReason: string | null; stripeInvoiceId: string | null; taxCents: bigint; billedTo: unknown;
}

export interface TaxRow {
  name: string; jurisdiction: string | null; percent: string | null; inclusive: boolean; reason: string; taxableCents: bigint | null; amountCents: bigint;
}

export interface LineRow {
  id: string; kind: string; dimension: string | null; cause: string | null; description: string; quantity: WholeNumber; freeQuantity: WholeNumber; billedQuantity: WholeNumber;
  unit: string; unitPrice: string; tiers: unknown; amountE12: WholeNumber; amountCents: bigint; reference: unknown; evidence: Uint8Array | null;
}

export interface SubLineRow { lineId: string; namespaceId: string; resourceId: string; quantity: WholeNumber; amountE12: WholeNumber }

type WrittenTier = { readonly [K in keyof TierCharge]: string | null };

const whole = (value: WholeNumber): bigint => BigInt(value.toFixed());
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const bytesOf = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex, 'hex'));

/** Sub-lines are read apart: an invoice may have many thousands. */
export function invoiceOfRow(row: InvoiceRow, lines: readonly LineRow[], taxes: readonly TaxRow[], priceBookVersion: number): Invoice {
  return {
    id: row.id as InvoiceId, tenantId: row.tenantId as TenantId, number: row.number, state: row.state as InvoiceState, period: periodAt(row.periodStart.getTime()), plan: row.plan,
    priceBookId: row.priceBookId as PriceBookId, priceBookVersion, currency: row.currency, lines: lines.map(lineOfRow),
    subtotalCents: row.subtotalCents, creditCents: row.creditCents, totalCents: row.totalCents, settledCents: row.settledCents, evidence: hexOf(row.evidence),
    computedAtMs: row.computedAt.getTime(), finalizedAtMs: row.finalizedAt?.getTime() ?? null, dueAtMs: row.dueAt?.getTime() ?? null, settledAtMs: row.settledAt?.getTime() ?? null,
    holdReason: row.holdReason, stripeInvoiceId: row.stripeInvoiceId, taxCents: row.taxCents, billedTo: row.billedTo as BilledTo | null,
    taxes: taxes.map(({ name, jurisdiction, percent, inclusive, reason, taxableCents, amountCents }) => ({ name, jurisdiction, percent, inclusive, reason, taxableCents, amountCents })),
  };
}

function lineOfRow(row: LineRow): InvoiceLine {
  const tiers = (row.tiers as WrittenTier[]).map(tierOf);
  const reference = row.reference as (Omit<AdjustmentReference, 'hourMs'> & { hour: string }) | null;
  return {
    id: row.id as InvoiceLineId, kind: row.kind as LineKind, dimension: row.dimension, cause: row.cause, description: row.description,
    quantity: whole(row.quantity), freeQuantity: whole(row.freeQuantity), billedQuantity: whole(row.billedQuantity), unit: row.unit,
    unitE12: parseE12(row.unitPrice), tiers, amountE12: whole(row.amountE12), amountCents: row.amountCents,
    reference: reference === null ? null : { adjustmentId: reference.adjustmentId, hourMs: Date.parse(reference.hour), reason: reference.reason },
    evidence: row.evidence === null ? null : hexOf(row.evidence), subLines: [],
  };
}

export function rowOfInvoice({ tenantId, period, plan, priceBookId, currency, subtotalCents, creditCents, totalCents, evidence }: ComposedInvoice, id: string, nowMs: number) {
  return {
    tenantId, id, periodStart: new Date(period.startMs), periodEnd: new Date(period.endMs), state: 'draft', plan, priceBookId, currency, subtotalCents, creditCents, totalCents,
    evidence: bytesOf(evidence), computedAt: new Date(nowMs),
  };
}

export function rowOfLine(line: InvoiceLine, invoiceId: string, tenantId: string, position: number) {
  const { reference } = line;
  return {
    tenantId, invoiceId, id: line.id, position, kind: line.kind, dimension: line.dimension, cause: line.cause, description: line.description,
    quantity: String(line.quantity), freeQuantity: String(line.freeQuantity), billedQuantity: String(line.billedQuantity), unit: line.unit, unitPrice: formatE12(line.unitE12),
    tiers: line.tiers.map(writeTier), amountE12: String(line.amountE12), amountCents: line.amountCents,
    ...(reference === null ? {} : { reference: { adjustmentId: reference.adjustmentId, hour: new Date(reference.hourMs).toISOString(), reason: reference.reason } }),
    evidence: line.evidence === null ? null : bytesOf(line.evidence),
  };
}

export function subLineOfRow({ namespaceId, resourceId, quantity, amountE12 }: SubLineRow) {
  return { namespaceId, resourceId, quantity: whole(quantity), amountE12: whole(amountE12) };
}

function writeTier({ above, upTo, quantity, unitE12, flatE12, amountE12 }: TierCharge) {
  return { above: String(above), upTo: upTo === null ? null : String(upTo), quantity: String(quantity), unitE12: String(unitE12), flatE12: String(flatE12), amountE12: String(amountE12) };
}

function tierOf({ above, upTo, quantity, unitE12, flatE12, amountE12 }: WrittenTier): TierCharge {
  return { above: BigInt(above!), upTo: upTo === null ? null : BigInt(upTo), quantity: BigInt(quantity!), unitE12: BigInt(unitE12!), flatE12: BigInt(flatE12!), amountE12: BigInt(amountE12!) };
}
