import { createHash } from 'node:crypto';
import type { Database, Prisma, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { lockGrants, takeFrom } from '../credits/credit.store.js';
import { recordEvent } from '../finance/finance-event.store.js';
import type { Invoice } from './invoice.js';
import { fixCurrency } from '../tenants/tenant-currency.store.js';
import { lockPeriod, openInvoice } from './invoice.store.js';
import type { Period } from './period.js';
import { addedTaxOf } from './tax.js';
import type { InvoiceTax } from './tax.js';

export interface Finalization {
  readonly approvedBy: string | null;
  readonly stripeInvoiceId: string | null;
  /** As whoever made the legal invoice computed it. */
  readonly tax: InvoiceTax;
  readonly dueAtMs: number;
  readonly nowMs: number;
}

/** The one step that makes an invoice: number, credit, state, closed period and history, all or nothing. */
export class FinalizationStore {
  constructor(private readonly database: Database) {}

  /**
   * Fails with `invoice_not_found`, `invoice_state_conflict` when it is finalized already, `invoice_on_hold`,
   * `invoice_gate_closed` when it was computed anew since the caller looked, and `credit_invalid` when its credit was
   * spent elsewhere, `currency_mismatch` when the tenant took another currency meanwhile: compute the draft again.
   */
  finalize(caller: Caller, seen: Invoice, { approvedBy, stripeInvoiceId, tax, dueAtMs, nowMs }: Finalization): Promise<Invoice> {
    return this.database.asSystem(async (tx) => {
      await lockPeriod(tx, seen.tenantId, seen.period);
      const invoice = await openInvoice(tx, { tenantId: seen.tenantId, id: seen.id });
      if (invoice.state !== 'draft') throw new WaybillError('invoice_state_conflict', { state: invoice.state, needed: 'a draft' });
      if (invoice.holdReason !== null) throw new WaybillError('invoice_on_hold', { reason: invoice.holdReason });
      if (invoice.computedAtMs !== seen.computedAtMs || invoice.totalCents !== seen.totalCents) throw new WaybillError('invoice_gate_closed', { reason: 'it was computed anew meanwhile' });
      if (invoice.subtotalCents !== 0n) await fixCurrency(tx, invoice.tenantId, invoice.currency);
      await burn(tx, invoice, nowMs);
      const number = await nextNumber(tx, 'WB', invoice.period.startMs);
      const taxCents = addedTaxOf(tax.taxes);
      const totalCents = invoice.totalCents + taxCents;
      const paid = totalCents === 0n;
      await tx.invoiceTax.createMany({ data: tax.taxes.map((of, position) => ({ ...of, position, tenantId: invoice.tenantId, invoiceId: invoice.id })) });
      await tx.invoice.update({
        where: { tenantId_id: { tenantId: invoice.tenantId, id: invoice.id } },
        data: { number, state: paid ? 'paid' : 'finalized', finalizedAt: new Date(nowMs), dueAt: new Date(dueAtMs), settledAt: paid ? new Date(nowMs) : null, stripeInvoiceId, taxCents, totalCents, ...(tax.billedTo === null ? {} : { billedTo: tax.billedTo as unknown as Prisma.InputJsonObject }) },
      });
      await closePeriod(tx, invoice.tenantId, invoice.period, `${number}|${invoice.evidence}|${totalCents}`, nowMs);
      await recordEvent(tx, { tenantId: invoice.tenantId, actor: caller.actor.id, approvedBy, action: 'invoice.finalized', subject: invoice.id, after: { number, totalCents: String(totalCents), ...(taxCents === 0n ? {} : { taxCents: String(taxCents) }) } }, nowMs);
      return openInvoice(tx, { tenantId: invoice.tenantId, id: invoice.id });
    });
  }

  /** Closes a period that needs no invoice: a plan without fees, and nothing used. A draft made before its hours were sealed goes. Closing again changes nothing. */
  async closeEmpty(caller: Caller, period: Period, nowMs: number): Promise<void> {
    await this.database.withTenant(caller.tenantId, async (tx) => {
      await lockPeriod(tx, caller.tenantId, period);
      await tx.invoice.deleteMany({ where: { tenantId: caller.tenantId, periodStart: new Date(period.startMs), state: 'draft' } });
      await closePeriod(tx, caller.tenantId, period, 'empty', nowMs);
    });
  }
}

/** A number of a series and year, one after the other: it is taken back when the transaction is. */
export async function nextNumber(tx: Transaction, series: string, atMs: number): Promise<string> {
  const year = new Date(atMs).getUTCFullYear();
  const [row] = await tx.$queryRaw<{ last: number }[]>`
    INSERT INTO invoice_numbers (series, last) VALUES (${`${series}-${year}`}, 1) ON CONFLICT (series) DO UPDATE SET last = invoice_numbers.last + 1 RETURNING last`;
  return `${series}-${year}-${String(row!.last).padStart(6, '0')}`;
}

async function burn(tx: Transaction, invoice: Invoice, nowMs: number): Promise<void> {
  const { tenantId } = invoice;
  await lockGrants(tx, tenantId);
  for (const line of invoice.lines) {
    if (line.kind !== 'credit') continue;
    if (line.cause !== null) await takeFrom(tx, { tenantId, grantId: line.cause, kind: 'burn', reference: invoice.id, amountCents: -line.amountCents, nowMs });
    else {
      const id = `cg_${invoice.id.slice(4)}`;
      await tx.creditGrant.create({ data: { tenantId, id, currency: invoice.currency, amountCents: line.amountCents, priority: 0, source: 'goodwill', reason: `Carried over from ${invoice.period.name}`, createdBy: 'invoice', createdAt: new Date(nowMs) } });
    }
  }
}

async function closePeriod(tx: Transaction, tenantId: string, period: Period, content: string, nowMs: number): Promise<void> {
  const sha256 = createHash('sha256').update(content).digest();
  await tx.$executeRaw`
    INSERT INTO billing_periods (tenant_id, starts_at, ends_at, state, closed_at, sha256)
    VALUES (${tenantId}, ${new Date(period.startMs)}, ${new Date(period.endMs)}, 'closed', ${new Date(nowMs)}, ${sha256})
    ON CONFLICT (tenant_id, starts_at) DO UPDATE SET state = 'closed', closed_at = excluded.closed_at, sha256 = excluded.sha256 WHERE billing_periods.state <> 'closed'`;
}
