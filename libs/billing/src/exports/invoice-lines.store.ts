import { Prisma, rowPages } from '@waybill/database';
import type { Database } from '@waybill/database';
import { csvOf } from '../documents/csv.js';
import type { Period } from '../invoices/period.js';
import { formatAmount, formatE12 } from '../money/amount.js';
import type { Write } from './spool.js';

interface Row {
  readonly number: string; readonly finalizedAt: Date; readonly tenantId: string; readonly plan: string; readonly periodStart: Date; readonly lineId: string; readonly kind: string; readonly dimension: string | null;
  readonly description: string; readonly quantity: string; readonly freeQuantity: string; readonly billedQuantity: string; readonly unit: string; readonly amountCents: bigint;
  readonly amountE12: string; readonly currency: string;
}

const head = ['invoice', 'finalized', 'tenant', 'plan', 'month', 'line', 'kind', 'dimension', 'description', 'quantity', 'free quantity', 'billed quantity', 'unit', 'amount', 'exact amount (minor units)', 'currency'];

/** Lines of invoices, for the books of others. */
export class InvoiceLineStore {
  constructor(
    private readonly database: Database,
    private readonly rowsPerPage = 1_000,
  ) {}

  /** A row a line of every invoice that was finalized in the time, by its number, a page at a time; of one moment. */
  write({ startMs, endMs }: Period, write: Write): Promise<void> {
    return this.database.snapshot(async (tx) => {
      await write(csvOf([head]));
      const lines = Prisma.sql`
        SELECT i.number, i.finalized_at AS "finalizedAt", i.tenant_id AS "tenantId", i.plan, i.period_start AS "periodStart", l.id AS "lineId", l.kind, l.dimension, l.description, l.quantity::text, l.free_quantity::text AS "freeQuantity",
          l.billed_quantity::text AS "billedQuantity", l.unit, l.amount_cents AS "amountCents", l.amount_e12::text AS "amountE12", i.currency
        FROM invoices i JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
        WHERE i.number IS NOT NULL AND i.finalized_at >= ${new Date(startMs)} AND i.finalized_at < ${new Date(endMs)} ORDER BY i.number, i.tenant_id, l.position, l.id`;
      for await (const rows of rowPages<Row>(tx, lines, this.rowsPerPage)) await write(csvOf(rows.map(cellsOf)));
    });
  }
}

function cellsOf(row: Row): (string | bigint | null)[] {
  return [
    row.number, row.finalizedAt.toISOString(), row.tenantId, row.plan, row.periodStart.toISOString().slice(0, 7), row.lineId, row.kind, row.dimension, row.description, row.quantity, row.freeQuantity, row.billedQuantity,
    row.unit, formatAmount(row.amountCents, row.currency), formatE12(BigInt(row.amountE12)), row.currency,
  ];
}
