import pg from 'pg';
import type { Tenant } from './api.js';
import { Installation, scaled } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Report, Row } from './report.js';
import type { Scope } from './scope.js';
import { percentile } from './statistics.js';

const namespaces = 5;
const dimensions = ['mq_messages', 'mq_kib_in', 'mq_queue_passes', 'mq_kib_out'];
const hours = 720;
const readsPerLevel = 60;

interface Item {
  readonly id: string;
  readonly quantity: string;
}

interface Level {
  readonly total: string | null;
  readonly items: readonly Item[];
}

/**
 * [drilldown_p95_ms]: the pages under an invoice line with 10 million usage rows of one tenant (times --scale), opened over
 * the API, at places in turn. Rows tell each level; the figure is the worst 95th percentile. Fails when a level does not add
 * up to the item above it.
 */
export async function drilldownBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const installation = await Installation.start(scope, plan, { worker: false });
  const { tenant } = await installation.home([], false);
  const database = new pg.Client({ connectionString: installation.stack.databaseUrl });
  await database.connect();
  scope.defer(() => database.end());
  const now = new Date();
  const monthMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const rows = await fill(database, tenant.namespaceId, monthMs, scaled(plan, 10_000_000));
  console.error(`  ${rows} usage rows`);

  const took = await openLevels(tenant, monthMs);
  const report: Row[] = [{ group: scope.group, name: 'usage rows of the tenant', value: rows, unit: 'rows' }];
  for (const [level, tookMs] of Object.entries(took)) {
    report.push({ group: scope.group, name: `drill-down, ${level}: 95th percentile`, value: percentile(tookMs, 95), unit: 'ms', p50Ms: percentile(tookMs, 50), p99Ms: percentile(tookMs, 99) });
  }
  return { rows: report, ratios: { drilldown_p95_ms: Math.max(...Object.values(took).map((tookMs) => percentile(tookMs, 95))) } };
}

/** Equal shares of namespaces, dimensions, queues and the hours of one month, and their sums by day. Returns the number of records. */
async function fill(database: pg.Client, namespaceId: string, monthMs: number, wanted: number): Promise<number> {
  const { rows: [owner] } = await database.query<{ tenant_id: string }>('SELECT tenant_id FROM namespaces WHERE id = $1', [namespaceId]);
  const month = new Date(monthMs).toISOString();
  const queues = Math.max(1, Math.round(wanted / (namespaces * dimensions.length * hours)));
  const tenantId = owner!.tenant_id;
  await database.query(`INSERT INTO namespaces (id, tenant_id, name, environment) SELECT $1::text || n, $2, 'bench-' || n, 'test' FROM generate_series(2, ${namespaces}) n`, [namespaceId, tenantId]);
  await database.query(`SELECT usage_ensure_month($1::date)`, [month]);
  await database.query('ALTER TABLE usage_records DISABLE TRIGGER USER');
  let records = 0;
  for (let namespace = 1; namespace <= namespaces; namespace += 1) {
    const id = namespace === 1 ? namespaceId : `${namespaceId}${namespace}`;
    const inserted = await database.query(
      `INSERT INTO usage_records (tenant_id, namespace_id, hour, dimension, cause, resource_id, quantity)
       SELECT $1, $2, $3::timestamptz + h * INTERVAL '1 hour', d, 'publish', 'q_' || lpad(q::text, 6, '0'), 1 + (h * 31 + q * 17) % 1000
       FROM generate_series(0, ${hours - 1}) h, unnest($4::text[]) d, generate_series(1, ${queues}) q ORDER BY h, d, q`,
      [tenantId, id, month, [...dimensions].sort()],
    );
    records += inserted.rowCount ?? 0;
  }
  await database.query(
    `INSERT INTO usage_days SELECT tenant_id, dimension, namespace_id, resource_id, cause, (hour AT TIME ZONE 'UTC')::date, sum(quantity)
     FROM usage_records WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4, 5, 6`,
    [tenantId],
  );
  await database.query('INSERT INTO usage_namespace_days SELECT tenant_id, day, dimension, namespace_id, cause, sum(quantity) FROM usage_days WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4, 5', [tenantId]);
  await database.query('ALTER TABLE usage_records ENABLE TRIGGER USER');
  await database.query('VACUUM ANALYZE usage_records, usage_days, usage_namespace_days');
  return records;
}

/** Milliseconds of each page, by level. */
async function openLevels(tenant: Tenant, monthMs: number): Promise<Record<string, number[]>> {
  const took: Record<string, number[]> = { dimensions: [], namespaces: [], resources: [], days: [], hours: [] };
  const from = new Date(monthMs).toISOString().slice(0, 10);
  const to = new Date(Date.UTC(new Date(monthMs).getUTCFullYear(), new Date(monthMs).getUTCMonth() + 1, 1)).toISOString().slice(0, 10);
  const open = async (level: string, query: string): Promise<Level> => {
    const startMs = performance.now();
    const page = (await tenant.read(`/api/v1/usage/drill-down?from=${from}&to=${to}&limit=100${query}`)) as Level;
    took[level]!.push(performance.now() - startMs);
    return page;
  };
  const pick = (page: Level, round: number, above: string): Item => {
    if (page.total !== above) throw new Error(`a level adds up to ${page.total}, the item above it is ${above}`);
    return page.items[(round * 37) % page.items.length]!;
  };
  for (let round = 0; round < readsPerLevel; round += 1) {
    const lines = await open('dimensions', '');
    const line = lines.items[round % lines.items.length]!;
    const byDimension = `&dimension=${line.id}`;
    const namespace = pick(await open('namespaces', byDimension), round, line.quantity);
    const byNamespace = `${byDimension}&namespace=${namespace.id}`;
    const queue = pick(await open('resources', byNamespace), round, namespace.quantity);
    const byQueue = `${byNamespace}&resource=${queue.id}`;
    const day = pick(await open('days', byQueue), round, queue.quantity);
    pick(await open('hours', `${byQueue}&day=${day.id}`), round, day.quantity);
  }
  return took;
}
