import type { Database, Transaction } from '@waybill/database';
import type { Caller, InvoiceId, TenantId } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import type { ComposedInvoice, Invoice, InvoiceState, SubLine } from './invoice.js';
import { invoiceOfRow, rowOfInvoice, rowOfLine, subLineOfRow } from './invoice-rows.js';
import type { Period } from './period.js';

const rowsPerStatement = 2_000;
const numbersPerPage = 500;

export interface InvoiceFilter {
  readonly period?: Period | undefined;
  readonly states?: readonly InvoiceState[] | undefined;
  readonly plan?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly disputed?: boolean | undefined;
}

export interface InvoiceTotals {
  readonly currency: string;
  readonly count: number;
  readonly totalCents: bigint;
  readonly dueCents: bigint;
}

/** Invoices in PostgreSQL. After the draft, triggers refuse every change of what was sent. */
export class InvoiceStore {
  constructor(private readonly database: Database) {}

  /**
   * Stores the draft of a period in place of the one before; its id stays. Returns null when the period's invoice is no
   * draft any more. Two who compute at once take turns.
   */
  saveDraft(caller: Caller, composed: ComposedInvoice, nowMs: number): Promise<InvoiceId | null> {
    const { tenantId } = caller;
    return this.database.withTenant(tenantId, async (tx) => {
      await lockPeriod(tx, tenantId, composed.period);
      const found = await tx.invoice.findFirst({ where: { tenantId, periodStart: new Date(composed.period.startMs), state: { not: 'void' } }, select: { id: true, state: true, holdReason: true } });
      if (found !== null && found.state !== 'draft') return null;
      const id = (found?.id ?? newId('invoice', nowMs)) as InvoiceId;
      if (found !== null) await tx.invoice.delete({ where: { tenantId_id: { tenantId, id } } });
      await tx.invoice.create({ data: { ...rowOfInvoice(composed, id, nowMs), holdReason: found?.holdReason ?? null } });
      await tx.invoiceLine.createMany({ data: composed.lines.map((line, position) => rowOfLine(line, id, tenantId, position)) });
      const subLines = composed.lines.flatMap((line) =>
        line.subLines.map(({ namespaceId, resourceId, quantity, amountE12 }) => ({ tenantId, invoiceId: id, lineId: line.id, namespaceId, resourceId, quantity: String(quantity), amountE12: String(amountE12) })),
      );
      for (let from = 0; from < subLines.length; from += rowsPerStatement) await tx.invoiceSubLine.createMany({ data: subLines.slice(from, from + rowsPerStatement) });
      return id;
    });
  }

  /** Fails with `invoice_not_found`, for another tenant's as for none. Without sub-lines. */
  open(caller: Caller, id: string): Promise<Invoice> {
    return this.database.withTenant(caller.tenantId, (tx) => openInvoice(tx, { tenantId: caller.tenantId, id }));
  }

  /** Whoever's it is: for operators. Fails with `invoice_not_found`. */
  openAny(id: string): Promise<Invoice> {
    return this.database.asSystem((tx) => openInvoice(tx, { id }));
  }

  /** Invoice of a period that is not void; null when there is none. */
  ofPeriod(caller: Caller, period: Period): Promise<Invoice | null> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const row = await tx.invoice.findFirst({ where: { tenantId: caller.tenantId, periodStart: new Date(period.startMs), state: { not: 'void' } }, select: { id: true } });
      return row && openInvoice(tx, { tenantId: caller.tenantId, id: row.id });
    });
  }

  subLines(caller: Caller, invoiceId: string, lineId: string): Promise<SubLine[]> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const rows = await tx.invoiceSubLine.findMany({ where: { tenantId: caller.tenantId, invoiceId, lineId }, orderBy: [{ namespaceId: 'asc' }, { resourceId: 'asc' }] });
      return rows.map(subLineOfRow);
    });
  }

  /** The same a page at a time, by namespace and resource: an invoice that was sent never changes, so the pages are of one moment. */
  async *subLinePages(caller: Caller, invoiceId: string, lineId: string): AsyncGenerator<SubLine[]> {
    let after: SubLine | undefined;
    do {
      const last = after;
      const page = await this.database.withTenant(caller.tenantId, (tx) => tx.invoiceSubLine.findMany({
        where: {
          tenantId: caller.tenantId, invoiceId, lineId,
          ...(last === undefined ? {} : { OR: [{ namespaceId: { gt: last.namespaceId } }, { namespaceId: last.namespaceId, resourceId: { gt: last.resourceId } }] }),
        },
        orderBy: [{ namespaceId: 'asc' }, { resourceId: 'asc' }], take: rowsPerStatement,
      }));
      const shares = page.map(subLineOfRow);
      if (shares.length > 0) yield shares;
      after = shares.length === rowsPerStatement ? shares.at(-1) : undefined;
    } while (after);
  }

  /** Newest first, without lines and taxes; `after` is the id of the last one of the page before. For a tenant that is not a draft. */
  list(caller: Caller, after: string | undefined, limit: number): Promise<Invoice[]> {
    return this.database.withTenant(caller.tenantId, (tx) => page(tx, { tenantId: caller.tenantId, states: ['finalized', 'paid', 'uncollectible', 'void'] }, after, limit));
  }

  /** The same over all tenants. */
  listAny(filter: InvoiceFilter, after: string | undefined, limit: number): Promise<Invoice[]> {
    return this.database.asSystem((tx) => page(tx, filter, after, limit));
  }

  /** Those of all tenants that were finalized in the time, by number, one at a time. */
  async *finalized({ startMs, endMs }: Pick<Period, 'startMs' | 'endMs'>): AsyncGenerator<Invoice> {
    let after = '';
    for (;;) {
      const last = after;
      const found = await this.database.asSystem((tx) => tx.invoice.findMany({
        where: { number: { gt: last }, finalizedAt: { gte: new Date(startMs), lt: new Date(endMs) } }, orderBy: { number: 'asc' }, select: { tenantId: true, id: true, number: true }, take: numbersPerPage,
      }));
      for (const { tenantId, id } of found) yield await this.database.asSystem((tx) => openInvoice(tx, { tenantId: tenantId as TenantId, id }));
      if (found.length < numbersPerPage) return;
      after = found.at(-1)?.number ?? '';
    }
  }

  /** How many there are of each currency, and what they add up to. */
  totals(filter: InvoiceFilter): Promise<InvoiceTotals[]> {
    return this.database.asSystem(async (tx) => {
      const all = await tx.invoice.groupBy({ by: ['currency'], where: await conditions(tx, filter), _count: true, _sum: { totalCents: true }, orderBy: { currency: 'asc' } });
      const due = await tx.invoice.groupBy({ by: ['currency'], where: { AND: [await conditions(tx, filter), { state: { in: ['finalized', 'uncollectible'] } }] }, _sum: { totalCents: true, settledCents: true } });
      return all.map(({ currency, _count: count, _sum: { totalCents } }) => {
        const open = due.find((row) => row.currency === currency)?._sum;
        return { currency, count, totalCents: totalCents ?? 0n, dueCents: (open?.totalCents ?? 0n) - (open?.settledCents ?? 0n) };
      });
    });
  }
}

/** Two who work on the same period of a tenant take turns until their transaction ends. */
export async function lockPeriod(tx: Transaction, tenantId: string, { startMs }: Period): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`period ${startMs}`}), hashtext(${tenantId}))`;
}

export async function openInvoice(tx: Transaction, where: { tenantId?: TenantId; id: string }): Promise<Invoice> {
  const row = await tx.invoice.findFirst({ where, include: { lines: { orderBy: { position: 'asc' } }, taxes: { orderBy: { position: 'asc' } } } });
  if (row === null) throw new WaybillError('invoice_not_found');
  const versions = await versionsOf(tx, [row.priceBookId]);
  return invoiceOfRow(row, row.lines, row.taxes, versions.get(row.priceBookId) ?? 0);
}

async function page(tx: Transaction, filter: InvoiceFilter, after: string | undefined, limit: number): Promise<Invoice[]> {
  const rows = await tx.invoice.findMany({ where: { AND: [await conditions(tx, filter), after === undefined ? {} : { id: { lt: after } }] }, orderBy: { id: 'desc' }, take: limit });
  const versions = await versionsOf(tx, rows.map(({ priceBookId }) => priceBookId));
  return rows.map((row) => invoiceOfRow(row, [], [], versions.get(row.priceBookId) ?? 0));
}

async function conditions(tx: Transaction, { period, states, plan, tenantId, disputed }: InvoiceFilter) {
  const open = disputed === true ? await tx.invoiceDispute.findMany({ where: { state: 'open' }, select: { invoiceId: true } }) : null;
  return {
    ...(period === undefined ? {} : { periodStart: new Date(period.startMs) }),
    ...(states === undefined ? {} : { state: { in: [...states] } }),
    ...(plan === undefined ? {} : { plan }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(open === null ? {} : { id: { in: open.map(({ invoiceId }) => invoiceId) } }),
  };
}

async function versionsOf(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.priceBook.findMany({ where: { id: { in: [...ids] } }, select: { id: true, version: true } });
  return new Map(rows.map(({ id, version }) => [id, version]));
}
