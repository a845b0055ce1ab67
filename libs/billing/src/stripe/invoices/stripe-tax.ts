import type Stripe from 'stripe';
import type { BilledTo, InvoiceTax, TaxAmount } from '../../invoices/tax.js';

type StripeTaxLine = NonNullable<Stripe.Invoice['total_taxes']>[number];

/** Tax as it stands on what Stripe made; rates are asked for once. */
export class StripeTax {
  readonly #rates = new Map<string, Promise<Stripe.TaxRate>>();

  constructor(private readonly stripe: Stripe) {}

  /** Of a final invoice, with whom it was made out to. */
  async ofInvoice(invoice: Stripe.Invoice): Promise<InvoiceTax> {
    return { taxes: await this.amounts(invoice.total_taxes), billedTo: billedToOf(invoice) };
  }

  async amounts(taxes: readonly StripeTaxLine[] | null): Promise<TaxAmount[]> {
    const found: TaxAmount[] = [];
    for (const tax of taxes ?? []) {
      const id = tax.tax_rate_details?.tax_rate;
      const rate = id === undefined ? null : await this.#rate(id);
      found.push({
        name: rate?.display_name ?? 'Tax', jurisdiction: rate?.jurisdiction ?? null, percent: percentOf(rate), inclusive: tax.tax_behavior === 'inclusive', reason: tax.taxability_reason,
        taxableCents: tax.taxable_amount === null ? null : BigInt(tax.taxable_amount), amountCents: BigInt(tax.amount),
      });
    }
    return found;
  }

  #rate(id: string): Promise<Stripe.TaxRate> {
    const known = this.#rates.get(id) ?? this.stripe.taxRates.retrieve(id);
    this.#rates.set(id, known);
    // One that could not be read is asked for again.
    known.catch(() => this.#rates.delete(id));
    return known;
  }
}

/** A rate is text here: what Stripe's number prints is what its own papers show. */
function percentOf(rate: Stripe.TaxRate | null): string | null {
  if (rate === null || rate.rate_type === 'flat_amount') return null;
  return String(rate.effective_percentage ?? rate.percentage);
}

function billedToOf({ customer_name: name, customer_address: address, customer_tax_ids: taxIds }: Stripe.Invoice): BilledTo {
  return {
    name: name ?? null,
    address: address === null ? null : { line1: address.line1, line2: address.line2, postalCode: address.postal_code, city: address.city, state: address.state, country: address.country },
    taxIds: (taxIds ?? []).flatMap(({ type, value }) => (value === null ? [] : [{ type, value }])),
  };
}
