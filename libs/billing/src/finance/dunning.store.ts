import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';

export interface Overdue {
  readonly tenantId: TenantId;
  readonly invoiceId: string;
  readonly number: string;
  readonly dueAtMs: number;
  readonly openCents: bigint;
  readonly currency: string;
}

/** Unpaid invoices after their day. */
export class DunningStore {
  constructor(private readonly database: Database) {}

  /** The oldest one of each tenant, by tenant; `after` is the last tenant of the page before, '' at first. Disputed and held ones wait. */
  overdue(nowMs: number, after: string, limit: number): Promise<Overdue[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string; id: string; number: string; due_at: Date; open: bigint; currency: string }[]>`
        SELECT DISTINCT ON (tenant_id) tenant_id, id, number, due_at, total_cents - settled_cents AS open, currency FROM invoices i
        WHERE tenant_id > ${after} AND state = 'finalized' AND due_at <= ${new Date(nowMs)} AND hold_reason IS NULL
          AND NOT EXISTS (SELECT FROM invoice_disputes d WHERE d.tenant_id = i.tenant_id AND d.invoice_id = i.id AND d.state = 'open')
        ORDER BY tenant_id, due_at LIMIT ${limit}`;
      return rows.map(({ tenant_id: tenantId, id, number, due_at: dueAt, open, currency }) => ({ tenantId: tenantId as TenantId, invoiceId: id, number, dueAtMs: dueAt.getTime(), openCents: open, currency }));
    });
  }

  /** Tenants in dunning with nothing overdue any more that is neither held nor disputed; one of them, or all. */
  settled(nowMs: number, tenantId: TenantId | null = null): Promise<TenantId[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string }[]>`
        SELECT tenant_id FROM billing_profiles p WHERE overdue_since IS NOT NULL AND (${tenantId}::text IS NULL OR tenant_id = ${tenantId})
          AND NOT EXISTS (SELECT FROM invoices i WHERE i.tenant_id = p.tenant_id AND i.state = 'finalized' AND i.due_at <= ${new Date(nowMs)} AND i.hold_reason IS NULL
            AND NOT EXISTS (SELECT FROM invoice_disputes d WHERE d.tenant_id = i.tenant_id AND d.invoice_id = i.id AND d.state = 'open'))`;
      return rows.map((row) => row.tenant_id as TenantId);
    });
  }
}
