import { Controller } from '@nestjs/common';
import { exportJournal, getCloseBoard, getFinanceInvoice, getFinanceOverview, getRevenue, getUnbilled, listApprovals, listFinanceEvents, listFinanceInvoices } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { sendFile } from '../billing/send-file.js';
import { FinanceView } from './finance-view.js';

/** What operators look at. */
@Controller()
export class FinanceReportsController {
  constructor(private readonly view: FinanceView) {}

  @Endpoint(getFinanceOverview)
  overview(@From() caller: Caller, @Input() { query }: Parsed<typeof getFinanceOverview>): Promise<Reply<typeof getFinanceOverview>> {
    return this.view.overview(caller, query.period);
  }

  @Endpoint(getRevenue)
  revenue(@Input() { query }: Parsed<typeof getRevenue>): Promise<Reply<typeof getRevenue>> {
    return this.view.revenue(query);
  }

  @Endpoint(getUnbilled)
  unbilled(@Input() { query }: Parsed<typeof getUnbilled>): Promise<Reply<typeof getUnbilled>> {
    return this.view.unbilled(query);
  }

  @Endpoint(getCloseBoard)
  closeBoard(@Input() { query }: Parsed<typeof getCloseBoard>): Promise<Reply<typeof getCloseBoard>> {
    return this.view.closeBoard(query);
  }

  @Endpoint(listFinanceInvoices)
  invoices(@Input() { query }: Parsed<typeof listFinanceInvoices>): Promise<Reply<typeof listFinanceInvoices>> {
    return this.view.invoices(query);
  }

  @Endpoint(getFinanceInvoice)
  invoice(@From() caller: Caller, @Input() { params }: Parsed<typeof getFinanceInvoice>): Promise<Reply<typeof getFinanceInvoice>> {
    return this.view.invoice(caller, params.invoice);
  }

  @Endpoint(listApprovals)
  approvals(@Input() { query }: Parsed<typeof listApprovals>): Promise<Reply<typeof listApprovals>> {
    return this.view.approvals(query.state);
  }

  @Endpoint(exportJournal)
  async journal(@Input() { query }: Parsed<typeof exportJournal>): Promise<Reply<typeof exportJournal>> {
    return sendFile(await this.view.journal(query.period), 'text/csv; charset=utf-8', 'journal.csv');
  }

  @Endpoint(listFinanceEvents)
  events(@Input() { query }: Parsed<typeof listFinanceEvents>): Promise<Reply<typeof listFinanceEvents>> {
    return this.view.events(query);
  }
}
