import type { Billing, Invoice, InvoiceLine, NamedShare, Spooled, Write } from '@waybill/billing';
import { actorsIn, invoiceCsv } from '@waybill/billing';
import type { getInvoiceLine, InvoiceView, listInvoices, Parsed, Reply } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import { digestView, exportRowView } from './export-reply.js';
import { invoiceView, priceBookView, sharesView, summaryView } from './invoice-reply.js';

/** Invoices of one tenant in every form. What is not the tenant's answers like what does not exist. */
export class InvoiceReader {
  constructor(private readonly billing: Billing) {}

  async list(caller: Caller, { limit, after }: Parsed<typeof listInvoices>['query']): Promise<Reply<typeof listInvoices>> {
    if (after !== undefined && !/^inv_[0-9a-z]{1,40}$/.test(after)) throw new WaybillError('page_token_invalid');
    const invoices = await this.billing.invoices.list(caller, after, limit);
    const disputed = await this.billing.papers.disputed(invoices.map(({ id }) => id));
    return { items: invoices.map((invoice) => summaryView(invoice, disputed.get(invoice.id) ?? 0)), next: invoices.length === limit ? (invoices.at(-1)?.id ?? null) : null };
  }

  async read(caller: Caller, id: string): Promise<InvoiceView> {
    const invoice = await this.sent(caller, id);
    const papers = await this.billing.papers.read(caller, id);
    return invoiceView(invoice, papers, await this.billing.people.emailsWithin(caller.tenantId, actorsIn(papers)));
  }

  async line(caller: Caller, id: string, lineId: string): Promise<Reply<typeof getInvoiceLine>> {
    const invoice = await this.sent(caller, id);
    const line = invoice.lines.find((each) => each.id === lineId);
    if (line === undefined) throw new WaybillError('invoice_line_not_found');
    const shares = await this.billing.invoices.subLines(caller, id, lineId);
    return sharesView(line, shares, await this.billing.source.names(caller, shares.map(({ resourceId }) => resourceId)));
  }

  async dispute(caller: Caller, id: string, lineId: string, reason: string): Promise<InvoiceView> {
    await this.sent(caller, id);
    await this.billing.settlement.dispute(id, lineId, reason, { actor: caller.actor.id, approvedBy: null, nowMs: this.billing.clock.nowMs() });
    return this.read(caller, id);
  }

  async pdf(caller: Caller, id: string): Promise<Buffer> {
    const invoice = await this.sent(caller, id);
    return this.billing.documents.pdf(caller, invoice);
  }

  async csv(caller: Caller, id: string): Promise<Spooled> {
    const invoice = await this.sent(caller, id);
    const { invoices, source } = this.billing;
    const sharesOf = async function* (line: InvoiceLine): AsyncGenerator<NamedShare[]> {
      for await (const page of invoices.subLinePages(caller, id, line.id)) {
        const names = await source.names(caller, [...new Set(page.map(({ resourceId }) => resourceId))]);
        const nameOf = (of: string) => names.get(of)?.name ?? of;
        yield page.map((share) => ({ ...share, namespace: nameOf(share.namespaceId), resource: nameOf(share.resourceId) }));
      }
    };
    return this.billing.spools.make(async (write) => {
      for await (const piece of invoiceCsv(invoice, sharesOf)) await write(piece);
    });
  }

  /** JSON of `exportInvoice`. The hours of a sent invoice are closed, so that its pages are of one moment. */
  async export(caller: Caller, id: string): Promise<Spooled> {
    const invoice = await this.sent(caller, id);
    const head = { format: 'waybill.invoice-export.2' as const, invoice: await this.read(caller, id), priceBook: priceBookView(await this.billing.books.open(caller, invoice.priceBookId)) };
    return this.billing.spools.make(async (write) => {
      await write(JSON.stringify(head).slice(0, -1));
      await writeArray(write, 'digests', this.billing.source.sealedHours(caller, invoice.period), digestView);
      await writeArray(write, 'rows', this.billing.countedRows.pages(caller, invoice.period), exportRowView);
      await write('}');
    });
  }

  /** A draft is nobody's but finance's. */
  async sent(caller: Caller, id: string): Promise<Invoice> {
    const invoice = await this.billing.invoices.open(caller, id);
    if (invoice.state === 'draft') throw new WaybillError('invoice_not_found');
    return invoice;
  }
}

/** The next member of the object that is being written. */
async function writeArray<T>(write: Write, name: string, pages: AsyncIterable<readonly T[]>, viewOf: (item: T) => object): Promise<void> {
  let before = `,${JSON.stringify(name)}:[`;
  for await (const page of pages) {
    await write(before + page.map((item) => JSON.stringify(viewOf(item))).join(','));
    before = ',';
  }
  await write(before === ',' ? ']' : `${before}]`);
}
