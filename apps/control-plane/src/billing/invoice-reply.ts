import type { ComposedInvoice, CreditGrant, Emails, Invoice, InvoiceLine, InvoicePapers, Plan, PriceBook, ResourceName, SubLine } from '@waybill/billing';
import { formatE12, invoiceHeadJson, invoiceJson, invoiceLineJson, invoiceSummaryJson, meterText, resourceKindOf } from '@waybill/billing';
import type { getInvoiceLine, InvoiceLineView, InvoiceSummary, InvoiceView, PlanView, previewInvoice, PriceBookView, Reply, ResourceKind } from '@waybill/contracts';

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

export function composedView(composed: ComposedInvoice, asOfMs: number, sealedThroughMs: number): Reply<typeof previewInvoice> {
  const untilMs = Math.min(asOfMs, composed.period.endMs);
  const openHours = Math.max(0, Math.ceil((untilMs - Math.max(sealedThroughMs, composed.period.startMs)) / 3_600_000));
  return { ...invoiceHeadJson(composed), asOf: iso(asOfMs), openHours: Number.isFinite(openHours) ? openHours : 0, evidence: composed.evidence, lines: composed.lines.map((line) => lineView(line)) };
}

// What the API says of an invoice is what its JSON says in exports; here the two have to fit.
const lineView = (line: InvoiceLine): InvoiceLineView => invoiceLineJson(line);
export const summaryView = (invoice: Invoice, disputes: number): InvoiceSummary => invoiceSummaryJson(invoice, disputes);
export const invoiceView = (invoice: Invoice, papers: InvoicePapers, emails: Emails): InvoiceView => invoiceJson(invoice, papers, emails);

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
