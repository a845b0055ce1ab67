import { Prisma, rowPages } from '@waybill/database';
import type { Database } from '@waybill/database';
import type { Period } from '../invoices/period.js';

interface Fact { readonly number: string; readonly tenantId: string; readonly currency: string; readonly at: Date; readonly amountCents: bigint }
export interface JournalFacts {
  readonly invoices: readonly (Fact & { readonly account: string; readonly isCredit: boolean })[];
  /** Amount: added on top; included: in the amounts of the lines. */
  readonly taxes: readonly (Fact & { readonly includedCents: bigint })[];
  readonly payments: readonly Fact[];
  readonly creditNotes: readonly (Fact & { readonly account: string; readonly grantedCents: bigint; readonly isRefunded: boolean; readonly taxCents: bigint; readonly includedCents: bigint })[];
  readonly refunds: readonly Fact[];
  readonly failedRefunds: readonly (Fact & { readonly wasPaid: boolean; readonly taxCents: bigint })[];
  readonly grants: readonly (Fact & { readonly source: string; readonly taxCents: bigint })[];
  readonly endings: readonly (Fact & { readonly source: string })[];
}

const noFacts: JournalFacts = { invoices: [], taxes: [], payments: [], creditNotes: [], refunds: [], failedRefunds: [], grants: [], endings: [] };

/** What happened in a month, for the journal. */
export class JournalStore {
  constructor(
    private readonly database: Database,
    private readonly rowsPerPage = 1_000,
  ) {}

  /**
   * Hands over the facts of one moment, by kind, a page at a time; the next page is read when `take` is done. The rows of a document stay
   * together, so every page balances.
   */
  pages(period: Period, take: (facts: JournalFacts) => Promise<void>): Promise<void> {
    return this.database.snapshot(async (tx) => {
      for (const [kind, query] of Object.entries(queriesOf(period))) {
        let held: Fact[] = [];
        for await (const rows of rowPages<Fact>(tx, query, this.rowsPerPage)) {
          const last = rows.at(-1)!.number;
          const whole = [...held, ...rows].filter(({ number }) => number !== last);
          held = [...held, ...rows].filter(({ number }) => number === last);
          if (whole.length > 0) await take(factsOf(kind, whole));
        }
        if (held.length > 0) await take(factsOf(kind, held));
      }
    });
  }
}

/** Taxes are read with the lines of their invoice, and stand by themselves once. */
function factsOf(kind: string, rows: readonly Fact[]): JournalFacts {
  if (kind !== 'invoices') return { ...noFacts, [kind]: rows };
  const invoices = rows as readonly InvoiceRow[];
  const first = new Map(invoices.map((row) => [row.number, row]));
  const taxes = [...first.values()].filter(({ taxCents, includedCents }) => taxCents !== 0n || includedCents !== 0n).map(({ taxCents, ...row }) => ({ ...row, amountCents: taxCents }));
  return { ...noFacts, invoices, taxes };
}

type InvoiceRow = JournalFacts['invoices'][number] & { readonly taxCents: bigint; readonly includedCents: bigint };

function queriesOf({ startMs, endMs }: Period): Record<Exclude<keyof JournalFacts, 'taxes'>, Prisma.Sql> {
  const [from, to] = [new Date(startMs), new Date(endMs)];
  return {
    invoices: Prisma.sql`
      SELECT i.number, i.tenant_id AS "tenantId", i.currency, i.period_end AS at, coalesce(l.dimension, l.kind) AS account, l.kind = 'credit' AS "isCredit", sum(l.amount_cents)::bigint AS "amountCents",
        coalesce((SELECT sum(t.amount_cents) FROM invoice_taxes t WHERE t.tenant_id = i.tenant_id AND t.invoice_id = i.id AND NOT t.inclusive), 0)::bigint AS "taxCents",
        coalesce((SELECT sum(t.amount_cents) FROM invoice_taxes t WHERE t.tenant_id = i.tenant_id AND t.invoice_id = i.id AND t.inclusive), 0)::bigint AS "includedCents"
      FROM invoices i JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
      WHERE i.period_start = ${from} AND i.state IN ('finalized', 'paid', 'uncollectible') GROUP BY i.tenant_id, i.id, 5, 6 ORDER BY i.number, 5`,
    payments: Prisma.sql`
      SELECT p.id AS number, p.tenant_id AS "tenantId", i.currency, p.received_at AS at, p.amount_cents AS "amountCents" FROM payments p
      JOIN invoices i ON i.tenant_id = p.tenant_id AND i.id = p.invoice_id WHERE p.received_at >= ${from} AND p.received_at < ${to} ORDER BY p.received_at, p.id`,
    creditNotes: Prisma.sql`
      SELECT n.number, n.tenant_id AS "tenantId", i.currency, n.created_at AS at, n.amount_cents AS "amountCents", n.tax_cents AS "taxCents", n.included_tax_cents AS "includedCents", coalesce(l.dimension, l.kind) AS account,
        n.refund_id IS NOT NULL AS "isRefunded", coalesce((SELECT g.amount_cents FROM credit_grants g WHERE g.tenant_id = n.tenant_id AND g.id = 'cg_' || substr(n.id, 4) AND n.refund_id IS NULL), 0)::bigint AS "grantedCents"
      FROM credit_notes n JOIN invoices i ON i.tenant_id = n.tenant_id AND i.id = n.invoice_id
      JOIN invoice_lines l ON l.tenant_id = n.tenant_id AND l.invoice_id = n.invoice_id AND l.id = n.line_id WHERE n.created_at >= ${from} AND n.created_at < ${to} ORDER BY n.number`,
    refunds: Prisma.sql`
      SELECT r.id AS number, r.tenant_id AS "tenantId", i.currency, r.settled_at AS at, r.amount_cents AS "amountCents" FROM refunds r
      JOIN invoices i ON i.tenant_id = r.tenant_id AND i.id = r.invoice_id WHERE r.settled_at >= ${from} AND r.settled_at < ${to} ORDER BY r.settled_at, r.id`,
    failedRefunds: Prisma.sql`
      SELECT r.id AS number, r.tenant_id AS "tenantId", i.currency, r.failed_at AS at, r.amount_cents AS "amountCents", r.settled_at IS NOT NULL AS "wasPaid",
        coalesce((SELECT sum(n.tax_cents) FROM credit_notes n WHERE n.tenant_id = r.tenant_id AND n.refund_id = r.id), 0)::bigint AS "taxCents" FROM refunds r
      JOIN invoices i ON i.tenant_id = r.tenant_id AND i.id = r.invoice_id WHERE r.failed_at >= ${from} AND r.failed_at < ${to} ORDER BY r.failed_at, r.id`,
    grants: Prisma.sql`
      SELECT g.id AS number, g.tenant_id AS "tenantId", g.currency, g.created_at AS at, g.amount_cents AS "amountCents", g.tax_cents AS "taxCents", g.source FROM credit_grants g
      WHERE g.created_at >= ${from} AND g.created_at < ${to} AND g.reason NOT LIKE 'Credit note %' AND g.reason NOT LIKE 'Carried over %' ORDER BY g.created_at, g.id`,
    endings: Prisma.sql`
      SELECT e.grant_id AS number, e.tenant_id AS "tenantId", g.currency, e.created_at AS at, e.amount_cents AS "amountCents", g.source FROM credit_entries e
      JOIN credit_grants g ON g.tenant_id = e.tenant_id AND g.id = e.grant_id WHERE e.kind IN ('expire', 'void') AND e.created_at >= ${from} AND e.created_at < ${to} ORDER BY e.created_at, e.grant_id`,
  };
}
