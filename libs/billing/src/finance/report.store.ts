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
}
