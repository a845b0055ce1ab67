import { createHash } from 'node:crypto';
import type { Database } from '@waybill/database';

/** What must always hold of invoices and credit (billing.md §8). */
export interface BillingBreach {
  readonly invariant: 'lines_add_up' | 'shares_add_up' | 'closed_period_unchanged' | 'invoice_is_ledger' | 'credit_not_negative' | 'numbers_without_gaps';
  readonly where: string;
}

const most = 20;

/** Walks what was closed and says where something does not hold; every one of them needs a person. */
export class BillingAudit {
  constructor(private readonly database: Database) {}

  run(): Promise<BillingBreach[]> {
    return this.database.asSystem(async (tx) => {
      const breaches: BillingBreach[] = [];
      const add = (invariant: BillingBreach['invariant'], rows: readonly { at: string }[]) => breaches.push(...rows.map(({ at }) => ({ invariant, where: at })));
      add('lines_add_up', await tx.$queryRaw`
        SELECT i.id AS at FROM invoices i LEFT JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
        GROUP BY i.tenant_id, i.id HAVING coalesce(sum(l.amount_cents), 0) + i.tax_cents <> i.total_cents OR i.subtotal_cents - i.credit_cents + i.tax_cents <> i.total_cents
          OR i.tax_cents <> (SELECT coalesce(sum(t.amount_cents), 0) FROM invoice_taxes t WHERE t.tenant_id = i.tenant_id AND t.invoice_id = i.id AND NOT t.inclusive) LIMIT ${most}`);
      add('shares_add_up', await tx.$queryRaw`
        SELECT l.invoice_id || ' ' || l.id AS at FROM invoice_lines l JOIN invoice_sub_lines s ON s.tenant_id = l.tenant_id AND s.invoice_id = l.invoice_id AND s.line_id = l.id
        GROUP BY l.tenant_id, l.invoice_id, l.id HAVING sum(s.amount_e12) <> l.amount_e12 OR sum(s.quantity) <> l.quantity LIMIT ${most}`);
      add('invoice_is_ledger', await tx.$queryRaw`
        SELECT i.id || ' ' || l.dimension AS at FROM invoices i JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
        WHERE i.state IN ('finalized', 'paid', 'uncollectible') AND l.kind = 'usage' AND l.cause IS NULL
          AND NOT EXISTS (SELECT FROM invoice_lines o WHERE o.tenant_id = l.tenant_id AND o.invoice_id = l.invoice_id AND o.kind = 'usage' AND o.dimension = l.dimension AND o.cause IS NOT NULL)
          AND l.quantity <> (SELECT coalesce(sum(d.quantity), 0) FROM usage_days d WHERE d.tenant_id = l.tenant_id AND d.dimension = l.dimension
            AND d.day >= (i.period_start AT TIME ZONE 'UTC')::date AND d.day < (i.period_end AT TIME ZONE 'UTC')::date) LIMIT ${most}`);
      add('credit_not_negative', await tx.$queryRaw`
        SELECT g.id AS at FROM credit_grants g JOIN credit_entries e ON e.tenant_id = g.tenant_id AND e.grant_id = g.id
        GROUP BY g.tenant_id, g.id HAVING sum(e.amount_cents) > g.amount_cents OR sum(e.amount_cents) < 0 LIMIT ${most}`);
      add('numbers_without_gaps', await tx.$queryRaw`
        SELECT n.series || ': ' || n.last || ' given, ' || count(i.number) || ' found' AS at FROM invoice_numbers n LEFT JOIN invoices i ON i.number LIKE n.series || '-%'
        WHERE n.series LIKE 'WB-%' GROUP BY n.series, n.last HAVING count(i.number) <> n.last LIMIT ${most}`);
      const closed = await tx.$queryRaw<{ at: string; sha256: Uint8Array; number: string; evidence: Uint8Array; total: bigint }[]>`
        SELECT p.tenant_id || ' ' || p.starts_at AS at, p.sha256, i.number, i.evidence, i.total_cents AS total FROM billing_periods p
        JOIN invoices i ON i.tenant_id = p.tenant_id AND i.period_start = p.starts_at AND i.state <> 'draft' WHERE p.state = 'closed' AND i.finalized_at = p.closed_at`;
      add('closed_period_unchanged', closed.filter(({ sha256, number, evidence, total }) => Buffer.compare(Buffer.from(sha256), createHash('sha256').update(`${number}|${Buffer.from(evidence).toString('hex')}|${total}`).digest()) !== 0).slice(0, most));
      return breaches;
    });
  }
}
