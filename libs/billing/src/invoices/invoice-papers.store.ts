import type { Database } from '@waybill/database';
import type { Caller } from '@waybill/kernel';

export interface Dispute {
  readonly lineId: string;
  readonly state: 'open' | 'upheld' | 'rejected';
  readonly reason: string;
  readonly openedBy: string;
  readonly openedAtMs: number;
  readonly decision: string | null;
  readonly decidedAtMs: number | null;
}

export interface CreditNote {
  readonly id: string;
  readonly number: string;
  readonly invoiceId: string;
  readonly lineId: string;
  readonly amountCents: bigint;
  readonly reason: string;
  readonly approvedBy: string | null;
  readonly createdAtMs: number;
}

export interface Payment {
  readonly id: string;
  readonly amountCents: bigint;
  readonly method: 'bank_transfer' | 'stripe';
  readonly reference: string;
  readonly receivedAtMs: number;
}

export interface Refund {
  readonly id: string;
  readonly amountCents: bigint;
  readonly method: 'bank_transfer' | 'stripe';
  /** pending: Stripe has not taken it yet. failed: it came back, and is credit of the tenant. */
  readonly state: 'pending' | 'done' | 'failed';
  /** Of the bank or Stripe; null while it is pending. */
  readonly reference: string | null;
  readonly reason: string;
  readonly failure: string | null;
  readonly createdAtMs: number;
}

export interface InvoicePapers {
  readonly disputes: readonly Dispute[];
  readonly creditNotes: readonly CreditNote[];
  readonly payments: readonly Payment[];
  readonly refunds: readonly Refund[];
}

/** What came of an invoice: disputes, credit notes, payments, refunds. */
export class InvoicePapersStore {
  constructor(private readonly database: Database) {}

  read({ tenantId }: Caller, invoiceId: string): Promise<InvoicePapers> {
    const where = { tenantId, invoiceId };
    return this.database.withTenant(tenantId, async (tx) => ({
      disputes: (await tx.invoiceDispute.findMany({ where, orderBy: { openedAt: 'asc' } })).map(({ openedAt, decidedAt, state, lineId, reason, openedBy, decision }) => ({
        lineId, reason, openedBy, decision, state: state as Dispute['state'], openedAtMs: openedAt.getTime(), decidedAtMs: decidedAt?.getTime() ?? null,
      })),
      creditNotes: (await tx.creditNote.findMany({ where, orderBy: { createdAt: 'asc' } })).map(({ createdAt, ...note }) => ({ ...note, createdAtMs: createdAt.getTime() })),
      payments: (await tx.payment.findMany({ where, orderBy: { createdAt: 'asc' } })).map(({ id, amountCents, method, reference, receivedAt }) => ({
        id, amountCents, reference, method: method as Payment['method'], receivedAtMs: receivedAt.getTime(),
      })),
      refunds: (await tx.refund.findMany({ where, orderBy: { createdAt: 'asc' } })).map(({ id, amountCents, method, state, reference, reason, failure, createdAt }) => ({
        id, amountCents, reference, reason, failure, method: method as Refund['method'], state: state as Refund['state'], createdAtMs: createdAt.getTime(),
      })),
    }));
  }

  /** Open disputes by invoice. */
  async disputed(invoiceIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.asSystem((tx) => tx.invoiceDispute.groupBy({ by: ['invoiceId'], where: { invoiceId: { in: [...invoiceIds] }, state: 'open' }, _count: true }));
    return new Map(rows.map(({ invoiceId, _count }) => [invoiceId, _count]));
  }
}
