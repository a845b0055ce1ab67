import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';
import type { StripeShare } from '../../finance/credit-quotes.js';

export interface UnmirroredNote {
  readonly tenantId: TenantId;
  readonly id: string;
  readonly number: string;
  /** With the tax on top. */
  readonly grossCents: bigint;
  /** Parts of the lines of an invoice with tax; empty without. */
  readonly stripeLines: readonly StripeShare[];
  readonly reason: string;
  readonly stripeInvoiceId: string;
  /** At Stripe, of the money it stands for; null where none went back through it. */
  readonly stripeRefundId: string | null;
}

/** Credit notes of invoices that Stripe made and that it does not know yet; one of a refund once that is decided. */
export class CreditNoteMirrorStore {
  constructor(private readonly database: Database) {}

  async open(limit: number): Promise<UnmirroredNote[]> {
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<{ tenant_id: string; id: string; number: string; gross: bigint; stripe_lines: { id: string; amountCents: string }[] | null; reason: string; stripe_invoice_id: string; refund: string | null }[]>`
      SELECT n.tenant_id, n.id, n.number, n.amount_cents + n.tax_cents AS gross, n.stripe_lines, n.reason, i.stripe_invoice_id,
        CASE WHEN r.method = 'stripe' AND r.state = 'done' THEN r.reference END AS refund FROM credit_notes n LEFT JOIN refunds r ON r.tenant_id = n.tenant_id AND r.id = n.refund_id
      JOIN invoices i ON i.tenant_id = n.tenant_id AND i.id = n.invoice_id AND i.stripe_invoice_id IS NOT NULL
      WHERE r.state IS DISTINCT FROM 'pending' AND NOT EXISTS (SELECT FROM stripe_credit_notes s WHERE s.tenant_id = n.tenant_id AND s.credit_note_id = n.id) ORDER BY n.id LIMIT ${limit}`);
    return rows.map((row) => ({ tenantId: row.tenant_id as TenantId, id: row.id, number: row.number, grossCents: row.gross, stripeLines: (row.stripe_lines ?? []).map(({ id, amountCents }) => ({ id, amountCents: BigInt(amountCents) })), reason: row.reason, stripeInvoiceId: row.stripe_invoice_id, stripeRefundId: row.refund }));
  }

  async done({ tenantId, id }: UnmirroredNote, stripeCreditNoteId: string): Promise<void> {
    await this.database.withTenant(tenantId, (tx) => tx.stripeCreditNote.createMany({ data: { tenantId, creditNoteId: id, stripeCreditNoteId }, skipDuplicates: true }));
  }
}
