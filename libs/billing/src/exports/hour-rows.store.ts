import { Prisma, rowPages } from '@waybill/database';
import type { Database } from '@waybill/database';
import { csvOf } from '../documents/csv.js';
import type { Period } from '../invoices/period.js';
import type { Write } from './spool.js';

interface Row {
  readonly hour: Date; readonly tenantId: string; readonly namespaceId: string; readonly dimension: string; readonly cause: string; readonly resourceId: string; readonly quantity: bigint; readonly sealedBy: string | null;
}

const head = ['hour', 'tenant', 'namespace', 'dimension', 'cause', 'resource', 'quantity', 'sealed by'];
/** A month of many tenants is millions of rows; shorter than a run may take. */
const timeoutMs = 20 * 60_000;

/** Hours of the ledger of all tenants, for the books of others. */
export class HourRowStore {
  constructor(
    private readonly database: Database,
    private readonly rowsPerPage = 5_000,
  ) {}

  /** A row a record, by tenant, namespace and hour, a page at a time; of one moment. An hour that is not sealed yet says so by an empty last cell. */
  write({ startMs, endMs }: Period, write: Write): Promise<void> {
    const records = Prisma.sql`
      SELECT r.hour, r.tenant_id AS "tenantId", r.namespace_id AS "namespaceId", r.dimension, r.cause, r.resource_id AS "resourceId", r.quantity, h.sealed_by AS "sealedBy"
      FROM usage_records r LEFT JOIN usage_hours h ON h.tenant_id = r.tenant_id AND h.namespace_id = r.namespace_id AND h.hour = r.hour
      WHERE r.hour >= ${new Date(startMs)} AND r.hour < ${new Date(endMs)} ORDER BY r.tenant_id, r.namespace_id, r.hour, r.dimension, r.cause, r.resource_id`;
    return this.database.snapshot(async (tx) => {
      await write(csvOf([head]));
      for await (const rows of rowPages<Row>(tx, records, this.rowsPerPage)) {
        await write(csvOf(rows.map((row) => [row.hour.toISOString(), row.tenantId, row.namespaceId, row.dimension, row.cause, row.resourceId, row.quantity, row.sealedBy])));
      }
    }, { timeoutMs });
  }
}
