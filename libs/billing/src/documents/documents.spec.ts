import { inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { InvoiceId, TenantId } from '@waybill/kernel';
import { composeInvoice } from '../invoices/compose.js';
import type { Invoice } from '../invoices/invoice.js';
import { periodAt } from '../invoices/period.js';
import { formatAmount } from '../money/amount.js';
import { catalogue } from '../prices/catalogue.js';
import { planOf } from '../prices/plans.js';
import { PeriodUsage } from '../rating/period-usage.js';
import { csvOf } from './csv.js';
import { invoiceCsv } from './invoice-csv.js';
import { invoicePdf } from './invoice-pdf.js';

function invoiceWith(resources: readonly string[], plan = 'team'): Invoice {
  const book = catalogue.find(({ name }) => name === planOf(plan).priceBook)!;
  const usage = new PeriodUsage(book);
  resources.forEach((resourceId, i) => usage.add({ namespaceId: 'ns_1', dimension: 'mq_queue_passes', cause: 'publish', resourceId, quantity: 400_000_000n + BigInt(i) }));
  const composed = composeInvoice({
    tenantId: 'tnt_1' as TenantId, period: periodAt(Date.UTC(2026, 0, 1)), contract: { plan: planOf(plan), book, startsAtMs: 0, paymentTermsDays: 14, purchaseOrder: null }, usage: usage.priced(), adjustments: [],
    credits: [{ grantId: 'cg_1', reason: 'Welcome', remainingCents: 777n }], evidence: 'ab'.repeat(32),
  });
  return { ...composed, id: 'inv_1' as InvoiceId, number: 'WB-2026-000001', state: 'finalized', settledCents: 0n, computedAtMs: 0, finalizedAtMs: Date.UTC(2026, 1, 1), dueAtMs: Date.UTC(2026, 1, 15), settledAtMs: null, holdReason: null, stripeInvoiceId: null, taxCents: 0n, taxes: [], billedTo: null };
}

/** The text a reader of the PDF sees, page after page: pdfkit writes it as hex strings in compressed streams. */
function textOf(pdf: Buffer): string {
  const raw = pdf.toString('latin1');
  const streams = [...raw.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].flatMap(([, body = '']) => {
    try {
      return [inflateSync(Buffer.from(body, 'latin1')).toString('latin1')];
    } catch {
      return [];
    }
  });
  const pieces = streams.flatMap((stream) => [...stream.matchAll(/\[([^\]]*)\] TJ/g)].map(([, parts = '']) => [...parts.matchAll(/<([0-9a-f]*)>/g)].map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1')).join('')));
  return pieces.join('\n');
}

/** The whole file. */
async function csvFile(invoice: Invoice, names: ReadonlyMap<string, string> = new Map()): Promise<string> {
  const nameOf = (id: string) => names.get(id) ?? id;
  let text = '';
  for await (const piece of invoiceCsv(invoice, async function* ({ subLines }) {
    yield subLines.map((share) => ({ ...share, namespace: nameOf(share.namespaceId), resource: nameOf(share.resourceId) }));
  })) text += piece;
  return text;
}

const parties = { tenant: 'Acme', purchaseOrder: 'PO-7', payment: 'Pay by bank transfer.' };

describe('row 30: the documents of an invoice', () => {
  it('have in the PDF every amount and the totals that the invoice has', async () => {
    const invoice = invoiceWith(['q_a', 'q_b']);
    const text = (await textOf(await invoicePdf(invoice, parties))).split('\n');
    for (const line of invoice.lines) expect(text).toEqual(expect.arrayContaining([line.description, formatAmount(line.amountCents, 'USD')]));
    expect(text[text.indexOf('Subtotal') + 1]).toBe(`${formatAmount(invoice.subtotalCents, 'USD')} USD`);
    expect(text[text.indexOf('Credit') + 1]).toBe('-7.77 USD');
    expect(text[text.indexOf('Total, before tax') + 1]).toBe(`${formatAmount(invoice.totalCents, 'USD')} USD`);
    expect(invoice.lines.reduce((sum, { amountCents }) => sum + amountCents, 0n)).toBe(invoice.totalCents);
    expect(text.join(' ')).toContain(invoice.evidence);
    expect(text).toEqual(expect.arrayContaining(['passes', '2 000 000 free']));
    expect(text.filter((piece) => piece.endsWith('x 0 = 0'))).toEqual([]);
  });

  it('have each tax between the total before it and the total, with whom it was made out to', async () => {
    const invoice = invoiceWith(['q_a']);
    const tax = { name: 'VAT', jurisdiction: 'DE', percent: '19', inclusive: false, reason: 'standard_rated', taxableCents: invoice.totalCents, amountCents: 190n };
    const address = { line1: '1 Main Street', line2: null, postalCode: '10115', city: 'Berlin', state: null, country: 'DE' };
    const taxed: Invoice = { ...invoice, taxes: [tax, { ...tax, jurisdiction: 'FR', reason: 'reverse_charge', percent: '0', amountCents: 0n }], taxCents: 190n, totalCents: invoice.totalCents + 190n, billedTo: { name: 'Acme SE', address, taxIds: [{ type: 'eu_vat', value: 'DE123456789' }] } };
    const text = textOf(await invoicePdf(taxed, parties)).split('\n');
    const after = (label: string) => text[text.indexOf(label) + 1];
    expect([after('Total, before tax'), after('VAT DE 19 %'), after('VAT FR reverse charge'), after('Total')]).toEqual([invoice.totalCents, 190n, 0n, invoice.totalCents + 190n].map((cents) => `${formatAmount(cents, 'USD')} USD`));
    expect([after('Customer'), after('Address'), after('Tax id')]).toEqual(['Acme SE', '1 Main Street, 10115 Berlin, DE', 'DE123456789']);
    const rows = (await csvFile(taxed)).trim().split('\r\n').map((row) => row.split(','));
    const amounts = rows.filter(([level]) => ['total before tax', 'tax', 'total'].includes(level!)).map((row) => row[13]);
    expect(amounts).toEqual([invoice.totalCents, 190n, 0n, invoice.totalCents + 190n].map((cents) => formatAmount(cents, 'USD')));
  });

  it('have in the CSV the same totals, and shares that add up to their line', async () => {
    const invoice = invoiceWith(['q_a', 'q_b', 'q_c']);
    const rows = (await csvFile(invoice)).trim().split('\r\n').map((row) => row.split(','));
    const amount = (level: string) => rows.find(([first]) => first === level)![13];
    expect([amount('subtotal'), amount('credit'), amount('total')]).toEqual([invoice.subtotalCents, -invoice.creditCents, invoice.totalCents].map((cents) => formatAmount(cents, 'USD')));
    expect(rows.filter(([level]) => level === 'share')).toHaveLength(3);
  });

  it.each(['=cmd()', '+1+1', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'])('neutralise the queue name %j in the CSV', async (name) => {
    const text = await csvFile(invoiceWith(['q_a']), new Map([['q_a', name]]));
    const cells = text.split(/\r\n/).flatMap((row) => row.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? []).map((cell) => cell.replace(/,$/, '').replace(/^"/, ''));
    expect(cells.filter((cell) => /^[=+@\t\r]/.test(cell) || /^-(?!\d+(\.\d+)?$)/.test(cell))).toEqual([]);
    expect(text).toContain("'");
  });

  it('never have a cell that is a formula, whatever it holds, and give back what they were given', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), (cells) => {
        const text = csvOf([cells]);
        const read = [...text.slice(0, -2).matchAll(/(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/gs)].slice(0, cells.length).map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
        cells.forEach((cell, i) => {
          expect([cell, `'${cell}`]).toContain(read[i]);
          expect(/^[=+@\t\r]/.test(read[i]!)).toBe(false);
        });
      }),
    );
  });

  it('go on over several pages, each with its number, and survive names in any script', async () => {
    const invoice = invoiceWith(['q_a']);
    const line = invoice.lines.find(({ kind }) => kind === 'usage')!;
    const text = textOf(await invoicePdf({ ...invoice, lines: Array.from({ length: 40 }, () => line) }, { ...parties, tenant: '株式会社 Ünïcode' }));
    expect(text).toContain('page 2 of 2');
    expect(text).toContain('Ünïcode');
  });
});
