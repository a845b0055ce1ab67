import type { ComposedInvoice, InvoiceLine } from '../../invoices/invoice.js';

/** A line of a Stripe invoice, as far as it is compared. */
export interface StripeLine {
  /** Of a metered price of ours, else null. */
  readonly dimension: string | null;
  /** Our line that it stands for, from its metadata; null on usage lines and on what is none of ours. */
  readonly lineId: string | null;
  readonly quantity: bigint;
  readonly amountCents: bigint;
}

/** How Stripe has the invoice: with automatic tax it takes no negative items (docs.stripe.com/api/invoices/object#invoice_object-automatic_tax-enabled). */
export interface TaxTerms {
  readonly isTaxed: boolean;
}

/** Lines that travel as invoice items on the draft: everything but usage, and but credit, which is granted. */
export function extraLines({ lines }: Pick<ComposedInvoice, 'lines'>, { isTaxed }: TaxTerms): InvoiceLine[] {
  return lines.filter(({ kind, amountCents }) => kind !== 'usage' && kind !== 'credit' && amountCents !== 0n && !(isTaxed && amountCents < 0n));
}

/** What a grant takes off the metered lines before tax: credit, and what cannot be a negative item. */
export function grantedCents({ lines, creditCents }: Pick<ComposedInvoice, 'lines' | 'creditCents'>, { isTaxed }: TaxTerms): bigint {
  return creditCents - (isTaxed ? sum(lines.filter(({ kind, amountCents }) => kind !== 'credit' && amountCents < 0n).map(({ amountCents }) => amountCents)) : 0n);
}

/**
 * What differs between our invoice and Stripe's before tax, in sentences; empty when they agree to the unit and to the cent. A
 * graduated price may make several lines at Stripe; they count together. What our price list does not bill has no line here;
 * a subscription made before may still have an item of it there, which must come to nothing.
 */
export function compareLines(ours: ComposedInvoice, theirs: readonly StripeLine[], terms: TaxTerms): string[] {
  const faults: string[] = [];
  const usage = ours.lines.filter(({ kind }) => kind === 'usage');
  const dimensions = new Set([...usage.map(({ dimension }) => dimension!), ...theirs.flatMap(({ dimension }) => dimension ?? [])]);
  for (const dimension of dimensions) {
    const [here, there] = [usage.filter((line) => line.dimension === dimension), theirs.filter((line) => line.dimension === dimension)];
    const quantities = [sum(here.map(({ quantity }) => quantity)), sum(there.map(({ quantity }) => quantity))] as const;
    const amounts = [sum(here.map(({ amountCents }) => amountCents)), sum(there.map(({ amountCents }) => amountCents))] as const;
    if (here.length > 0 && quantities[0] !== quantities[1]) faults.push(`${dimension}: ${quantities[0]} units here, ${quantities[1]} at Stripe`);
    if (amounts[0] !== amounts[1]) faults.push(`${dimension}: ${amounts[0]} cents here, ${amounts[1]} at Stripe`);
  }
  const extra = extraLines(ours, terms);
  const items = theirs.filter(({ dimension }) => dimension === null);
  for (const line of extra) {
    const found = items.filter(({ lineId }) => lineId === lineKey(line));
    if (found.length !== 1 || found[0]!.amountCents !== line.amountCents) faults.push(`${line.description}: ${line.amountCents} cents here, ${found.map(({ amountCents }) => amountCents).join(' + ') || 'nothing'} at Stripe`);
  }
  for (const item of items.filter(({ lineId }) => !extra.some((line) => lineKey(line) === lineId))) faults.push(`a line of ${item.amountCents} cents at Stripe that is not ours`);
  const granted = grantedCents(ours, terms);
  const metered = sum(theirs.filter(({ dimension }) => dimension !== null).map(({ amountCents }) => amountCents));
  if (terms.isTaxed && granted > metered) faults.push(`${granted} cents are to be taken off metered lines of ${metered}: Stripe takes no negative items on invoices with automatic tax; grant the rest as credit for the next month`);
  const [ourTotal, theirTotal] = [ours.subtotalCents + granted - ours.creditCents, sum(theirs.map(({ amountCents }) => amountCents))];
  if (ourTotal !== theirTotal) faults.push(`in all: ${ourTotal} cents here, ${theirTotal} at Stripe`);
  return faults;
}

/** A draft's lines get new ids when it is computed anew; what they stand for stays. */
export function lineKey({ kind, dimension, cause, reference }: InvoiceLine): string {
  return [kind, dimension ?? '', cause ?? '', reference?.adjustmentId ?? ''].join(':');
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
