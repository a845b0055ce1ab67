import { Controller } from '@nestjs/common';
import { actingFor } from '@waybill/billing';
import type { Billing, Doer } from '@waybill/billing';
import {
  adjustUsage, creditLine, decideApproval, decideDispute, finalizeInvoices, grantCredit, holdInvoice, listTenantCredits, noteInvoice, recordPayment, refundInvoice, setContract, writeOffInvoice,
} from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { BillingRoom } from '../billing/billing-room.js';
import { grantView } from '../billing/invoice-reply.js';
import { FinanceView } from './finance-view.js';

/** What operators do. What moves money goes over the desk, which asks for a second person above the limit. */
@Controller()
export class FinanceController {
  readonly #billing: Billing;

  constructor(
    private readonly view: FinanceView,
    room: BillingRoom,
  ) {
    this.#billing = room.billing;
  }

  @Endpoint(finalizeInvoices)
  finalize(@From() caller: Caller, @Input() { body }: Parsed<typeof finalizeInvoices>): Promise<Reply<typeof finalizeInvoices>> {
    return this.view.finalize(caller, body.invoices);
  }

  @Endpoint(holdInvoice)
  hold(@From() caller: Caller, @Input() { params, body }: Parsed<typeof holdInvoice>): Promise<void> {
    return this.#billing.settlement.hold(params.invoice, body.reason, this.#doer(caller));
  }

  @Endpoint(noteInvoice)
  note(@From() caller: Caller, @Input() { params, body }: Parsed<typeof noteInvoice>): Promise<void> {
    return this.#billing.settlement.note(params.invoice, body.text, this.#doer(caller));
  }

  @Endpoint(creditLine)
  creditLine(@From() caller: Caller, @Input() { params, body }: Parsed<typeof creditLine>): Promise<Reply<typeof creditLine>> {
    return this.view.ask(caller, { action: 'credit_note', invoiceId: params.invoice, lineId: params.line, ...body });
  }

  @Endpoint(decideDispute)
  decideDispute(@From() caller: Caller, @Input() { params, body }: Parsed<typeof decideDispute>): Promise<void> {
    return this.#billing.settlement.decide(params.invoice, params.line, body.outcome, body.reason, this.#doer(caller));
  }

  @Endpoint(recordPayment)
  pay(@From() caller: Caller, @Input() { params, body }: Parsed<typeof recordPayment>): Promise<Reply<typeof recordPayment>> {
    return this.view.ask(caller, { action: 'payment', invoiceId: params.invoice, ...body });
  }

  @Endpoint(refundInvoice)
  refund(@From() caller: Caller, @Input() { params, body }: Parsed<typeof refundInvoice>): Promise<Reply<typeof refundInvoice>> {
    return this.view.ask(caller, { action: 'refund', invoiceId: params.invoice, ...body });
  }

  @Endpoint(writeOffInvoice)
  writeOff(@From() caller: Caller, @Input() { params, body }: Parsed<typeof writeOffInvoice>): Promise<Reply<typeof writeOffInvoice>> {
    return this.view.ask(caller, { action: body.as, invoiceId: params.invoice, reason: body.reason });
  }

  @Endpoint(adjustUsage)
  async adjust(@From() caller: Caller, @Input() { body }: Parsed<typeof adjustUsage>): Promise<Reply<typeof adjustUsage>> {
    const tenantId = await this.#billing.tenants.open(body.tenantId);
    const { namespaceId, hour, dimension, cause, resourceId, delta, reason } = body;
    const { id } = await this.#billing.adjusting.propose(actingFor(caller, tenantId), { namespaceId, hourMs: Date.parse(hour), dimension, cause, resourceId, delta: BigInt(delta), reason });
    return this.view.ask(caller, { action: 'adjustment', tenantId, adjustmentId: id, delta, reason });
  }

  @Endpoint(grantCredit)
  async grant(@From() caller: Caller, @Input() { body }: Parsed<typeof grantCredit>): Promise<Reply<typeof grantCredit>> {
    return this.view.ask(caller, { action: 'grant', ...body, tenantId: await this.#billing.tenants.open(body.tenantId) });
  }

  @Endpoint(listTenantCredits)
  async credits(@From() caller: Caller, @Input() { params }: Parsed<typeof listTenantCredits>): Promise<Reply<typeof listTenantCredits>> {
    const grants = await this.#billing.credits.list(actingFor(caller, await this.#billing.tenants.open(params.tenant)));
    return { balanceCents: String(grants.reduce((sum, { remainingCents }) => sum + remainingCents, 0n)), items: grants.map(grantView) };
  }

  @Endpoint(setContract)
  async setContract(@From() caller: Caller, @Input() { params, body }: Parsed<typeof setContract>): Promise<void> {
    const tenantId = await this.#billing.tenants.open(params.tenant);
    const { plan, ...terms } = body;
    await this.#billing.contracts.set(actingFor(caller, tenantId), plan, terms);
    await this.#billing.events.record({ tenantId, actor: caller.actor.id, action: 'contract.set', subject: tenantId, after: { plan, paymentTermsDays: terms.paymentTermsDays, purchaseOrder: terms.purchaseOrder } }, this.#billing.clock.nowMs());
  }

  @Endpoint(decideApproval)
  decide(@From() caller: Caller, @Input() { params, body }: Parsed<typeof decideApproval>): Promise<Reply<typeof decideApproval>> {
    return this.view.decide(caller, params.approval, body.decision);
  }

  #doer(caller: Caller): Doer {
    return { actor: caller.actor.id, approvedBy: null, nowMs: this.#billing.clock.nowMs() };
  }
}
