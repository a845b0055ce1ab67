import type { CreditNote } from '../invoices/invoice-papers.store.js';
import type { Invoice } from '../invoices/invoice.js';
import type { TaxAmount } from '../invoices/tax.js';

/** A part of a line of Stripe's invoice, before tax. */
export interface StripeShare {
  readonly id: string;
  readonly amountCents: bigint;
}

/** A part of an invoice line that is credited, with its tax as whoever made the legal invoice computes it. */
export interface CreditQuote {
  readonly lineId: string;
  /** As the line shows it: without the tax that comes on top. */
  readonly amountCents: bigint;
  /** On top. */
  readonly taxCents: bigint;
  /** In the amount. */
  readonly includedTaxCents: bigint;
  readonly taxes: readonly TaxAmount[];
  readonly stripeLines: readonly StripeShare[];
}

/** What is credited of an invoice with tax. Nothing is made by asking; what was credited before (`noted`) counts. */
export interface CreditQuotes {
  /** So much of a line, tax on top. Fails with `credit_note_too_large`, `credit_not_splittable`, `stripe_unavailable`. */
  ofLine(invoice: Invoice, lineId: string, amountCents: bigint, noted: readonly CreditNote[]): Promise<CreditQuote>;
  /** Parts of the lines, in their order, that are worth an amount with their tax. Fails with `refund_too_large`, `credit_not_splittable`, `stripe_unavailable`. */
  worth(invoice: Invoice, grossCents: bigint, noted: readonly CreditNote[]): Promise<CreditQuote[]>;
}

/** Whether crediting it needs to be asked where the tax was computed. */
export const hasTax = ({ taxes, stripeInvoiceId }: Pick<Invoice, 'taxes' | 'stripeInvoiceId'>): boolean => stripeInvoiceId !== null && taxes.length > 0;

export const grossOf = ({ amountCents, taxCents }: Pick<CreditQuote, 'amountCents' | 'taxCents'>): bigint => amountCents + taxCents;

/** A line as it is, without tax. */
export function untaxed(lineId: string, amountCents: bigint): CreditQuote {
  return { lineId, amountCents, taxCents: 0n, includedTaxCents: 0n, taxes: [], stripeLines: [] };
}
