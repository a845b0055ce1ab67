import type { Database } from '@waybill/database';
import type { Period } from '../invoices/period.js';

export type RevenueBy = 'tenant' | 'dimension' | 'plan';

export interface RevenueRow {
  readonly key: string;
  readonly currency: string;
  readonly amountCents: bigint;
  readonly previousCents: bigint;
  readonly invoices: number;
  /** Of all rows in this currency, also those that are not shown. */
  readonly totalCents: bigint;
}

/** Of the invoices and credit in one currency, minor units of it. */
export interface MoneyFigures {
  readonly currency: string;
  readonly invoicedCents: bigint;
  readonly paidCents: bigint;
  readonly openCents: bigint;
  readonly overdueCents: bigint;
  readonly draftCents: bigint;
  readonly creditLiabilityCents: bigint;
}

/** Rows of each currency that a report shows. */
const mostRows = 1_000;

/** Sums over all tenants, for operators. Every sum is PostgreSQL's, in whole minor units of one currency: two are never added. */
export class ReportStore {
  constructor(private readonly database: Database) {}

  /** Revenue of the invoices of a period, before credits, next to the period before; by currency, largest first. */
  async revenue(period: Period, previous: Period, by: RevenueBy): Promise<RevenueRow[]> {
    const [of, before] = [new Date(period.startMs), new Date(previous.startMs)];
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<{ key: string; currency: string; amount: bigint; previous: bigint; invoices: number; total: bigint }[]>`
      WITH revenue AS (
        SELECT CASE ${by} WHEN 'tenant' THEN i.tenant_id WHEN 'plan' THEN i.plan ELSE coalesce(l.dimension, l.kind) END AS key, i.currency,
          coalesce(sum(l.amount_cents) FILTER (WHERE i.period_start = ${of}), 0) AS amount, coalesce(sum(l.amount_cents) FILTER (WHERE i.period_start = ${before}), 0) AS previous,
          count(DISTINCT i.id) FILTER (WHERE i.period_start = ${of}) AS invoices
        FROM invoices i JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
        WHERE i.period_start IN (${of}, ${before}) AND i.state IN ('finalized', 'paid', 'uncollectible') AND l.kind <> 'credit' GROUP BY 1, 2),
      ranked AS (SELECT *, sum(amount) OVER (PARTITION BY currency) AS total, row_number() OVER (PARTITION BY currency ORDER BY amount DESC, key) AS place FROM revenue)
      SELECT key, currency, amount::bigint, previous::bigint, invoices::int, total::bigint FROM ranked WHERE place <= ${mostRows} ORDER BY currency, place`);
    return rows.map(({ key, currency, amount, previous: last, invoices, total }) => ({ key, currency, amountCents: amount, previousCents: last, invoices, totalCents: total }));
  }

  /** A row for each currency that there is an invoice or credit in. */
  async money(period: Period, nowMs: number): Promise<MoneyFigures[]> {
    const [of, now] = [new Date(period.startMs), new Date(nowMs)];
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<{ currency: string; invoiced: bigint; paid: bigint; open: bigint; overdue: bigint; draft: bigint; credit: bigint }[]>`
      WITH billed AS (
        SELECT currency, coalesce(sum(total_cents) FILTER (WHERE period_start = ${of} AND state IN ('finalized', 'paid', 'uncollectible')), 0) AS invoiced,
          coalesce(sum(settled_cents) FILTER (WHERE period_start = ${of} AND state IN ('finalized', 'paid', 'uncollectible')), 0) AS paid,
          coalesce(sum(total_cents - settled_cents) FILTER (WHERE state = 'finalized'), 0) AS open,
          coalesce(sum(total_cents - settled_cents) FILTER (WHERE state = 'finalized' AND due_at <= ${now}), 0) AS overdue,
          coalesce(sum(total_cents) FILTER (WHERE state = 'draft'), 0) AS draft
        FROM invoices GROUP BY 1),
      owed AS (
        SELECT g.currency, sum(g.amount_cents - coalesce(e.taken, 0)) AS credit FROM credit_grants g
        LEFT JOIN (SELECT tenant_id, grant_id, sum(amount_cents) AS taken FROM credit_entries GROUP BY 1, 2) e ON e.tenant_id = g.tenant_id AND e.grant_id = g.id GROUP BY 1)
      SELECT currency, coalesce(invoiced, 0)::bigint AS invoiced, coalesce(paid, 0)::bigint AS paid, coalesce(open, 0)::bigint AS open, coalesce(overdue, 0)::bigint AS overdue,
        coalesce(draft, 0)::bigint AS draft, coalesce(credit, 0)::bigint AS credit FROM billed FULL JOIN owed USING (currency) ORDER BY currency`);
    return rows.map(({ currency, invoiced, paid, open, overdue, draft, credit }) => ({ currency, invoicedCents: invoiced, paidCents: paid, openCents: open, overdueCents: overdue, draftCents: draft, creditLiabilityCents: credit }));
  }

  async waiting(): Promise<{ readonly openDisputes: number; readonly holds: number }> {
    const [row] = await this.database.asSystem((tx) => tx.$queryRaw<{ openDisputes: number; holds: number }[]>`
      SELECT (SELECT count(*) FROM invoice_disputes WHERE state = 'open')::int AS "openDisputes", (SELECT count(*) FROM invoices WHERE hold_reason IS NOT NULL)::int AS holds`);
    return row!;
  }

  /** Usage of a period by tenant, dimension and cause, a page of tenants at a time; `after` is the last tenant of the page before. */
  usageByTenant(period: Period, after: string, limit: number): Promise<{ tenantId: string; dimension: string; cause: string; quantity: bigint }[]> {
    const [from, to] = [period.startMs, period.endMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string; dimension: string; cause: string; quantity: string }[]>`
        WITH page AS (SELECT id FROM tenants WHERE id > ${after} ORDER BY id LIMIT ${limit})
        SELECT page.id AS tenant_id, coalesce(d.dimension, '') AS dimension, coalesce(d.cause, '') AS cause, coalesce(sum(d.quantity), 0)::text AS quantity
        FROM page LEFT JOIN usage_days d ON d.tenant_id = page.id AND d.day >= ${from}::date AND d.day < ${to}::date GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
      return rows.map(({ tenant_id: tenantId, dimension, cause, quantity }) => ({ tenantId, dimension, cause, quantity: BigInt(quantity) }));
    });
  }

  /** Facts of a month for the journal: by day and id. */
  async journal(period: Period): Promise<JournalFacts> {
    const [from, to] = [new Date(period.startMs), new Date(period.endMs)];
    return this.database.asSystem(async (tx) => ({
      invoices: await tx.$queryRaw<JournalFacts['invoices']>`
        SELECT i.number, i.tenant_id AS "tenantId", i.currency, i.period_end AS at, coalesce(l.dimension, l.kind) AS account, l.kind = 'credit' AS "isCredit", sum(l.amount_cents)::bigint AS "amountCents"
        FROM invoices i JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
        WHERE i.period_start = ${from} AND i.state IN ('finalized', 'paid', 'uncollectible') GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 5`,
      taxes: await tx.$queryRaw<JournalFacts['taxes']>`
        SELECT i.number, i.tenant_id AS "tenantId", i.currency, i.period_end AS at, coalesce(sum(t.amount_cents) FILTER (WHERE NOT t.inclusive), 0)::bigint AS "amountCents",
          coalesce(sum(t.amount_cents) FILTER (WHERE t.inclusive), 0)::bigint AS "includedCents"
        FROM invoices i JOIN invoice_taxes t ON t.tenant_id = i.tenant_id AND t.invoice_id = i.id
        WHERE i.period_start = ${from} AND i.state IN ('finalized', 'paid', 'uncollectible') GROUP BY 1, 2, 3, 4`,
      payments: await tx.$queryRaw<JournalFacts['payments']>`
        SELECT p.id AS number, p.tenant_id AS "tenantId", i.currency, p.received_at AS at, p.amount_cents AS "amountCents" FROM payments p
        JOIN invoices i ON i.tenant_id = p.tenant_id AND i.id = p.invoice_id WHERE p.received_at >= ${from} AND p.received_at < ${to} ORDER BY p.received_at, p.id`,
      creditNotes: await tx.$queryRaw<JournalFacts['creditNotes']>`
        SELECT n.number, n.tenant_id AS "tenantId", i.currency, n.created_at AS at, n.amount_cents AS "amountCents", n.tax_cents AS "taxCents", n.included_tax_cents AS "includedCents", coalesce(l.dimension, l.kind) AS account,
          n.refund_id IS NOT NULL AS "isRefunded", coalesce((SELECT g.amount_cents FROM credit_grants g WHERE g.tenant_id = n.tenant_id AND g.id = 'cg_' || substr(n.id, 4) AND n.refund_id IS NULL), 0)::bigint AS "grantedCents"
        FROM credit_notes n JOIN invoices i ON i.tenant_id = n.tenant_id AND i.id = n.invoice_id
        JOIN invoice_lines l ON l.tenant_id = n.tenant_id AND l.invoice_id = n.invoice_id AND l.id = n.line_id WHERE n.created_at >= ${from} AND n.created_at < ${to} ORDER BY n.number`,
      refunds: await tx.$queryRaw<JournalFacts['refunds']>`
        SELECT r.id AS number, r.tenant_id AS "tenantId", i.currency, r.settled_at AS at, r.amount_cents AS "amountCents" FROM refunds r
        JOIN invoices i ON i.tenant_id = r.tenant_id AND i.id = r.invoice_id WHERE r.settled_at >= ${from} AND r.settled_at < ${to} ORDER BY r.settled_at, r.id`,
      failedRefunds: await tx.$queryRaw<JournalFacts['failedRefunds']>`
        SELECT r.id AS number, r.tenant_id AS "tenantId", i.currency, r.failed_at AS at, r.amount_cents AS "amountCents", r.settled_at IS NOT NULL AS "wasPaid",
          coalesce((SELECT sum(n.tax_cents) FROM credit_notes n WHERE n.tenant_id = r.tenant_id AND n.refund_id = r.id), 0)::bigint AS "taxCents" FROM refunds r
        JOIN invoices i ON i.tenant_id = r.tenant_id AND i.id = r.invoice_id WHERE r.failed_at >= ${from} AND r.failed_at < ${to} ORDER BY r.failed_at, r.id`,
      grants: await tx.$queryRaw<JournalFacts['grants']>`
        SELECT g.id AS number, g.tenant_id AS "tenantId", g.currency, g.created_at AS at, g.amount_cents AS "amountCents", g.tax_cents AS "taxCents", g.source FROM credit_grants g
        WHERE g.created_at >= ${from} AND g.created_at < ${to} AND g.reason NOT LIKE 'Credit note %' AND g.reason NOT LIKE 'Carried over %' ORDER BY g.created_at, g.id`,
      endings: await tx.$queryRaw<JournalFacts['endings']>`
        SELECT e.grant_id AS number, e.tenant_id AS "tenantId", g.currency, e.created_at AS at, e.amount_cents AS "amountCents", g.source FROM credit_entries e
        JOIN credit_grants g ON g.tenant_id = e.tenant_id AND g.id = e.grant_id WHERE e.kind IN ('expire', 'void') AND e.created_at >= ${from} AND e.created_at < ${to} ORDER BY e.created_at, e.grant_id`,
    }));
  }
}

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
