import { Controller, Header, StreamableFile } from '@nestjs/common';
import { disputeLine, exportInvoice, getInvoice, getInvoiceCsv, getInvoiceLine, getInvoicePdf, listInvoices } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { InvoiceReader } from './invoice-reader.js';
import { sendFile } from './send-file.js';

@Controller()
export class InvoicesController {
  constructor(private readonly invoices: InvoiceReader) {}

  @Endpoint(listInvoices)
  list(@From() caller: Caller, @Input() { query }: Parsed<typeof listInvoices>): Promise<Reply<typeof listInvoices>> {
    return this.invoices.list(caller, query);
  }

  @Endpoint(getInvoice)
  read(@From() caller: Caller, @Input() { params }: Parsed<typeof getInvoice>): Promise<Reply<typeof getInvoice>> {
    return this.invoices.read(caller, params.invoice);
  }

  @Endpoint(getInvoiceLine)
  line(@From() caller: Caller, @Input() { params }: Parsed<typeof getInvoiceLine>): Promise<Reply<typeof getInvoiceLine>> {
    return this.invoices.line(caller, params.invoice, params.line);
  }

  @Endpoint(getInvoicePdf)
  @Header('content-disposition', 'attachment; filename="invoice.pdf"')
  async pdf(@From() caller: Caller, @Input() { params }: Parsed<typeof getInvoicePdf>): Promise<Reply<typeof getInvoicePdf>> {
    // The contract knows the bytes of a document as text.
    return new StreamableFile(await this.invoices.pdf(caller, params.invoice), { type: 'application/pdf' }) as unknown as string;
  }

  @Endpoint(getInvoiceCsv)
  async csv(@From() caller: Caller, @Input() { params }: Parsed<typeof getInvoiceCsv>): Promise<Reply<typeof getInvoiceCsv>> {
    return sendFile(await this.invoices.csv(caller, params.invoice), 'text/csv; charset=utf-8', 'invoice.csv');
  }

  @Endpoint(exportInvoice)
  async export(@From() caller: Caller, @Input() { params }: Parsed<typeof exportInvoice>): Promise<Reply<typeof exportInvoice>> {
    return sendFile(await this.invoices.export(caller, params.invoice), 'application/json; charset=utf-8');
  }

  @Endpoint(disputeLine)
  dispute(@From() caller: Caller, @Input() { params, body }: Parsed<typeof disputeLine>): Promise<Reply<typeof disputeLine>> {
    return this.invoices.dispute(caller, params.invoice, params.line, body.reason);
  }
}
