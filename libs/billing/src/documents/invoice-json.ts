import type { ComposedInvoice, Invoice, InvoiceLine } from '../invoices/invoice.js';
import type { Dispute, InvoicePapers } from '../invoices/invoice-papers.store.js';
import type { BilledTo } from '../invoices/tax.js';
import { e12, formatE12 } from '../money/amount.js';

/** E-mail addresses by the ids of people; who is not in it has no account, or is not told of. */
export type Emails = ReadonlyMap<string, string>;

export const actorOf = (id: string, emails: Emails) => ({ id, email: emails.get(id) ?? null });
export const actorOrNull = (id: string | null, emails: Emails) => (id === null ? null : actorOf(id, emails));

/** Everyone the papers of an invoice name. */
export function actorsIn({ disputes, creditNotes }: InvoicePapers): string[] {
  return [...disputes.map(({ openedBy }) => openedBy), ...creditNotes.flatMap(({ approvedBy }) => approvedBy ?? [])];
}

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

export function invoiceLineJson(line: InvoiceLine, papers?: InvoicePapers, emails: Emails = new Map()) {
  const dispute = papers?.disputes.find(({ lineId }) => lineId === line.id);
  const creditedCents = papers?.creditNotes.filter(({ lineId }) => lineId === line.id).reduce((sum, { amountCents }) => sum + amountCents, 0n) ?? 0n;
  return {
    id: line.id, kind: line.kind, dimension: line.dimension, cause: line.kind === 'credit' ? null : line.cause, description: line.description,
    quantity: String(line.quantity), freeQuantity: String(line.freeQuantity), billedQuantity: String(line.billedQuantity), unit: line.unit, unitPrice: formatE12(line.unitE12),
    tiers: line.tiers.map(({ above, upTo, quantity, unitE12, flatE12, amountE12 }) => ({
      above: String(above), upTo: upTo === null ? null : String(upTo), quantity: String(quantity), unitPrice: formatE12(unitE12), flatPrice: formatE12(flatE12), amountE12: String(amountE12),
    })),
    amountE12: String(line.amountE12), roundingE12: String(line.amountCents * e12 - line.amountE12), amountCents: String(line.amountCents), evidence: line.evidence,
    adjustment: line.reference === null ? null : { id: line.reference.adjustmentId, hour: iso(line.reference.hourMs), reason: line.reference.reason },
    dispute: dispute === undefined ? null : disputeJson(dispute, emails), creditedCents: String(creditedCents),
  };
}

function disputeJson({ state, reason, openedBy, openedAtMs, decision, decidedAtMs }: Dispute, emails: Emails) {
  return { state, reason, openedBy: actorOf(openedBy, emails), openedAt: iso(openedAtMs), decision, decidedAt: isoOrNull(decidedAtMs) };
}

export function invoiceHeadJson({ period, plan, priceBookId, priceBookVersion, currency, subtotalCents, creditCents, totalCents }: ComposedInvoice) {
  return {
    period: period.name, periodStart: iso(period.startMs), periodEnd: iso(period.endMs), plan, priceBookId, priceBookVersion, currency,
    subtotalCents: String(subtotalCents), creditCents: String(creditCents), totalCents: String(totalCents),
  };
}

/** As lists show it. */
export function invoiceSummaryJson(invoice: Invoice, disputes: number) {
  const open = invoice.state === 'finalized' || invoice.state === 'uncollectible';
  return {
    id: invoice.id, number: invoice.number, state: invoice.state, ...invoiceHeadJson(invoice), taxCents: String(invoice.taxCents), settledCents: String(invoice.settledCents), dueCents: String(open ? invoice.totalCents - invoice.settledCents : 0n),
    computedAt: iso(invoice.computedAtMs), finalizedAt: isoOrNull(invoice.finalizedAtMs), dueAt: isoOrNull(invoice.dueAtMs), settledAt: isoOrNull(invoice.settledAtMs), disputes,
  };
}

/** The whole invoice: money and units as text, `emails` of the people its papers name. */
export function invoiceJson(invoice: Invoice, papers: InvoicePapers, emails: Emails) {
  return {
    ...invoiceSummaryJson(invoice, papers.disputes.filter(({ state }) => state === 'open').length), evidence: invoice.evidence, lines: invoice.lines.map((line) => invoiceLineJson(line, papers, emails)),
    taxes: invoice.taxes.map((tax) => ({ ...tax, taxableCents: tax.taxableCents === null ? null : String(tax.taxableCents), amountCents: String(tax.amountCents) })), billedTo: billedToJson(invoice.billedTo),
    creditNotes: papers.creditNotes.map(({ createdAtMs, amountCents, taxCents, id, number, invoiceId, lineId, reason, approvedBy }) => ({ id, number, invoiceId, lineId, reason, approvedBy: actorOrNull(approvedBy, emails), amountCents: String(amountCents), taxCents: String(taxCents), createdAt: iso(createdAtMs) })),
    payments: papers.payments.map(({ id, amountCents, method, reference, receivedAtMs }) => ({ id, method, reference, amountCents: String(amountCents), receivedAt: iso(receivedAtMs) })),
    refunds: papers.refunds.map(({ createdAtMs, amountCents, ...refund }) => ({ ...refund, amountCents: String(amountCents), createdAt: iso(createdAtMs) })),
  };
}

const billedToJson = (party: BilledTo | null) => party && { ...party, taxIds: [...party.taxIds] };
