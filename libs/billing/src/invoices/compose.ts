import { createHash } from 'node:crypto';
import type { InvoiceLineId, TenantId } from '@waybill/kernel';
import { newId } from '@waybill/kernel';
import { e12, formatAmount, roundToCents } from '../money/amount.js';
import { sharesOf } from '../money/shares.js';
import { meterText } from '../prices/meters.js';
import type { Contract } from '../prices/contracts.js';
import { isFreePrice, rate } from '../rating/rate.js';
import type { Rated } from '../rating/rate.js';
import type { PricedUsage, UsagePart } from '../rating/period-usage.js';
import type { AdjustmentReference, ComposedInvoice, InvoiceLine, LineKind } from './invoice.js';
import type { Period } from './period.js';

/** Late usage or a correction, priced by what it changes in the month it belongs to (libs/billing/src/invoices/adjustments.ts). */
export interface PricedAdjustment {
  readonly reference: AdjustmentReference;
  readonly dimension: string;
  readonly part: UsagePart;
  readonly before: Rated;
  readonly after: Rated;
}

/** What is left of a grant, in the order grants are burnt. */
export interface AvailableCredit {
  readonly grantId: string;
  readonly reason: string;
  readonly remainingCents: bigint;
}

export interface ToCompose {
  readonly tenantId: TenantId;
  readonly period: Period;
  readonly contract: Contract;
  readonly usage: readonly PricedUsage[];
  readonly adjustments: readonly PricedAdjustment[];
  readonly credits: readonly AvailableCredit[];
  /** SHA-256 over the digests of the hours, hex. */
  readonly evidence: string;
}

type Charge = Partial<InvoiceLine> & { readonly kind: LineKind; readonly description: string; readonly amountE12: bigint };

/**
 * The invoice of a period: the same arithmetic for a preview, a draft, a what-if and what is sent. Base fee, usage and
 * adjustments first; then the included credit, which is worth usage only; then the minimum; grants pay usage last. A meter at
 * no price has no line: everything is counted whatever the plan, and a plan that bills messages says nothing about units of 64 KiB.
 */
export function composeInvoice({ tenantId, period, contract, usage, adjustments, credits, evidence }: ToCompose): ComposedInvoice {
  const { book, plan } = contract;
  const lines: InvoiceLine[] = [];
  const add = (charge: Charge) => lines.push(lineOf(charge));
  if (book.terms.baseFeeCents > 0n) add({ kind: 'base', description: `${plan.title}, base fee`, unit: 'month', quantity: 1n, billedQuantity: 1n, unitE12: book.terms.baseFeeCents * e12, amountE12: book.terms.baseFeeCents * e12 });
  for (const each of usage) if (!isFreePrice(each.price)) add(usageCharge(each));
  for (const each of adjustments) add(adjustmentCharge(each));
  const usageCents = lines.reduce((sum, line) => (line.kind === 'base' ? sum : sum + line.amountCents), 0n);
  const includedCents = least(book.terms.includedCreditCents, usageCents);
  if (includedCents > 0n) add({ kind: 'included_credit', description: 'Usage included in the base fee', amountE12: -includedCents * e12 });
  const missingCents = book.terms.minimumCents - sumOf(lines);
  if (missingCents > 0n && book.terms.minimumCents > 0n) add({ kind: 'minimum', description: `Up to the minimum of ${formatAmount(book.terms.minimumCents, book.currency)} ${book.currency}`, amountE12: missingCents * e12 });
  const subtotalCents = sumOf(lines);
  for (const charge of creditCharges(credits, usageCents - includedCents, subtotalCents)) add(charge);
  const totalCents = sumOf(lines);
  return { tenantId, period, plan: plan.name, priceBookId: book.id, priceBookVersion: book.version, currency: book.currency, lines, subtotalCents, creditCents: subtotalCents - totalCents, totalCents, evidence };
}

function usageCharge({ price, quantity, parts }: PricedUsage): Charge {
  const { description, unit } = meterText(price.dimension);
  const rated = rate(price, quantity);
  const shares = sharesOf(rated.amountE12, parts.map((part) => part.quantity));
  return {
    ...rated, kind: 'usage', dimension: price.dimension, cause: price.cause === '' ? null : price.cause, description: price.cause === '' ? description : `${description} (${price.cause})`, unit,
    evidence: digestOf(parts), subLines: parts.map((part, i) => ({ ...part, amountE12: shares[i]! })),
  };
}

function adjustmentCharge({ reference, dimension, part, before, after }: PricedAdjustment): Charge {
  const { description, unit } = meterText(dimension);
  const amountE12 = after.amountE12 - before.amountE12;
  return {
    kind: 'adjustment', dimension, description: `${description}, ${new Date(reference.hourMs).toISOString().slice(0, 13)}:00 UTC: ${reference.reason}`, unit, reference,
    quantity: part.quantity, freeQuantity: after.freeQuantity - before.freeQuantity, billedQuantity: after.billedQuantity - before.billedQuantity, unitE12: after.unitE12,
    amountE12, evidence: digestOf([part]), subLines: [{ ...part, amountE12 }],
  };
}

/** Grants pay usage, not fees. More taken back than charged is kept for the customer as a grant, never paid out by an invoice. */
function creditCharges(credits: readonly AvailableCredit[], payableCents: bigint, subtotalCents: bigint): Charge[] {
  if (subtotalCents < 0n) return [{ kind: 'credit', description: 'Carried over as credit', amountE12: -subtotalCents * e12 }];
  let leftCents = least(payableCents, subtotalCents);
  return credits.flatMap(({ grantId, reason, remainingCents }) => {
    const burntCents = least(leftCents, remainingCents);
    if (burntCents <= 0n) return [];
    leftCents -= burntCents;
    return [{ kind: 'credit' as const, description: reason.startsWith('Credit note ') ? reason : `Credit: ${reason}`, cause: grantId, amountE12: -burntCents * e12 }];
  });
}

function lineOf(charge: Charge): InvoiceLine {
  return {
    id: newId('invoiceLine') as InvoiceLineId, dimension: null, cause: null, quantity: 0n, freeQuantity: 0n, billedQuantity: 0n, unit: '', unitE12: 0n, tiers: [], reference: null, evidence: null, subLines: [],
    ...charge, amountCents: roundToCents(charge.amountE12),
  };
}

/** SHA-256 of the lines `namespace|resource=quantity` in their order, hex. */
function digestOf(parts: readonly UsagePart[]): string {
  const hash = createHash('sha256');
  for (const { namespaceId, resourceId, quantity } of parts) hash.update(`${namespaceId}|${resourceId}=${quantity}\n`);
  return hash.digest('hex');
}

const sumOf = (lines: readonly InvoiceLine[]): bigint => lines.reduce((sum, { amountCents }) => sum + amountCents, 0n);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
