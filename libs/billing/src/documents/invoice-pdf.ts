import PDFDocument from 'pdfkit';
import { formatAmount, formatE12 } from '../money/amount.js';
import type { Invoice, InvoiceLine } from '../invoices/invoice.js';
import { includedTaxOf, taxText } from '../invoices/tax.js';
import type { PostalAddress } from '../invoices/tax.js';

export interface PdfParties {
  readonly tenant: string;
  readonly purchaseOrder: string | null;
  /** How it is paid, in a sentence. */
  readonly payment: string;
}

const left = 50;
const right = 545;
const bottom = 760;
/** Where the names of the sums begin. */
const sumNames = 190;
const columns = { quantity: 315, unit: 395, amount: 470 } as const;
const grey = '#5b6470';

/** The invoice as PDF (A4): every line with its arithmetic, and the totals. */
export function invoicePdf(invoice: Invoice, parties: PdfParties): Promise<Buffer> {
  const title = `Invoice ${invoice.number ?? '(draft)'}`;
  const pdf = new PDFDocument({ size: 'A4', margin: left, bufferPages: true, info: { Title: title, Author: 'Waybill', CreationDate: new Date(invoice.finalizedAtMs ?? invoice.computedAtMs) } });
  const chunks: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
  heading(pdf, invoice, title, parties);
  columnHeads(pdf);
  for (const line of invoice.lines) drawLine(pdf, invoice, line);
  totals(pdf, invoice, parties);
  pageNumbers(pdf, title);
  pdf.end();
  return done;
}

type Pdf = InstanceType<typeof PDFDocument>;
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function heading(pdf: Pdf, invoice: Invoice, title: string, { tenant, purchaseOrder }: PdfParties): void {
  pdf.font('Helvetica-Bold').fontSize(20).text('Waybill', left, 50).fontSize(14).text(title, left, 80);
  pdf.font('Helvetica').fontSize(9).fillColor(grey);
  const facts: [string, string][] = [
    ['Customer', latin(invoice.billedTo?.name ?? tenant)], ...partyFacts(invoice), ['Period', `${day(invoice.period.startMs)} to ${day(invoice.period.endMs - 1)}, UTC`], ['Plan', `${invoice.plan}, price book ${invoice.priceBookId} version ${invoice.priceBookVersion}`],
    ...(invoice.finalizedAtMs === null ? [] : [['Date', day(invoice.finalizedAtMs)] as [string, string]]),
    ...(invoice.dueAtMs === null ? [] : [['Due', day(invoice.dueAtMs)] as [string, string]]),
    ...(invoice.state !== 'paid' || invoice.settledAtMs === null ? [] : [['Paid', day(invoice.settledAtMs)] as [string, string]]),
    ...(purchaseOrder === null ? [] : [['Purchase order', latin(purchaseOrder)] as [string, string]]),
  ];
  let y = 108;
  for (const [name, value] of facts) {
    pdf.fillColor(grey).text(name, left, y, { lineBreak: false }).fillColor('black').text(value, left + 90, y, { lineBreak: false, width: right - left - 90, height: 12, ellipsis: true });
    y += 14;
  }
  pdf.y = y + 14;
}

/** Address and tax ids as the legal invoice has them. */
function partyFacts({ billedTo }: Invoice): [string, string][] {
  if (billedTo === null) return [];
  return [...(billedTo.address === null ? [] : [['Address', latin(addressText(billedTo.address))] as [string, string]]), ...billedTo.taxIds.map(({ value }): [string, string] => ['Tax id', latin(value)])];
}

function addressText({ line1, line2, postalCode, city, state, country }: PostalAddress): string {
  const place = [postalCode, city].filter((part) => part !== null && part !== '').join(' ');
  return [line1, line2, place, state, country].filter((part) => part !== null && part !== '').join(', ');
}

function columnHeads(pdf: Pdf): void {
  const { y } = pdf;
  pdf.font('Helvetica-Bold').fontSize(8).fillColor(grey).text('Description', left, y);
  cell(pdf, 'Quantity', columns.quantity, y, 75);
  cell(pdf, 'Unit price', columns.unit, y, 70);
  cell(pdf, 'Amount', columns.amount, y, right - columns.amount);
  pdf.moveTo(left, y + 13).lineTo(right, y + 13).lineWidth(0.5).strokeColor(grey).stroke();
  pdf.y = y + 20;
}

function drawLine(pdf: Pdf, { currency }: Invoice, line: InvoiceLine): void {
  const arithmetic = line.tiers.map(({ quantity, unitE12, flatE12, amountE12 }) =>
    amountE12 === 0n ? `${grouped(quantity)} free` : `${grouped(quantity)} x ${formatE12(unitE12)}${flatE12 === 0n ? '' : ` + ${formatE12(flatE12)}`} = ${formatE12(amountE12)}`);
  if (pdf.y + 16 + 10 * Math.max(1, arithmetic.length) > bottom) {
    pdf.addPage();
    columnHeads(pdf);
  }
  const { y } = pdf;
  pdf.font('Helvetica').fontSize(9).fillColor('black').text(latin(line.description), left, y, { width: columns.quantity - left - 10 });
  const after = pdf.y;
  if (line.unit !== '') {
    cell(pdf, grouped(line.quantity), columns.quantity, y, 75);
    if (line.unitE12 > 0n) cell(pdf, formatE12(line.unitE12), columns.unit, y, 70);
    unitName(pdf, line, y);
  }
  cell(pdf, formatAmount(line.amountCents, currency), columns.amount, y, right - columns.amount);
  pdf.y = after;
  pdf.fontSize(7).fillColor(grey);
  for (const text of arithmetic) pdf.text(text, left + 10, pdf.y + 1);
  // The name of the unit stands there where a line has no arithmetic.
  if (arithmetic.length === 0 && line.unit !== '') pdf.y += 9;
  pdf.y += 5;
}

/** What is counted, small beneath the quantity. */
function unitName(pdf: Pdf, { unit, quantity }: InvoiceLine, y: number): void {
  pdf.fontSize(7).fillColor(grey);
  const several = unit === 'KiB' ? unit : unit.endsWith('s') ? `${unit}es` : `${unit}s`;
  cell(pdf, quantity === 1n ? unit : several, columns.quantity, y + 11, 75);
  pdf.fontSize(9).fillColor('black');
}

function totals(pdf: Pdf, invoice: Invoice, { payment }: PdfParties): void {
  const rows = sumsOf(invoice);
  if (pdf.y + 58 + 16 * rows.length > bottom) pdf.addPage();
  pdf.moveTo(left, pdf.y).lineTo(right, pdf.y).lineWidth(0.5).strokeColor(grey).stroke();
  let y = pdf.y + 8;
  for (const [index, [name, cents]] of rows.entries()) {
    pdf.font(index === rows.length - 1 ? 'Helvetica-Bold' : 'Helvetica').fontSize(10).fillColor('black').text(name, sumNames, y, { lineBreak: false, width: columns.amount - sumNames, height: 14, ellipsis: true });
    cell(pdf, `${formatAmount(cents, invoice.currency)} ${invoice.currency}`, columns.unit, y, right - columns.unit);
    y += 16;
  }
  pdf.font('Helvetica').fontSize(8).fillColor(grey);
  const reversed = invoice.taxes.some(({ reason }) => reason === 'reverse_charge');
  if (reversed) pdf.text('Reverse charge: the customer owes the tax.', left, (y += 12), { width: right - left });
  pdf.text(latin(payment), left, y + 12, { width: right - left });
  pdf.text('Unit prices and the arithmetic beneath a line are in minor units of the currency; a line is rounded once, half up.', left, pdf.y + 4, { width: right - left });
  pdf.text(`Evidence (SHA-256 over the digests of the hours): ${invoice.evidence}`, left, pdf.y + 4, { width: right - left });
}

function sumsOf(invoice: Invoice): [string, bigint][] {
  const { subtotalCents, creditCents, totalCents, taxCents, taxes } = invoice;
  const before: [string, bigint][] = [['Subtotal', subtotalCents], ...(creditCents === 0n ? [] : [['Credit', -creditCents] as [string, bigint]])];
  if (taxes.length === 0) return [...before, ['Total, before tax', totalCents]];
  const named = taxes.map((tax): [string, bigint] => [latin(`${taxText(tax)}${tax.inclusive ? ', included' : ''}`), tax.amountCents]);
  return [...before, ['Total, before tax', totalCents - taxCents - includedTaxOf(taxes)], ...named, ['Total', totalCents]];
}

function pageNumbers(pdf: Pdf, title: string): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    pdf.switchToPage(page);
    pdf.page.margins.bottom = 0;
    pdf.font('Helvetica').fontSize(7).fillColor(grey).text(`${title}, page ${page + 1} of ${count}`, left, 800, { lineBreak: false });
  }
}

function cell(pdf: Pdf, text: string, x: number, y: number, width: number): void {
  pdf.text(text, x, y, { width, align: 'right', lineBreak: false });
}

const grouped = (value: bigint): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
/** The built-in fonts know Latin-1 alone; a name in another script shows its place. */
const latin = (text: string): string => text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
