import type { Database, Transaction } from '@waybill/database';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { markNew } from './hours/seal.store.js';
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

/** Where a batch comes from: counters drained from Redis, or what is booked by the hour. */
export interface BatchOrigin {
  readonly source: 'drain' | 'minutes' | 'archive';
  /** What a person must know of it. */
  readonly note?: string | undefined;
}

/** `other_content`: a batch of this id is in the ledger and says something else. */
export type Booking = 'booked' | 'booked_before' | 'other_content' | 'no_namespace';

const rowsPerStatement = 5_000;
/** A namespace with as many queues as it may have counts some 100,000 things between two drains; a batch must never be too large to be booked. */
const bookingMs = 300_000;

/** The hourly ledger in PostgreSQL: batches inserted once, entries never changed, records their sum (billing.md §6). */
export class LedgerStore {
  readonly #tenants = new Map<NamespaceId, string>();
  /** Months this process knows to have a partition. */
  readonly #months = new Set<string>();

  constructor(private readonly database: Database) {}

  /**
   * One transaction: all of the batch or nothing. Booking a batch again changes nothing. What belongs to an hour that is
   * sealed becomes an adjustment of the current month instead.
   */
  async book(namespaceId: NamespaceId, batchId: string, batch: ReadBatch, { source, note }: BatchOrigin = { source: 'drain' }): Promise<Booking> {
    const tenantId = await this.tenantOf(namespaceId);
    if (tenantId === null) return 'no_namespace';
    await this.ensureMonths(batch.entries.map(({ hour }) => hour * hourMs));
    return this.database.asSystem(async (tx) => {
      const inserted = await tx.$executeRaw`
        INSERT INTO usage_batches (id, tenant_id, namespace_id, sealed_at, sha256, source, note)
        VALUES (${batchId}, ${tenantId}, ${namespaceId}, ${new Date(batch.sealedAtMs)}, ${batch.sha256}, ${source}, ${note ?? null}) ON CONFLICT DO NOTHING`;
      if (inserted === 0) {
        const found = await tx.usageBatch.findUniqueOrThrow({ where: { id: batchId } });
        return Buffer.compare(found.sha256, batch.sha256) === 0 ? 'booked_before' : 'other_content';
      }
      const of = { tenantId, namespaceId, batchId };
      const sealedThroughMs = await holdSealed(tx, of);
      const isLate = ({ hour }: UsageEntry) => hour * hourMs < sealedThroughMs;
      const [late, timely] = [batch.entries.filter(isLate), batch.entries.filter((entry) => !isLate(entry))];
      for (let from = 0; from < timely.length; from += rowsPerStatement) await bookEntries(tx, of, timely.slice(from, from + rowsPerStatement));
      for (let from = 0; from < late.length; from += rowsPerStatement) await bookLate(tx, of, late.slice(from, from + rowsPerStatement));
      return 'booked';
    }, { timeoutMs: bookingMs });
  }

  /** Makes the partitions of these moments' months where they are missing. */
  async ensureMonths(moments: readonly number[]): Promise<void> {
    const missing = new Set<string>();
    for (const ms of moments) missing.add(`${new Date(ms).toISOString().slice(0, 7)}-01`);
    for (const month of missing) {
      if (this.#months.has(month)) continue;
      await this.database.asSystem((tx) => tx.$executeRaw`SELECT usage_ensure_month(${month}::date)`);
      this.#months.add(month);
    }
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
    return this.#inNamespace(caller, namespaceId, (tx, createdAt) => newestSeal(tx, { tenantId: caller.tenantId, namespaceId, createdAt }, beforeMs));
  }

  /** The same for the system's own work; 0 for a namespace that is gone. */
  newestSealOf(tenantId: string, namespaceId: string, beforeMs: number | null): Promise<number> {
    return this.database.asSystem(async (tx) => {
      const namespace = await tx.namespace.findFirst({ where: { id: namespaceId, tenantId }, select: { createdAt: true } });
      return namespace === null ? 0 : newestSeal(tx, { tenantId, namespaceId, createdAt: namespace.createdAt }, beforeMs);
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

  /** Null: there is no such namespace. Remembered, as a namespace never changes its tenant. */
  async tenantOf(namespaceId: NamespaceId): Promise<string | null> {
    const known = this.#tenants.get(namespaceId);
    if (known !== undefined) return known;
    const found = await this.database.asSystem((tx) => tx.namespace.findUnique({ where: { id: namespaceId }, select: { tenantId: true } }));
    if (found) this.#tenants.set(namespaceId, found.tenantId);
    return found?.tenantId ?? null;
  }
}

/** Of drained batches alone: what is booked by the hour says nothing of the counters in Redis. */
async function newestSeal(tx: Transaction, of: { tenantId: string; namespaceId: string; createdAt: Date }, beforeMs: number | null): Promise<number> {
  const found = await tx.usageBatch.findFirst({
    where: { tenantId: of.tenantId, namespaceId: of.namespaceId, source: 'drain', ...(beforeMs === null ? {} : { sealedAt: { lt: new Date(beforeMs) } }) },
    orderBy: { sealedAt: 'desc' }, select: { sealedAt: true },
  });
  return (found?.sealedAt ?? of.createdAt).getTime();
}

interface BatchOwner {
  readonly tenantId: string;
  readonly namespaceId: string;
  readonly batchId: string;
}

/** Up to where the namespace is sealed, ms; it stays so until the end of the transaction. */
async function holdSealed(tx: Transaction, { tenantId, namespaceId }: BatchOwner): Promise<number> {
  const held = () => tx.$queryRaw<{ sealed_through: Date }[]>`
    SELECT sealed_through FROM usage_watermarks WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} FOR SHARE`;
  const [mark] = await held();
  if (mark) return mark.sealed_through.getTime();
  await markNew(tx);
  return (await held())[0]?.sealed_through.getTime() ?? 0;
}

function columnsOf(entries: readonly UsageEntry[]) {
  return {
    hours: entries.map((entry) => new Date(entry.hour * hourMs)),
    dimensions: entries.map((entry) => entry.dimension),
    causes: entries.map((entry) => entry.cause),
    resources: entries.map((entry) => entry.resourceId),
    deltas: entries.map((entry) => String(entry.delta)),
  };
}

/** The hour is over and sealed: the units are billed in the month in which they are known. */
async function bookLate(tx: Transaction, of: BatchOwner, entries: readonly UsageEntry[]): Promise<void> {
  const { hours, dimensions, causes, resources, deltas } = columnsOf(entries);
  const ids = entries.map(() => newId('adjustment'));
  await tx.$executeRaw`
    INSERT INTO usage_adjustments (tenant_id, id, namespace_id, kind, state, hour, dimension, cause, resource_id, delta, reason, actor, booked_period, batch_id, decided_at)
    SELECT ${of.tenantId}, id, ${of.namespaceId}, 'late', 'approved', hour, dimension, cause, resource_id, delta, 'booked after its hour was sealed', 'system',
      date_trunc('month', now() AT TIME ZONE 'UTC')::date, ${of.batchId}, now()
    FROM unnest(${ids}::text[], ${hours}::timestamptz[], ${dimensions}::text[], ${causes}::text[], ${resources}::text[], ${deltas}::text[]::bigint[])
      AS entry (id, hour, dimension, cause, resource_id, delta)`;
}

/** One statement: the counters of a large batch are sent and read once. Rows are locked in the order of their keys. */
async function bookEntries(tx: Transaction, of: BatchOwner, entries: readonly UsageEntry[]): Promise<void> {
  const { hours, dimensions, causes, resources, deltas } = columnsOf(entries);
  await tx.$executeRaw`
    WITH entry AS MATERIALIZED (
      SELECT * FROM unnest(${hours}::timestamptz[], ${dimensions}::text[], ${causes}::text[], ${resources}::text[], ${deltas}::text[]::bigint[])
        AS entry (hour, dimension, cause, resource_id, delta)
    ), entries AS (
      INSERT INTO usage_entries (batch_id, hour, dimension, cause, resource_id, tenant_id, namespace_id, delta)
      SELECT ${of.batchId}, hour, dimension, cause, resource_id, ${of.tenantId}, ${of.namespaceId}, delta FROM entry
    ), days AS (
      INSERT INTO usage_days (tenant_id, namespace_id, day, dimension, cause, resource_id, quantity)
      SELECT ${of.tenantId}, ${of.namespaceId}, (hour AT TIME ZONE 'UTC')::date AS day, dimension, cause, resource_id, sum(delta) FROM entry
      GROUP BY day, dimension, cause, resource_id ORDER BY day, dimension, cause, resource_id
      ON CONFLICT (tenant_id, dimension, namespace_id, resource_id, cause, day) DO UPDATE SET quantity = usage_days.quantity + excluded.quantity
    ), namespace_days AS (
      INSERT INTO usage_namespace_days (tenant_id, namespace_id, day, dimension, cause, quantity)
      SELECT ${of.tenantId}, ${of.namespaceId}, (hour AT TIME ZONE 'UTC')::date AS day, dimension, cause, sum(delta) FROM entry
      GROUP BY day, dimension, cause ORDER BY day, dimension, cause
      ON CONFLICT (tenant_id, day, dimension, namespace_id, cause) DO UPDATE SET quantity = usage_namespace_days.quantity + excluded.quantity
    )
    INSERT INTO usage_records (tenant_id, namespace_id, hour, dimension, cause, resource_id, quantity)
    SELECT ${of.tenantId}, ${of.namespaceId}, hour, dimension, cause, resource_id, delta FROM entry ORDER BY hour, dimension, cause, resource_id
    ON CONFLICT (tenant_id, namespace_id, hour, dimension, cause, resource_id)
    DO UPDATE SET quantity = usage_records.quantity + excluded.quantity, revision = usage_records.revision + 1`;
}
