import type { Database, Transaction } from '@waybill/database';
import { Prisma } from '@waybill/database';
import type { NamespaceId, TenantId } from '@waybill/kernel';
import { recordEvent } from '../finance/finance-event.store.js';
import { deletionDays } from './deletion-plan.js';
import type { DeletionState, DeletionStep } from './deletion-plan.js';

/** What a tenant had when its deletion began. */
export type Inventory = Readonly<Record<'namespaces' | 'keys' | 'portalLinks' | 'subscriptions' | 'sources' | 'queues' | 'exchanges', number>>;

export interface DeletionHold {
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

export interface TenantDeletion {
  readonly tenantId: TenantId;
  readonly invoiceId: string;
  readonly invoiceNumber: string;
  readonly overdueSinceMs: number;
  readonly state: DeletionState;
  readonly plannedAtMs: number;
  readonly renewedAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly namespaceId: string | null;
  readonly step: DeletionStep | null;
  readonly inventory: Inventory | null;
  readonly failure: string | null;
  readonly hold: DeletionHold | null;
  readonly noticeToldAtMs: number | null;
  readonly lastNoticeToldAtMs: number | null;
}

type Key = Pick<TenantDeletion, 'tenantId' | 'invoiceId'>;
interface Row {
  tenant_id: string; invoice_id: string; invoice_number: string; overdue_since: Date; state: string; planned_at: Date; renewed_at: Date | null; started_at: Date | null; ended_at: Date | null;
  namespace_id: string | null; step: string | null; inventory: Inventory | null; failure: string | null; hold_reason: string | null; held_by: string | null; hold_at: Date | null; notice: Date | null; last_notice: Date | null;
}

const ms = (date: Date | null): number | null => date?.getTime() ?? null;

/** Scope under which the notices of an invoice are noted; the last one is due again when the deletion was planned anew. */
export function noticeScope(invoiceId: string, renewedAtMs: number | null = null): string {
  return renewedAtMs === null ? `dunning:${invoiceId}` : `dunning:${invoiceId}:${renewedAtMs}`;
}

/** Deletions of tenants, one for each invoice that led to one. */
export class TenantDeletionStore {
  constructor(private readonly database: Database) {}

  /** Plans it, or plans it anew when it had been cancelled. Answers it as it is; one that is over stays so. */
  async plan({ tenantId, invoiceId }: Key, facts: { readonly number: string; readonly overdueSinceMs: number }, nowMs: number): Promise<TenantDeletion> {
    await this.database.asSystem((tx) => tx.$executeRaw`
      INSERT INTO tenant_deletions AS d (tenant_id, invoice_id, invoice_number, overdue_since, planned_at)
      VALUES (${tenantId}, ${invoiceId}, ${facts.number}, ${new Date(facts.overdueSinceMs)}, ${new Date(facts.overdueSinceMs + deletionDays.day * 86_400_000)})
      ON CONFLICT (tenant_id, invoice_id) DO UPDATE SET state = 'planned', renewed_at = ${new Date(nowMs)} WHERE d.state = 'cancelled'`);
    return (await this.find({ tenantId, invoiceId }))!;
  }

  async find({ tenantId, invoiceId }: Key): Promise<TenantDeletion | null> {
    const [found] = await this.#read(Prisma.sql`d.tenant_id = ${tenantId} AND d.invoice_id = ${invoiceId}`);
    return found ?? null;
  }

  /** The one a tenant is told of: what is planned or under way, else the last that was begun. */
  async newest(tenantId: TenantId): Promise<TenantDeletion | null> {
    const [found] = await this.#read(Prisma.sql`d.tenant_id = ${tenantId} AND d.state <> 'cancelled'`, Prisma.sql`d.state NOT IN ('planned', 'running'), d.planned_at DESC`);
    return found ?? null;
  }

  /** Whose day may have come, those that were begun, and those that are done and not told of; by tenant, `after` is '' at first. */
  due(nowMs: number, after: string, limit: number): Promise<TenantDeletion[]> {
    const untold = Prisma.sql`NOT EXISTS (SELECT FROM billing_notices n WHERE n.tenant_id = d.tenant_id AND n.scope = 'dunning:' || d.invoice_id AND n.step = ${deletionDays.day})`;
    return this.#read(Prisma.sql`d.tenant_id > ${after} AND (d.state = 'running' OR (d.state = 'planned' AND d.planned_at <= ${new Date(nowMs)}) OR (d.state = 'done' AND ${untold}))`, Prisma.sql`d.tenant_id`, limit);
  }

  /** Planned and running ones, then the last that are over; the next day first. */
  list(limit: number): Promise<TenantDeletion[]> {
    return this.#read(Prisma.sql`d.state <> 'cancelled'`, Prisma.sql`d.state NOT IN ('planned', 'running'), CASE WHEN d.state IN ('planned', 'running') THEN d.planned_at END, d.ended_at DESC`, limit);
  }

  async setPlannedAt({ tenantId, invoiceId }: Key, plannedAtMs: number): Promise<void> {
    await this.database.asSystem((tx) => tx.tenantDeletion.updateMany({ where: { tenantId, invoiceId, state: 'planned' }, data: { plannedAt: new Date(plannedAtMs) } }));
  }

  /** Holds every deletion of a tenant, or lets go with null: then what is planned is planned anew, so that it is told of once more. */
  async hold(tenantId: TenantId, reason: string | null, by: string, nowMs: number): Promise<void> {
    const at = new Date(nowMs);
    await this.database.asSystem(async (tx) => {
      const before = await tx.billingProfile.findUnique({ where: { tenantId }, select: { deletionHoldReason: true } });
      if ((before?.deletionHoldReason ?? null) === reason) return;
      const data = { deletionHoldReason: reason, deletionHeldBy: reason === null ? null : by, deletionHoldAt: at };
      await tx.billingProfile.upsert({ where: { tenantId }, create: { tenantId, ...data }, update: data });
      if (reason === null) await tx.tenantDeletion.updateMany({ where: { tenantId, state: 'planned' }, data: { renewedAt: at } });
      const action = reason === null ? 'deletion.released' : 'deletion.held';
      await recordEvent(tx, { tenantId, actor: by, action, subject: tenantId, before: { reason: before?.deletionHoldReason ?? null }, after: { reason } }, nowMs);
    });
  }

  async holdOf(tenantId: TenantId): Promise<DeletionHold | null> {
    const row = await this.database.asSystem((tx) => tx.billingProfile.findUnique({ where: { tenantId }, select: { deletionHoldReason: true, deletionHeldBy: true, deletionHoldAt: true } }));
    return row?.deletionHoldReason ? { reason: row.deletionHoldReason, by: row.deletionHeldBy ?? '', atMs: row.deletionHoldAt?.getTime() ?? 0 } : null;
  }

  /**
   * Whether it runs now; not when it was planned anew since it was read. The invoice is locked for the moment of the step from
   * planned to running: a payment comes before or after it, never beside it.
   */
  begin({ renewedAtMs, ...key }: Key & Pick<TenantDeletion, 'renewedAtMs'>, nowMs: number): Promise<boolean> {
    return this.database.asSystem(async (tx) => {
      if (!(await owed(tx, key))) return false;
      const inventory = await inventoryOf(tx, key.tenantId, nowMs);
      const { count } = await tx.tenantDeletion.updateMany({ where: { ...idOf(key), state: 'planned', renewedAt: renewedAtMs === null ? null : new Date(renewedAtMs) }, data: { state: 'running', startedAt: new Date(nowMs), inventory } });
      if (count === 1) await recordEvent(tx, { tenantId: key.tenantId, actor: 'dunning', action: 'deletion.began', subject: key.invoiceId, after: inventory }, nowMs);
      return count === 1 || (await tx.tenantDeletion.count({ where: { ...idOf(key), state: 'running' } })) === 1;
    });
  }

  /** Whether the next step may be taken; notes which it is. Paid, held or disputed: it may not. */
  goOn(key: Key, at: { readonly namespaceId: NamespaceId; readonly step: DeletionStep }): Promise<boolean> {
    return this.database.asSystem(async (tx) => {
      if (!(await owed(tx, key))) return false;
      const { count } = await tx.tenantDeletion.updateMany({ where: { ...idOf(key), state: 'running' }, data: { ...at, failure: null } });
      return count === 1;
    });
  }

  /** Whether it is over now: false while anything is left that there was when it began, and for who comes second. */
  finish(key: Key, nowMs: number): Promise<boolean> {
    return this.database.asSystem(async (tx) => {
      const row = await tx.tenantDeletion.findFirst({ where: { ...idOf(key), state: 'running' } });
      if (row === null) return false;
      const left = await inventoryOf(tx, key.tenantId, nowMs, row.startedAt!);
      if (Object.entries(left).some(([what, count]) => what !== 'namespaces' && count > 0)) return false;
      const { count } = await tx.tenantDeletion.updateMany({ where: { ...idOf(key), state: 'running' }, data: { state: 'done', endedAt: new Date(nowMs) } });
      if (count === 0) return false;
      await recordEvent(tx, { tenantId: key.tenantId, actor: 'dunning', action: 'deletion.done', subject: key.invoiceId, after: row.inventory as unknown as Inventory }, nowMs);
      return true;
    });
  }

  async failed(key: Key, failure: string): Promise<void> {
    await this.database.asSystem((tx) => tx.tenantDeletion.updateMany({ where: { ...idOf(key), state: 'running' }, data: { failure: failure.slice(0, 500) } }));
  }

  /** What is planned is cancelled, what is under way stops before its next step; of all invoices of the tenant, or all but one. Repeating it is harmless. */
  async cancel(tenantId: TenantId, nowMs: number, exceptInvoiceId = ''): Promise<void> {
    await this.#end(Prisma.sql`d.tenant_id = ${tenantId} AND d.invoice_id <> ${exceptInvoiceId}`, nowMs);
  }

  /** The same where the invoice is not to be paid any more, held or disputed, whatever else the tenant owes; of one tenant, or of all. Returns whose. */
  cancelSettled(tenantId: TenantId | null, nowMs: number): Promise<TenantId[]> {
    return this.#end(Prisma.sql`(${tenantId}::text IS NULL OR d.tenant_id = ${tenantId}) AND NOT EXISTS (SELECT FROM invoices i WHERE i.tenant_id = d.tenant_id AND i.id = d.invoice_id AND ${toBePaid})`, nowMs);
  }

  namespaces(tenantId: TenantId): Promise<NamespaceId[]> {
    return this.database.asSystem(async (tx) => (await tx.namespace.findMany({ where: { tenantId }, orderBy: { id: 'asc' }, select: { id: true } })).map(({ id }) => id as NamespaceId));
  }

  #end(which: Prisma.Sql, nowMs: number): Promise<TenantId[]> {
    return this.database.asSystem(async (tx) => {
      const ended = await tx.$queryRaw<{ tenant_id: string; invoice_id: string; state: string; step: string | null }[]>`
        UPDATE tenant_deletions d SET state = CASE d.state WHEN 'planned' THEN 'cancelled' ELSE 'stopped' END, ended_at = CASE d.state WHEN 'running' THEN ${new Date(nowMs)} ELSE d.ended_at END
        WHERE d.state IN ('planned', 'running') AND ${which} RETURNING d.tenant_id, d.invoice_id, d.state, d.step`;
      for (const { tenant_id: tenantId, invoice_id: subject, state, step } of ended) if (state === 'stopped') await recordEvent(tx, { tenantId, actor: 'dunning', action: 'deletion.stopped', subject, after: { step } }, nowMs);
      return ended.map((row) => row.tenant_id as TenantId);
    });
  }

  #read(where: Prisma.Sql, order: Prisma.Sql = Prisma.sql`d.tenant_id`, limit = 1): Promise<TenantDeletion[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<Row[]>`
        SELECT d.*, p.deletion_hold_reason AS hold_reason, p.deletion_held_by AS held_by, p.deletion_hold_at AS hold_at,
          (SELECT max(n.told_at) FROM billing_notices n WHERE n.tenant_id = d.tenant_id AND n.scope = 'dunning:' || d.invoice_id AND n.step = ${deletionDays.notice}) AS notice,
          (SELECT max(n.told_at) FROM billing_notices n WHERE n.tenant_id = d.tenant_id AND n.step = ${deletionDays.lastNotice}
            AND n.scope = 'dunning:' || d.invoice_id || coalesce(':' || (extract(epoch FROM d.renewed_at) * 1000)::bigint, '')) AS last_notice
        FROM tenant_deletions d LEFT JOIN billing_profiles p ON p.tenant_id = d.tenant_id WHERE ${where} ORDER BY ${order} LIMIT ${limit}`;
      return rows.map((row) => ({
        tenantId: row.tenant_id as TenantId, invoiceId: row.invoice_id, invoiceNumber: row.invoice_number, overdueSinceMs: row.overdue_since.getTime(), state: row.state as DeletionState, plannedAtMs: row.planned_at.getTime(),
        renewedAtMs: ms(row.renewed_at), startedAtMs: ms(row.started_at), endedAtMs: ms(row.ended_at), namespaceId: row.namespace_id, step: row.step as DeletionStep | null, inventory: row.inventory, failure: row.failure,
        hold: row.hold_reason === null ? null : { reason: row.hold_reason, by: row.held_by ?? '', atMs: row.hold_at?.getTime() ?? 0 }, noticeToldAtMs: ms(row.notice), lastNoticeToldAtMs: ms(row.last_notice),
      }));
    });
  }
}

const idOf = ({ tenantId, invoiceId }: Key) => ({ tenantId, invoiceId });

/** Of an invoice `i`: it leads to a deletion. */
const toBePaid = Prisma.sql`i.state = 'finalized' AND i.hold_reason IS NULL AND NOT EXISTS (SELECT FROM invoice_disputes x WHERE x.tenant_id = i.tenant_id AND x.invoice_id = i.id AND x.state = 'open')`;

/** Whether the invoice is still to be paid, neither it nor the deletion held nor a line disputed; it stays so until the transaction ends. */
async function owed(tx: Transaction, { tenantId, invoiceId }: Key): Promise<boolean> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT i.id FROM invoices i WHERE i.tenant_id = ${tenantId} AND i.id = ${invoiceId} AND ${toBePaid}
      AND NOT EXISTS (SELECT FROM billing_profiles p WHERE p.tenant_id = i.tenant_id AND p.deletion_hold_reason IS NOT NULL)
    FOR SHARE OF i`;
  return rows.length === 1;
}

/** What there is; with `madeBefore` only what was made until then, because people may go on making things. */
async function inventoryOf(tx: Transaction, tenantId: TenantId, nowMs: number, madeBefore?: Date): Promise<Inventory> {
  const where = { tenantId, ...(madeBefore === undefined ? {} : { createdAt: { lte: madeBefore } }) };
  const [namespaces, keys, portalLinks, subscriptions, sources, queues, exchanges] = [
    await tx.namespace.count({ where: { tenantId } }), await tx.apiKey.count({ where: { ...where, revokedAt: null } }), await tx.portalLink.count({ where: { ...where, revokedAt: null, expiresAt: { gt: new Date(nowMs) } } }), await tx.subscription.count({ where }),
    await tx.source.count({ where: { ...where, deletedAt: null } }), await tx.queue.count({ where }), await tx.exchange.count({ where }),
  ];
  return { namespaces, keys, portalLinks, subscriptions, sources, queues, exchanges };
}
