import type { InvoiceDocuments } from '../documents/invoice-documents.js';
import type { JournalStore } from '../finance/journal.store.js';
import { writeJournal } from '../finance/journal.js';
import type { Invoice } from '../invoices/invoice.js';
import type { Period } from '../invoices/period.js';
import { systemCaller } from '../tenants/system-caller.js';
import type { ExportKind } from './export-kinds.js';
import type { HourRowStore } from './hour-rows.store.js';
import type { InvoiceLineStore } from './invoice-lines.store.js';
import type { Write } from './spool.js';
import { tarEnd, tarEntry } from './tar.js';

/** Invoices of all tenants that were finalized in the time, by number. */
interface FinalizedInvoices {
  finalized(period: Period): AsyncIterable<Invoice>;
}

export interface ExportSources {
  readonly journal: JournalStore;
  readonly lines: InvoiceLineStore;
  readonly hours: HourRowStore;
  readonly invoices: FinalizedInvoices;
  readonly documents: InvoiceDocuments;
}

/** What each kind of export is made of. In memory is a page of rows, or one invoice. */
export class ExportFiles {
  constructor(private readonly sources: ExportSources) {}

  write(kind: ExportKind, period: Period, write: Write): Promise<void> {
    const { journal, lines, hours } = this.sources;
    switch (kind) {
      case 'journal':
        return writeJournal(journal, period, write);
      case 'invoice_lines':
        return lines.write(period, write);
      case 'hour_rows':
        return hours.write(period, write);
      case 'invoice_json':
        return this.#writeJson(period, write);
      case 'invoice_pdf':
        return this.#writePdfs(period, write);
    }
  }

  /** A line an invoice, as the API shows it, with its tenant. */
  async #writeJson(period: Period, write: Write): Promise<void> {
    for await (const invoice of this.sources.invoices.finalized(period)) {
      await write(`${JSON.stringify(await this.sources.documents.json(systemCaller(invoice.tenantId, 'finance_exports'), invoice))}\n`);
    }
  }

  /** An archive of files that are named by their number. */
  async #writePdfs(period: Period, write: Write): Promise<void> {
    for await (const invoice of this.sources.invoices.finalized(period)) {
      const pdf = await this.sources.documents.pdf(systemCaller(invoice.tenantId, 'finance_exports'), invoice);
      await write(tarEntry(`${invoice.number}.pdf`, pdf, invoice.finalizedAtMs ?? invoice.computedAtMs));
    }
    await write(tarEnd);
  }
}
