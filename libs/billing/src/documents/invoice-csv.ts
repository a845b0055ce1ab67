import { formatAmount, formatE12 } from '../money/amount.js';
import type { Invoice, InvoiceLine, SubLine } from '../invoices/invoice.js';
import { includedTaxOf, taxText } from '../invoices/tax.js';
import { csvOf } from './csv.js';

const head = ['level', 'invoice', 'line', 'kind', 'dimension', 'description', 'namespace', 'resource', 'quantity', 'free quantity', 'billed quantity', 'unit', 'unit price (minor units)', 'amount', 'exact amount (minor units)', 'currency'];

/** With names that people know. */
export interface NamedShare extends Pick<SubLine, 'quantity' | 'amountE12'> {
  readonly namespace: string;
  readonly resource: string;
}

/** A row a line, then its shares, a page at a time, then the totals and each tax between them: the same figures as the PDF and the JSON. */
export async function* invoiceCsv(invoice: Invoice, sharesOf: (line: InvoiceLine) => AsyncIterable<readonly NamedShare[]>): AsyncGenerator<string> {
  const number = invoice.number ?? invoice.id;
  yield csvOf([head]);
  for (const line of invoice.lines) {
    const start = [number, line.id, line.kind, line.dimension, line.description];
    yield csvOf([['line', ...start, null, null, line.quantity, line.freeQuantity, line.billedQuantity, line.unit, formatE12(line.unitE12), formatAmount(line.amountCents, invoice.currency), formatE12(line.amountE12), invoice.currency]]);
    for await (const shares of sharesOf(line)) {
      yield csvOf(shares.map((share) => ['share', ...start, share.namespace, share.resource, share.quantity, null, null, line.unit, null, null, formatE12(share.amountE12), invoice.currency]));
    }
  }
  const total = (level: string, cents: bigint): (string | bigint | null)[] => [level, number, null, null, null, null, null, null, null, null, null, null, null, formatAmount(cents, invoice.currency), null, invoice.currency];
  const taxes = invoice.taxes.map((tax): ReturnType<typeof total> => ['tax', number, null, tax.inclusive ? 'included' : 'added', null, taxText(tax), null, null, null, null, null, '%', tax.percent, formatAmount(tax.amountCents, invoice.currency), null, invoice.currency]);
  const beforeTax = invoice.taxes.length === 0 ? [] : [total('total before tax', invoice.totalCents - invoice.taxCents - includedTaxOf(invoice.taxes))];
  yield csvOf([total('subtotal', invoice.subtotalCents), total('credit', -invoice.creditCents), ...beforeTax, ...taxes, total('total', invoice.totalCents)]);
}
