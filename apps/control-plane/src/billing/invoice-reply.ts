import type { BilledTo, ComposedInvoice, CreditGrant, Dispute, Invoice, InvoiceLine, InvoicePapers, Plan, PriceBook, ResourceName, SubLine } from '@waybill/billing';
import { e12, formatE12, meterText, resourceKindOf } from '@waybill/billing';
import type { BilledToView, getInvoiceLine, InvoiceLineView, InvoiceSummary, InvoiceView, PlanView, previewInvoice, PriceBookView, Reply, ResourceKind } from '@waybill/contracts';
import type { Emails } from './actors.js';
import { actorOf, actorOrNull } from './actors.js';

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

const nobody: Emails = new Map();

export function lineView(line: InvoiceLine, papers?: InvoicePapers, emails = nobody): InvoiceLineView {
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
    dispute: dispute === undefined ? null : disputeView(dispute, emails), creditedCents: String(creditedCents),
  };
}

function disputeView({ state, reason, openedBy, openedAtMs, decision, decidedAtMs }: Dispute, emails: Emails) {
  return { state, reason, openedBy: actorOf(openedBy, emails), openedAt: iso(openedAtMs), decision, decidedAt: isoOrNull(decidedAtMs) };
}

function headOf({ period, plan, priceBookId, priceBookVersion, currency, subtotalCents, creditCents, totalCents }: ComposedInvoice) {
  return {
    period: period.name, periodStart: iso(period.startMs), periodEnd: iso(period.endMs), plan, priceBookId, priceBookVersion, currency,
    subtotalCents: String(subtotalCents), creditCents: String(creditCents), totalCents: String(totalCents),
  };
}

export function composedView(composed: ComposedInvoice, asOfMs: number, sealedThroughMs: number): Reply<typeof previewInvoice> {
  const untilMs = Math.min(asOfMs, composed.period.endMs);
  const openHours = Math.max(0, Math.ceil((untilMs - Math.max(sealedThroughMs, composed.period.startMs)) / 3_600_000));
  return { ...headOf(composed), asOf: iso(asOfMs), openHours: Number.isFinite(openHours) ? openHours : 0, evidence: composed.evidence, lines: composed.lines.map((line) => lineView(line)) };
}

export function summaryView(invoice: Invoice, disputes: number): InvoiceSummary {
  const open = invoice.state === 'finalized' || invoice.state === 'uncollectible';
  return {
    id: invoice.id, number: invoice.number, state: invoice.state, ...headOf(invoice), taxCents: String(invoice.taxCents), settledCents: String(invoice.settledCents), dueCents: String(open ? invoice.totalCents - invoice.settledCents : 0n),
    computedAt: iso(invoice.computedAtMs), finalizedAt: isoOrNull(invoice.finalizedAtMs), dueAt: isoOrNull(invoice.dueAtMs), settledAt: isoOrNull(invoice.settledAtMs), disputes,
  };
}

export function invoiceView(invoice: Invoice, papers: InvoicePapers, emails: Emails): InvoiceView {
  return {
    ...summaryView(invoice, papers.disputes.filter(({ state }) => state === 'open').length), evidence: invoice.evidence, lines: invoice.lines.map((line) => lineView(line, papers, emails)),
    taxes: invoice.taxes.map((tax) => ({ ...tax, taxableCents: tax.taxableCents === null ? null : String(tax.taxableCents), amountCents: String(tax.amountCents) })), billedTo: billedToView(invoice.billedTo),
    creditNotes: papers.creditNotes.map(({ createdAtMs, amountCents, taxCents, id, number, invoiceId, lineId, reason, approvedBy }) => ({ id, number, invoiceId, lineId, reason, approvedBy: actorOrNull(approvedBy, emails), amountCents: String(amountCents), taxCents: String(taxCents), createdAt: iso(createdAtMs) })),
    payments: papers.payments.map(({ id, amountCents, method, reference, receivedAtMs }) => ({ id, method, reference, amountCents: String(amountCents), receivedAt: iso(receivedAtMs) })),
    refunds: papers.refunds.map(({ createdAtMs, amountCents, ...refund }) => ({ ...refund, amountCents: String(amountCents), createdAt: iso(createdAtMs) })),
  };
}

const billedToView = (party: BilledTo | null): BilledToView | null => party && { ...party, taxIds: [...party.taxIds] };

/** Shares by namespace, then by what is in it. */
export function sharesView(line: InvoiceLine, shares: readonly SubLine[], names: ReadonlyMap<string, ResourceName>): Reply<typeof getInvoiceLine> {
  const namespaces = [...Map.groupBy(shares, ({ namespaceId }) => namespaceId)].map(([namespaceId, of]) => ({
    namespaceId, namespace: names.get(namespaceId)?.name ?? null,
    quantity: String(of.reduce((sum, { quantity }) => sum + quantity, 0n)), amountE12: String(of.reduce((sum, { amountE12 }) => sum + amountE12, 0n)),
    resources: of.map(({ resourceId, quantity, amountE12 }) => ({ ...resourceView(resourceId, names), quantity: String(quantity), amountE12: String(amountE12) })),
  }));
  return { amountE12: String(line.amountE12), namespaces };
}

export function resourceView(id: string, names: ReadonlyMap<string, ResourceName>): { id: string; kind: ResourceKind; name: string | null } {
  const known = names.get(id);
  return { id, kind: known?.kind ?? resourceKindOf(id), name: known?.name ?? null };
}

export function priceBookView({ id, name, version, currency, model, terms, prices }: PriceBook): PriceBookView {
  return {
    id, name, version, currency, model, ...termsView(terms),
    prices: prices.map(({ dimension, cause, kind, tiers }) => ({
      dimension, ...meterText(dimension), cause: cause === '' ? null : cause, kind,
      tiers: tiers.map(({ upTo, unitE12, flatE12 }) => ({ upTo: upTo === null ? null : String(upTo), unitPrice: formatE12(unitE12), flatPrice: formatE12(flatE12) })),
    })),
  };
}

export function planView({ name, title, selfService, needsPaymentMethod, namespaces, features, quotas }: Plan, book: PriceBook): PlanView {
  return {
    name, title, model: book.model, priceBookId: book.id, currency: book.currency, ...termsView(book.terms), selfService, needsPaymentMethod, namespaces, features: [...features],
    quotas: quotas === null ? null : Object.fromEntries([...quotas].map(([dimension, units]) => [dimension, String(units)])),
  };
}

const termsView = ({ baseFeeCents, minimumCents, includedCreditCents }: PriceBook['terms']) => ({
  baseFeeCents: String(baseFeeCents), minimumCents: String(minimumCents), includedCreditCents: String(includedCreditCents),
});

export function grantView({ id, source, reason, priority, currency, amountCents, remainingCents, expiresAtMs, createdAtMs }: CreditGrant) {
  return { id, source, reason, priority, currency, amountCents: String(amountCents), remainingCents: String(remainingCents), expiresAt: isoOrNull(expiresAtMs), createdAt: iso(createdAtMs) };
}
