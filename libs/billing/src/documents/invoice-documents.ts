import type { Caller } from '@waybill/kernel';
import type { Invoice } from '../invoices/invoice.js';
import type { InvoicePapersStore } from '../invoices/invoice-papers.store.js';
import type { TenantStore } from '../invoices/tenant.store.js';
import type { Contracts } from '../prices/contracts.js';
import type { PeopleStore } from '../tenants/people.store.js';
import { actorsIn, invoiceJson } from './invoice-json.js';
import { invoicePdf } from './invoice-pdf.js';

const payments = {
  offline: 'Pay by bank transfer and name the number of the invoice.',
  stripe: 'Paid by the payment method on file; the receipt comes from Stripe.',
} as const;

/** An invoice as a document, with what it takes from elsewhere: whom it is for, how it is paid, what came of it. */
export class InvoiceDocuments {
  constructor(
    private readonly sources: { readonly papers: InvoicePapersStore; readonly contracts: Contracts; readonly tenants: TenantStore; readonly people: PeopleStore },
    private readonly mode: keyof typeof payments,
  ) {}

  async pdf(caller: Caller, invoice: Invoice): Promise<Buffer> {
    const { purchaseOrder } = await this.sources.contracts.of(caller, invoice.period);
    const tenant = (await this.sources.tenants.names([caller.tenantId])).get(caller.tenantId) ?? caller.tenantId;
    return invoicePdf(invoice, { tenant, purchaseOrder, payment: payments[this.mode] });
  }

  /** For finance: with the addresses of all people that its papers name. */
  async json(caller: Caller, invoice: Invoice): Promise<{ readonly tenantId: string } & ReturnType<typeof invoiceJson>> {
    const papers = await this.sources.papers.read(caller, invoice.id);
    return { tenantId: caller.tenantId, ...invoiceJson(invoice, papers, await this.sources.people.emails(actorsIn(papers))) };
  }
}
