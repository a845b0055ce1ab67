import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { Installation, scaled } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Report } from './report.js';
import type { Scope } from './scope.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../../libs/billing/dist/load/ledger-rating.store.js', import.meta.url));
const meters = ['mq_queue_minutes', 'mq_queue_passes'];
const queues = 500;
const hours = 720;
const lanes = 3;
const tenantsPerStatement = 500;

/**
 * The month of 10,000 tenants (times --scale) with 500 queues each, rated from PostgreSQL as closing it does: contract, sums
 * of two meters of each queue by month, digests of 720 hours, adjustments, credit. The 7.2 thousand million hour rows behind it are
 * not made: what they add up to is kept while they are booked, and rating reads no other. Fails when not every unit was rated.
 */
export async function ratingLedgerBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan, { worker: false });
  const tenants = scaled(plan, 10_000);
  const database = new pg.Client({ connectionString: installation.stack.databaseUrl });
  await database.connect();
  scope.defer(() => database.end());
  const now = new Date();
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString();
  const rows = await fill(database, month, tenants);
  const { rows: [size] } = await database.query<{ mib: number }>(`SELECT (pg_database_size(current_database()) / 1048576)::int AS mib`);
  console.error(`  ${rows} sums by month, ${tenants * hours} digests of hours, ${size!.mib} MiB`);

  // As the role that row-level security binds.
  const url = new URL(installation.stack.databaseUrl);
  url.searchParams.set('options', '-c role=waybill_runtime');
  const { stdout } = await run(process.execPath, [program, url.href, month, String(lanes)], { maxBuffer: 1_048_576 });
  const rated = JSON.parse(stdout) as { tenants: number; lines: number; shares: number; quantities: Record<string, string>; seconds: number; maxRssMiB: number };
  const { rows: sums } = await database.query<{ dimension: string; quantity: string }>('SELECT dimension, sum(quantity)::text AS quantity FROM usage_months GROUP BY 1');
  for (const { dimension, quantity } of sums) if (rated.quantities[dimension] !== quantity) throw new Error(`${dimension}: rated ${rated.quantities[dimension]} of ${quantity}`);
  if (rated.tenants !== tenants) throw new Error(`rated ${rated.tenants} tenants of ${tenants}`);
  return {
    rows: [
      { group: scope.group, name: `rating ${tenants} tenants from PostgreSQL`, value: rated.seconds, unit: 's', more: { 'sums by month': rows, lines: rated.lines, shares: rated.shares } },
      { group: scope.group, name: 'rating from PostgreSQL, resident memory', value: rated.maxRssMiB, unit: 'MiB' },
    ],
    ratios: {},
  };
}

/** Tenants with a namespace, the sums of its queues and the digests of its hours. Returns the number of sums. */
async function fill(database: pg.Client, month: string, tenants: number): Promise<number> {
  await database.query('SELECT usage_ensure_month($1::date)', [month]);
  let rows = 0;
  for (let from = 0; from < tenants; from += tenantsPerStatement) {
    const numbers = [from, Math.min(tenants, from + tenantsPerStatement) - 1];
    await database.query(`INSERT INTO tenants (id, name, created_at) SELECT 'tnt_r' || lpad(n::text, 6, '0'), 'Rated ' || n, '2025-01-01' FROM generate_series($1::int, $2::int) n`, numbers);
    await database.query(`INSERT INTO namespaces (id, tenant_id, name, environment, created_at) SELECT 'ns_r' || lpad(n::text, 6, '0'), 'tnt_r' || lpad(n::text, 6, '0'), 'production', 'live', '2025-01-01' FROM generate_series($1::int, $2::int) n`, numbers);
    const inserted = await database.query(
      `INSERT INTO usage_months (tenant_id, dimension, namespace_id, resource_id, cause, month, quantity)
       SELECT 'tnt_r' || lpad(n::text, 6, '0'), d, 'ns_r' || lpad(n::text, 6, '0'), 'q_' || lpad(q::text, 12, '0'), 'publish', $3::date, CASE d WHEN 'mq_queue_minutes' THEN 60 * ${hours} ELSE 1 + (n::bigint * 7919 + q * 104729) % 23592960 END
       FROM generate_series($1::int, $2::int) n, unnest($4::text[]) d, generate_series(1, ${queues}) q`,
      [...numbers, month, meters],
    );
    rows += inserted.rowCount ?? 0;
    await database.query(
      `INSERT INTO usage_hours (tenant_id, namespace_id, hour, sealed_at, sealed_by, records, sha256)
       SELECT 'tnt_r' || lpad(n::text, 6, '0'), 'ns_r' || lpad(n::text, 6, '0'), $3::timestamptz + h * INTERVAL '1 hour', now(), 'watermark', ${queues * meters.length}, sha256(convert_to(n || '|' || h, 'UTF8'))
       FROM generate_series($1::int, $2::int) n, generate_series(0, ${hours - 1}) h`,
      [...numbers, month],
    );
  }
  await enterDays(database);
  await database.query('VACUUM ANALYZE usage_months, usage_days, usage_hours, tenants, namespaces');
  return rows;
}

/** A tenant is rated when it has days: one of each, without a unit. */
async function enterDays(database: pg.Client): Promise<void> {
  await database.query(
    `INSERT INTO usage_days (tenant_id, dimension, namespace_id, resource_id, cause, day, quantity)
     SELECT DISTINCT ON (tenant_id) tenant_id, dimension, namespace_id, resource_id, cause, month, 0 FROM usage_months ORDER BY tenant_id`,
  );
}
