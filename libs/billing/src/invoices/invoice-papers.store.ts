import type { Database } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import type { CreditQuote } from '../finance/credit-quotes.js';
import type { TaxAmount } from './tax.js';

export interface Dispute {
  readonly lineId: string;
  readonly state: 'open' | 'upheld' | 'rejected';
  readonly reason: string;
  readonly openedBy: string;
  readonly openedAtMs: number;
  readonly decision: string | null;
  readonly decidedAtMs: number | null;
}

export interface CreditNote extends CreditQuote {
  readonly id: string;
  readonly number: string;
  readonly invoiceId: string;
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
      creditNotes: (await tx.creditNote.findMany({ where, orderBy: { createdAt: 'asc' } })).map(({ createdAt, taxes, stripeLines, ...note }) => ({
        ...note, createdAtMs: createdAt.getTime(), taxes: taxesOf(taxes), stripeLines: ((stripeLines ?? []) as { id: string; amountCents: string }[]).map(({ id, amountCents }) => ({ id, amountCents: BigInt(amountCents) })),
      })),
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

/** A credit note as its row keeps it: amounts as text, because JSON has no whole numbers of any size. */
export function rowOfQuote({ lineId, amountCents, taxCents, includedTaxCents, taxes, stripeLines }: CreditQuote) {
  return {
    lineId, amountCents, taxCents, includedTaxCents,
    ...(taxes.length === 0 ? {} : { taxes: taxes.map((tax) => ({ ...tax, taxableCents: tax.taxableCents === null ? null : String(tax.taxableCents), amountCents: String(tax.amountCents) })) }),
    ...(stripeLines.length === 0 ? {} : { stripeLines: stripeLines.map((share) => ({ id: share.id, amountCents: String(share.amountCents) })) }),
  };
}

type WrittenTax = Omit<TaxAmount, 'taxableCents' | 'amountCents'> & { readonly taxableCents: string | null; readonly amountCents: string };

function taxesOf(written: unknown): TaxAmount[] {
  return ((written ?? []) as WrittenTax[]).map((tax) => ({ ...tax, taxableCents: tax.taxableCents === null ? null : BigInt(tax.taxableCents), amountCents: BigInt(tax.amountCents) }));
}
