import type { Database, Transaction } from '@waybill/database';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { ReadBatch, UsageEntry } from './usage-batch.js';
import { hourMs } from './usage-field.js';

export interface UsageRow {
  /** First millisecond of the hour, UTC. */
  readonly hourMs: number;
  readonly dimension: string;
  readonly cause: string;
  readonly resourceId: string;
  readonly quantity: bigint;
}

export interface HourRange {
  /** First hour. */
  readonly fromMs: number;
  /** Before this hour. */
  readonly toMs: number;
}

/** `other_content`: a batch of this id is in the ledger and says something else. */
export type Booking = 'booked' | 'booked_before' | 'other_content' | 'no_namespace';

const rowsPerStatement = 5_000;

/** The hourly ledger in PostgreSQL: batches inserted once, entries never changed, records their sum (billing.md §6). */
export class LedgerStore {
  readonly #tenants = new Map<NamespaceId, string>();

  constructor(private readonly database: Database) {}

  /** One transaction: all of the batch or nothing. Booking a batch again changes nothing. */
  async book(namespaceId: NamespaceId, batchId: string, batch: ReadBatch): Promise<Booking> {
    const tenantId = await this.#tenantOf(namespaceId);
    if (tenantId === null) return 'no_namespace';
    return this.database.asSystem(async (tx) => {
      const inserted = await tx.$executeRaw`
        INSERT INTO usage_batches (id, tenant_id, namespace_id, sealed_at, sha256)
        VALUES (${batchId}, ${tenantId}, ${namespaceId}, ${new Date(batch.sealedAtMs)}, ${batch.sha256}) ON CONFLICT DO NOTHING`;
      if (inserted === 0) {
        const found = await tx.usageBatch.findUniqueOrThrow({ where: { id: batchId } });
        return Buffer.compare(found.sha256, batch.sha256) === 0 ? 'booked_before' : 'other_content';
      }
      for (let from = 0; from < batch.entries.length; from += rowsPerStatement) {
        await bookEntries(tx, { tenantId, namespaceId, batchId }, batch.entries.slice(from, from + rowsPerStatement));
      }
      return 'booked';
    });
  }

  async isBooked(batchId: string): Promise<boolean> {
    return (await this.database.asSystem((tx) => tx.usageBatch.count({ where: { id: batchId } }))) > 0;
  }

  /** Rows of the hours, in order. Fails with `namespace_not_found`, for a foreign namespace as for an absent one. */
  async read(caller: Caller, namespaceId: string, { fromMs, toMs }: HourRange): Promise<UsageRow[]> {
    return this.#inNamespace(caller, namespaceId, async (tx) => {
      const rows = await tx.usageRecord.findMany({
        where: { tenantId: caller.tenantId, namespaceId, hour: { gte: new Date(fromMs), lt: new Date(toMs) } },
        orderBy: [{ hour: 'asc' }, { dimension: 'asc' }, { cause: 'asc' }, { resourceId: 'asc' }],
      });
      return rows.map(({ hour, dimension, cause, resourceId, quantity }) => ({ hourMs: hour.getTime(), dimension, cause, resourceId, quantity }));
    });
  }

  /** Seal time of the newest booked batch sealed before a moment; the namespace's creation when there is none. Fails with `namespace_not_found`. */
  async newestSealMs(caller: Caller, namespaceId: string, beforeMs: number | null): Promise<number> {
    return this.#inNamespace(caller, namespaceId, async (tx, createdAt) => {
      const found = await tx.usageBatch.findFirst({
        where: { tenantId: caller.tenantId, namespaceId, ...(beforeMs === null ? {} : { sealedAt: { lt: new Date(beforeMs) } }) },
        orderBy: { sealedAt: 'desc' }, select: { sealedAt: true },
      });
      return (found?.sealedAt ?? createdAt).getTime();
    });
  }

  async #inNamespace<T>(caller: Caller, namespaceId: string, work: (tx: Transaction, createdAt: Date) => Promise<T>): Promise<T> {
    const foreign = caller.namespaceId !== null && caller.namespaceId !== namespaceId;
    if (foreign || !/^ns_[0-9a-z]{1,40}$/.test(namespaceId)) throw new WaybillError('namespace_not_found');
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const namespace = await tx.namespace.findFirst({ where: { id: namespaceId, tenantId: caller.tenantId }, select: { createdAt: true } });
      if (!namespace) throw new WaybillError('namespace_not_found');
      return work(tx, namespace.createdAt);
    });
  }

  /** A namespace never changes its tenant. */
  async #tenantOf(namespaceId: NamespaceId): Promise<string | null> {
    const known = this.#tenants.get(namespaceId);
    if (known !== undefined) return known;
    const found = await this.database.asSystem((tx) => tx.namespace.findUnique({ where: { id: namespaceId }, select: { tenantId: true } }));
    if (found) this.#tenants.set(namespaceId, found.tenantId);
    return found?.tenantId ?? null;
  }
}

async function bookEntries(tx: Transaction, of: { tenantId: string; namespaceId: string; batchId: string }, entries: readonly UsageEntry[]): Promise<void> {
  const hours = entries.map((entry) => new Date(entry.hour * hourMs));
  const dimensions = entries.map((entry) => entry.dimension);
  const causes = entries.map((entry) => entry.cause);
  const resources = entries.map((entry) => entry.resourceId);
  const deltas = entries.map((entry) => String(entry.delta));
  await tx.$executeRaw`
    INSERT INTO usage_entries (batch_id, hour, dimension, cause, resource_id, tenant_id, namespace_id, delta)
    SELECT ${of.batchId}, hour, dimension, cause, resource_id, ${of.tenantId}, ${of.namespaceId}, delta
    FROM unnest(${hours}::timestamptz[], ${dimensions}::text[], ${causes}::text[], ${resources}::text[], ${deltas}::text[]::bigint[])
      AS entry (hour, dimension, cause, resource_id, delta)`;
  await tx.$executeRaw`
    INSERT INTO usage_records (tenant_id, namespace_id, hour, dimension, cause, resource_id, quantity)
    SELECT ${of.tenantId}, ${of.namespaceId}, hour, dimension, cause, resource_id, delta
    FROM unnest(${hours}::timestamptz[], ${dimensions}::text[], ${causes}::text[], ${resources}::text[], ${deltas}::text[]::bigint[])
      AS entry (hour, dimension, cause, resource_id, delta)
    ON CONFLICT (tenant_id, namespace_id, hour, dimension, cause, resource_id)
    DO UPDATE SET quantity = usage_records.quantity + excluded.quantity, revision = usage_records.revision + 1`;
}
