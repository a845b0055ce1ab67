import type Stripe from 'stripe';
import { WaybillError } from '@waybill/kernel';
import { grossOf } from '../../finance/credit-quotes.js';
import type { CreditQuote, CreditQuotes, StripeShare } from '../../finance/credit-quotes.js';
import type { CreditNote } from '../../invoices/invoice-papers.store.js';
import type { Invoice, InvoiceLine } from '../../invoices/invoice.js';
import { addedTaxOf, includedTaxOf } from '../../invoices/tax.js';
import type { StripeCatalogueStore } from '../accounts/stripe-catalogue.store.js';
import { idOf } from '../accounts/subscriptions.js';
import { orUnavailable } from '../outcome.js';
import { lineKey } from './invoice-comparison.js';
import { lineOfItem } from './stripe-draft.js';
import type { StripeTax } from './stripe-tax.js';

interface OpenShare extends StripeShare {
  /** The line of ours that it stands for. */
  readonly key: string;
}

/** An amount that is looked for: of the line, or with the tax on top. */
type Measure = (quote: CreditQuote) => bigint;
const ofLine: Measure = ({ amountCents }) => amountCents;

/**
 * Credits of invoices that Stripe computed tax for. It takes parts of its own lines, before tax, and says with a preview what they are worth;
 * credit that paid a part of a line, and tax, go back in proportion (docs.stripe.com/tax/invoicing/refunds).
 */
export class StripeCreditQuotes implements CreditQuotes {
  constructor(
    private readonly stripe: Stripe,
    private readonly catalogue: StripeCatalogueStore,
    private readonly tax: StripeTax,
  ) {}

  ofLine(invoice: Invoice, lineId: string, amountCents: bigint, noted: readonly CreditNote[]): Promise<CreditQuote> {
    return orUnavailable(async () => {
      const line = invoice.lines.find(({ id }) => id === lineId);
      if (line === undefined) throw new WaybillError('invoice_line_not_found');
      const open = (await this.#open(invoice, noted)).filter(({ key }) => key === keyOf(line));
      const whole = await this.#preview(invoice, line, open);
      if (whole.amountCents < amountCents) throw new WaybillError('credit_note_too_large', { limit: String(whole.amountCents) });
      return this.#part(invoice, line, { open, whole }, amountCents, ofLine);
    });
  }

  worth(invoice: Invoice, grossCents: bigint, noted: readonly CreditNote[]): Promise<CreditQuote[]> {
    return orUnavailable(async () => {
      const shares = await this.#open(invoice, noted);
      const quotes: CreditQuote[] = [];
      let leftCents = grossCents;
      for (const line of invoice.lines.filter(({ kind, amountCents }) => kind !== 'credit' && amountCents > 0n)) {
        if (leftCents === 0n) break;
        const open = shares.filter(({ key }) => key === keyOf(line));
        const whole = await this.#preview(invoice, line, open);
        const quote = grossOf(whole) <= leftCents ? whole : await this.#part(invoice, line, { open, whole }, leftCents, grossOf);
        if (grossOf(quote) > 0n) quotes.push(quote);
        leftCents -= grossOf(quote);
      }
      if (leftCents > 0n) throw new WaybillError('refund_too_large', { limit: String(grossCents - leftCents) });
      return quotes;
    });
  }

  /** What is left of Stripe's lines. */
  async #open({ stripeInvoiceId }: Invoice, noted: readonly CreditNote[]): Promise<OpenShare[]> {
    const dimensions = await this.catalogue.dimensions();
    const taken = (id: string) => noted.flatMap(({ stripeLines }) => stripeLines).reduce((sum, share) => (share.id === id ? sum + share.amountCents : sum), 0n);
    const open: OpenShare[] = [];
    for await (const line of this.stripe.invoices.listLineItems(stripeInvoiceId!, { limit: 100 })) {
      const dimension = dimensions.get(idOf(line.pricing?.price_details?.price) ?? '');
      const amountCents = BigInt(line.amount) - includedTaxOf(await this.tax.amounts(line.taxes)) - taken(line.id);
      if (amountCents > 0n) open.push({ id: line.id, amountCents, key: dimension ?? lineOfItem(line) ?? '' });
    }
    return open;
  }

  /** Whole lines first, then a part of one: what is asked for, to the cent. Its share rises with the amount, so it is found by halving. */
  async #part(invoice: Invoice, line: InvoiceLine, { open, whole }: { readonly open: readonly OpenShare[]; readonly whole: CreditQuote }, wantedCents: bigint, measure: Measure): Promise<CreditQuote> {
    if (measure(whole) === wantedCents) return whole;
    let full: readonly OpenShare[] = [];
    for (const share of open) {
      const more = await this.#preview(invoice, line, [...full, share]);
      if (measure(more) === wantedCents) return more;
      if (measure(more) < wantedCents) {
        full = [...full, share];
        continue;
      }
      return this.#between(wantedCents, measure, share.amountCents, measure(more) - (full.length === 0 ? 0n : measure(await this.#preview(invoice, line, full))), (amountCents) =>
        this.#preview(invoice, line, [...full, { ...share, amountCents }]));
    }
    return whole;
  }

  /** First where proportion says it is, then by halves. Fails with `credit_not_splittable` where two neighbours leap over it. */
  async #between(wantedCents: bigint, measure: Measure, mostCents: bigint, worthCents: bigint, quoteOf: (amountCents: bigint) => Promise<CreditQuote>): Promise<CreditQuote> {
    let [low, high] = [0n, mostCents];
    let [below, above] = [0n, worthCents];
    let guess = (wantedCents * mostCents) / (worthCents === 0n ? 1n : worthCents);
    while (high - low > 1n) {
      const amountCents = guess <= low ? low + 1n : guess >= high ? high - 1n : guess;
      const quote = await quoteOf(amountCents);
      if (measure(quote) === wantedCents) return quote;
      if (measure(quote) < wantedCents) [low, below] = [amountCents, measure(quote)];
      else [high, above] = [amountCents, measure(quote)];
      guess = guess === low ? low + 1n : guess === high ? high - 1n : (low + high) / 2n;
    }
    throw new WaybillError('credit_not_splittable', { amount: String(wantedCents), below: String(below), above: String(above) });
  }

  async #preview({ stripeInvoiceId }: Invoice, { id: lineId }: InvoiceLine, shares: readonly OpenShare[]): Promise<CreditQuote> {
    if (shares.length === 0) return { lineId, amountCents: 0n, taxCents: 0n, includedTaxCents: 0n, taxes: [], stripeLines: [] };
    const note = await this.stripe.creditNotes.preview({ invoice: stripeInvoiceId!, lines: shares.map(creditLineOf) });
    const taxes = await this.tax.amounts(note.total_taxes);
    const taxCents = addedTaxOf(taxes);
    return { lineId, amountCents: BigInt(note.total) - taxCents, taxCents, includedTaxCents: includedTaxOf(taxes), taxes, stripeLines: shares.map(({ id, amountCents }) => ({ id, amountCents })) };
  }
}

/** As a credit note names a part of an invoice's line. */
export function creditLineOf({ id, amountCents }: StripeShare): Stripe.CreditNoteCreateParams.Line {
  return { type: 'invoice_line_item', invoice_line_item: id, amount: Number(amountCents) };
}

/** A usage line stands at Stripe under its meter, every other one under the key it was put there with. */
const keyOf = (line: InvoiceLine): string => (line.kind === 'usage' ? line.dimension! : lineKey(line));
