import type { Database, Transaction } from '@waybill/database';
import { Prisma } from '@waybill/database';
import { newId } from '@waybill/kernel';

/** What the history shows: JSON without money as numbers. */
export type EventValue = string | number | boolean | null | readonly EventValue[] | { readonly [key: string]: EventValue };

export interface FinanceEvent {
  /** '' for what is of the installation itself. */
  readonly tenantId: string;
  readonly actor: string;
  readonly approvedBy?: string | null;
  /** `invoice.finalized`, `payment.recorded`, ... */
  readonly action: string;
  /** Id of the invoice, grant, contract, ... */
  readonly subject: string;
  readonly before?: EventValue;
  readonly after?: EventValue;
}

export interface RecordedEvent extends Required<FinanceEvent> {
  readonly id: string;
  readonly atMs: number;
}

/** Adds to the history in the transaction of what it tells; the runtime may add and read, nothing else. */
export async function recordEvent(tx: Transaction, event: FinanceEvent, nowMs: number): Promise<void> {
  const { before, after, ...rest } = event;
  const json = (value: EventValue | undefined) => (value === undefined || value === null ? Prisma.DbNull : (value as Prisma.InputJsonValue));
  await tx.financeEvent.create({ data: { ...rest, approvedBy: event.approvedBy ?? null, id: newId('billingEvent', nowMs), at: new Date(nowMs), before: json(before), after: json(after) } });
}

/** Who did and approved what. */
export class FinanceEventStore {
  constructor(private readonly database: Database) {}

  async record(event: FinanceEvent, nowMs: number): Promise<void> {
    await this.database.asSystem((tx) => recordEvent(tx, event, nowMs));
  }

  /** Newest first; `after` is the id of the last one of the page before. */
  list(filter: { tenantId?: string | undefined; subject?: string | undefined }, after: string | undefined, limit: number): Promise<RecordedEvent[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.financeEvent.findMany({
        where: { ...(filter.tenantId === undefined ? {} : { tenantId: filter.tenantId }), ...(filter.subject === undefined ? {} : { subject: filter.subject }), ...(after === undefined ? {} : { id: { lt: after } }) },
        orderBy: { id: 'desc' }, take: limit,
      });
      return rows.map(({ at, before, after: changed, ...row }) => ({ ...row, atMs: at.getTime(), before: before as EventValue, after: changed as EventValue }));
    });
  }
}
