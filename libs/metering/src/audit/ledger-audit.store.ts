import type { Database, Transaction } from '@waybill/database';

/** What must always hold of the ledger (billing.md §8, invariants). */
export const invariants = ['record_is_sum_of_entries', 'day_is_sum_of_hours', 'month_is_sum_of_days', 'namespace_day_is_sum_of_days', 'entry_has_batch', 'sealed_hour_unchanged'] as const;
export type Invariant = (typeof invariants)[number];

/** A place where one does not hold. */
export interface Breach {
  readonly invariant: Invariant;
  readonly namespaceId: string;
  readonly where: string;
}

interface Scope {
  readonly tenantId: string;
  readonly namespaceId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Breaches told of one namespace and check; one is enough to wake somebody. */
const most = 20;

const checks: Readonly<Record<Invariant, (tx: Transaction, of: { tenantId: string; namespaceId: string; from: Date; to: Date }) => Promise<{ at: string }[]>>> = {
  record_is_sum_of_entries: (tx, { tenantId, namespaceId, from, to }) => tx.$queryRaw`
    SELECT concat_ws(' ', hour, dimension, cause, resource_id, coalesce(r.quantity, 0), 'of', coalesce(e.quantity, 0)) AS at
    FROM (SELECT hour, dimension, cause, resource_id, quantity FROM usage_records
          WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND hour >= ${from} AND hour < ${to}) r
    FULL JOIN (SELECT hour, dimension, cause, resource_id, sum(delta) AS quantity FROM usage_entries u
          WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND hour >= ${from} AND hour < ${to} GROUP BY 1, 2, 3, 4) e
    USING (hour, dimension, cause, resource_id) WHERE r.quantity IS DISTINCT FROM e.quantity LIMIT ${most}`,
  day_is_sum_of_hours: (tx, { tenantId, namespaceId, from, to }) => tx.$queryRaw`
    SELECT concat_ws(' ', day, dimension, cause, resource_id) AS at
    FROM (SELECT (hour AT TIME ZONE 'UTC')::date AS day, dimension, cause, resource_id, sum(quantity) AS quantity FROM usage_records
          WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND hour >= ${from} AND hour < ${to} GROUP BY 1, 2, 3, 4) r
    FULL JOIN (SELECT day, dimension, cause, resource_id, quantity FROM usage_days
          WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND day >= (${from}::timestamptz AT TIME ZONE 'UTC')::date AND day < (${to}::timestamptz AT TIME ZONE 'UTC')::date) d
    USING (day, dimension, cause, resource_id) WHERE r.quantity IS DISTINCT FROM d.quantity LIMIT ${most}`,
  month_is_sum_of_days: (tx, { tenantId, namespaceId, from, to }) => tx.$queryRaw`
    WITH range AS (SELECT date_trunc('month', ${from}::timestamptz AT TIME ZONE 'UTC')::date AS first, (${to}::timestamptz AT TIME ZONE 'UTC')::date AS next)
    SELECT concat_ws(' ', month, dimension, cause, resource_id) AS at
    FROM (SELECT date_trunc('month', day::timestamp)::date AS month, dimension, cause, resource_id, sum(quantity) AS quantity FROM usage_days, range
          WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND day >= first AND day < date_trunc('month', next + INTERVAL '1 month' - INTERVAL '1 day')::date GROUP BY 1, 2, 3, 4) d
    FULL JOIN (SELECT month, dimension, cause, resource_id, quantity FROM usage_months, range
          WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND month >= first AND month < next) m
    USING (month, dimension, cause, resource_id) WHERE d.quantity IS DISTINCT FROM m.quantity LIMIT ${most}`,
  namespace_day_is_sum_of_days: (tx, { tenantId, namespaceId, from, to }) => tx.$queryRaw`
    SELECT concat_ws(' ', day, dimension, cause) AS at
    FROM (SELECT day, dimension, cause, sum(quantity) AS quantity FROM usage_days WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId}
            AND day >= (${from}::timestamptz AT TIME ZONE 'UTC')::date AND day < (${to}::timestamptz AT TIME ZONE 'UTC')::date GROUP BY 1, 2, 3) d
    FULL JOIN (SELECT day, dimension, cause, quantity FROM usage_namespace_days WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId}
            AND day >= (${from}::timestamptz AT TIME ZONE 'UTC')::date AND day < (${to}::timestamptz AT TIME ZONE 'UTC')::date) n
    USING (day, dimension, cause) WHERE d.quantity IS DISTINCT FROM n.quantity LIMIT ${most}`,
  entry_has_batch: (tx, { tenantId, namespaceId, from, to }) => tx.$queryRaw`
    SELECT DISTINCT batch_id AS at FROM usage_entries e
    WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND hour >= ${from} AND hour < ${to}
      AND NOT EXISTS (SELECT FROM usage_batches b WHERE b.id = e.batch_id AND b.tenant_id = e.tenant_id AND b.namespace_id = e.namespace_id) LIMIT ${most}`,
  sealed_hour_unchanged: (tx, { tenantId, namespaceId, from, to }) => tx.$queryRaw`
    SELECT hour::text AS at
    FROM (SELECT hour, count(*) AS records, sha256(convert_to(string_agg(line, E'\n' ORDER BY line COLLATE "C"), 'UTF8')) AS sha256
          FROM (SELECT hour, concat(dimension, '|', cause, '|', resource_id, '=', quantity) AS line FROM usage_records
                WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND hour >= ${from} AND hour < ${to}
                  AND hour < (SELECT sealed_through FROM usage_watermarks WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId})) lines GROUP BY hour) now
    FULL JOIN (SELECT hour, records, sha256 FROM usage_hours
          WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND hour >= ${from} AND hour < ${to}) noted
    USING (hour) WHERE now.sha256 IS DISTINCT FROM noted.sha256 OR now.records IS DISTINCT FROM noted.records LIMIT ${most}`,
};

/** Checks the ledger by itself, namespace by namespace, whole days at a time. */
export class LedgerAudit {
  constructor(private readonly database: Database) {}

  /** One transaction a check, so that none runs into the time limit of transactions because of another. */
  async breaches({ tenantId, namespaceId, fromMs, toMs }: Scope): Promise<Breach[]> {
    const of = { tenantId, namespaceId, from: new Date(fromMs), to: new Date(toMs) };
    const found: Breach[] = [];
    for (const invariant of invariants) {
      const rows = await this.database.asSystem((tx) => checks[invariant](tx, of));
      found.push(...rows.map(({ at }) => ({ invariant, namespaceId, where: at })));
    }
    return found;
  }

  /** Namespaces with a ledger, by id; `after` is the last id of the page before, '' at first. */
  namespaces(after: string, limit: number): Promise<{ tenantId: string; namespaceId: string }[]> {
    return this.database.asSystem((tx) =>
      tx.usageWatermark.findMany({ where: { namespaceId: { gt: after } }, orderBy: { namespaceId: 'asc' }, take: limit, select: { tenantId: true, namespaceId: true } }),
    );
  }
}
