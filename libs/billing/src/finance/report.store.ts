import type { Database } from '@waybill/database';
import type { Period } from '../invoices/period.js';

export type RevenueBy = 'tenant' | 'dimension' | 'plan';

export interface RevenueRow {
  readonly key: string;
  readonly currency: string;
  /** Without tax, as all of revenue. */
  readonly amountCents: bigint;
  /** On top of the prices or in them. */
  readonly taxCents: bigint;
  readonly previousCents: bigint;
  readonly invoices: number;
  /** Of all rows in this currency, also those that are not shown. */
  readonly totalCents: bigint;
  readonly totalTaxCents: bigint;
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

  /**
   * Revenue of the invoices of a period, before credits and without tax, next to the period before; by currency, largest first. Tax that is
   * in the prices is shared out over the lines as the journal does (`sharesOf`), so both say the same of a dimension, to the cent.
   */
  async revenue(period: Period, previous: Period, by: RevenueBy): Promise<RevenueRow[]> {
    const [of, before] = [new Date(period.startMs), new Date(previous.startMs)];
    const rows = await this.database.asSystem((tx) => tx.$queryRaw<{ key: string; currency: string; amount: bigint; tax: bigint; previous: bigint; invoices: number; total: bigint; totalTax: bigint }[]>`
      WITH accounts AS (
        SELECT i.tenant_id, i.id, i.plan, i.currency, i.period_start, coalesce(l.dimension, l.kind) AS account, sum(l.amount_cents) AS amount, greatest(sum(l.amount_cents), 0) AS weight
        FROM invoices i JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
        WHERE i.period_start IN (${of}, ${before}) AND i.state IN ('finalized', 'paid', 'uncollectible') AND l.kind <> 'credit' GROUP BY i.tenant_id, i.id, account),
      weighed AS (SELECT *, sum(weight) OVER (PARTITION BY tenant_id, id ORDER BY account) AS running, nullif(sum(weight) OVER (PARTITION BY tenant_id, id), 0) AS whole FROM accounts),
      taxes AS (
        SELECT tenant_id, invoice_id, sum(amount_cents) AS cents, coalesce(sum(amount_cents) FILTER (WHERE inclusive), 0) AS included FROM invoice_taxes t
        WHERE EXISTS (SELECT FROM accounts a WHERE a.tenant_id = t.tenant_id AND a.id = t.invoice_id) GROUP BY 1, 2),
      net AS (
        SELECT w.*, coalesce(div(t.cents * running, whole) - div(t.cents * (running - weight), whole), 0) AS tax,
          amount - coalesce(div(t.included * running, whole) - div(t.included * (running - weight), whole), 0) AS revenue
        FROM weighed w LEFT JOIN taxes t ON t.tenant_id = w.tenant_id AND t.invoice_id = w.id),
      summed AS (
        SELECT CASE ${by} WHEN 'tenant' THEN tenant_id WHEN 'plan' THEN plan ELSE account END AS key, currency, coalesce(sum(revenue) FILTER (WHERE period_start = ${of}), 0) AS amount,
          coalesce(sum(tax) FILTER (WHERE period_start = ${of}), 0) AS tax, coalesce(sum(revenue) FILTER (WHERE period_start = ${before}), 0) AS previous, count(DISTINCT id) FILTER (WHERE period_start = ${of}) AS invoices
        FROM net GROUP BY 1, 2),
      ranked AS (SELECT *, sum(amount) OVER (PARTITION BY currency) AS total, sum(tax) OVER (PARTITION BY currency) AS total_tax, row_number() OVER (PARTITION BY currency ORDER BY amount DESC, key) AS place FROM summed)
      SELECT key, currency, amount::bigint, tax::bigint, previous::bigint, invoices::int, total::bigint, total_tax::bigint AS "totalTax" FROM ranked WHERE place <= ${mostRows} ORDER BY currency, place`);
    return rows.map(({ key, currency, amount, tax, previous: last, invoices, total, totalTax }) => ({ key, currency, amountCents: amount, taxCents: tax, previousCents: last, invoices, totalCents: total, totalTaxCents: totalTax }));
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
