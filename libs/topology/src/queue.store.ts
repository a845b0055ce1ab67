import { isDeepStrictEqual } from 'node:util';
import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { beforeAllNames, pageOf, readCursor } from './cursor.js';
import type { IdleDeleting, Page, PageQuery, Queue, QueueSettings, ResourceName } from './definitions.js';
import { requireExchange } from './exchange.store.js';
import { beginLifetime, endLifetime } from './lifetime.store.js';
import { limits } from './limits.js';
import type { Committed, Scope } from './namespace.store.js';
import { changeNamespace, readNamespace } from './namespace.store.js';
import { queueDefinition } from './queue-definition.js';
import { queueColumns, queueSettingsOf } from './queue-settings.js';
import type { QueueSettingsRow } from './queue-settings.js';
import type { SnapshotStep } from './snapshot-step.js';

interface QueueRow extends QueueSettingsRow {
  id: string;
  name: string;
  createdAt: Date;
}

type Put = { created: boolean; queue: Queue };

/** Why a tenant may make no new queue now; undefined while it may. Queues that exist keep working and can be changed. */
export type NewQueueRule = (caller: Caller) => Promise<WaybillError | undefined>;

const anyQueue: NewQueueRule = () => Promise.resolve(undefined);

/** Queues in PostgreSQL. Every method with a caller fails with `namespace_not_found`. */
export class QueueStore {
  constructor(
    private readonly database: Database,
    private readonly newQueues: NewQueueRule = anyQueue,
  ) {}

  async list(caller: Caller, namespaceId: string, { limit, after }: PageQuery): Promise<Page<Queue>> {
    const from = readCursor(after);
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope }) => {
      const rows = await tx.queue.findMany({ where: { ...scope, name: { gt: from ?? beforeAllNames } }, orderBy: { name: 'asc' }, take: limit + 1 });
      return pageOf(await withBindings(tx, scope, rows), limit, (queue) => queue.name);
    });
  }

  /** Fails with `queue_not_found`. */
  get(caller: Caller, namespaceId: string, name: string): Promise<Queue> {
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope }) => {
      const [queue] = await withBindings(tx, scope, [await requireQueue(tx, scope, name)]);
      return queue!;
    });
  }

  /**
   * Creates the queue or gives it these settings; messages and id stay. Fails with `queue_conflict` when the name is
   * taken by another kind (fair and not fair lie in another order as well), `exchange_not_found` because of the dead-letter exchange, `limit_reached`,
   * and with what the rule for new queues says.
   */
  async put(caller: Caller, namespaceId: string, name: string, settings: QueueSettings): Promise<Committed<Put>> {
    const refusal = await this.newQueues(caller);
    return changeNamespace<Put>(this.database, caller, namespaceId, async (tx, scope) => {
      const where = { tenantId_namespaceId_name: { ...scope, name } };
      const found = await tx.queue.findUnique({ where });
      if (found && (found.kind !== settings.kind || queueSettingsOf(found).fair !== settings.fair)) throw new WaybillError('queue_conflict', { queue: name });
      if (found && isDeepStrictEqual(queueSettingsOf(found), settings)) return { result: await putResult(tx, scope, found, false), steps: [] };
      if (!found && refusal) throw refusal;
      if (!found) await requireRoom(tx, scope);
      if (settings.deadLetterExchange !== null) await requireExchange(tx, scope, settings.deadLetterExchange);
      const data = queueColumns(settings);
      const row = found ? await tx.queue.update({ where, data }) : await tx.queue.create({ data: { ...scope, id: newId('queue'), name, kind: settings.kind, ...data } });
      if (!found) await beginLifetime(tx, scope, 'queue', row);
      return { result: await putResult(tx, scope, row, !found), steps: [{ put: 'queue', queue: queueDefinition(row) }] };
    });
  }

  /**
   * Deletes the queue, its messages and every binding to it; with `id` only that queue and not a later one of the same
   * name. Fails with `queue_not_found`.
   */
  delete(caller: Caller, namespaceId: string, name: string, id?: string): Promise<Committed<undefined>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      const found = await requireQueue(tx, scope, name);
      if (id !== undefined && found.id !== id) throw new WaybillError('queue_not_found', { queue: name });
      const gone = await tx.$queryRaw<{ id: string }[]>`
        DELETE FROM bindings WHERE tenant_id = ${scope.tenantId} AND namespace_id = ${scope.namespaceId}
          AND destination_kind = 'queue' AND destination = ${name} RETURNING id`;
      await tx.queue.delete({ where: { id: found.id } });
      await endLifetime(tx, scope, found.id);
      const steps: SnapshotStep[] = gone.map((binding) => ({ drop: 'binding', id: binding.id }));
      return { result: undefined, steps: [...steps, { drop: 'queue', name, id: found.id }] };
    });
  }

  names(caller: Caller, namespaceId: string): Promise<[string, ResourceName][]> {
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope }) => {
      const rows = await tx.queue.findMany({ where: scope, select: { id: true, name: true } });
      return rows.map(({ id, name }) => [id, { kind: 'queue', name }]);
    });
  }

  /** Of all tenants, by id; `after` is the last id of the part before, '' at first. */
  async listIdleDeleting(after: string, limit: number): Promise<IdleDeleting[]> {
    const rows = await this.database.asSystem((tx) =>
      tx.queue.findMany({ where: { deleteWhenIdleSeconds: { not: null }, id: { gt: after } }, orderBy: { id: 'asc' }, take: limit }),
    );
    return rows.map(({ tenantId, namespaceId, id, name, deleteWhenIdleSeconds }) => ({ tenantId, namespaceId, id, name, idleMs: deleteWhenIdleSeconds! * 1_000 }));
  }
}

async function requireQueue(tx: Transaction, scope: Scope, name: string): Promise<QueueRow> {
  const row = await tx.queue.findUnique({ where: { tenantId_namespaceId_name: { ...scope, name } } });
  if (!row) throw new WaybillError('queue_not_found', { queue: name });
  return row;
}

async function requireRoom(tx: Transaction, scope: Scope): Promise<void> {
  if ((await tx.queue.count({ where: scope })) >= limits.queues) {
    throw new WaybillError('limit_reached', { resource: 'queues', limit: limits.queues });
  }
}

async function putResult(tx: Transaction, scope: Scope, row: QueueRow, created: boolean): Promise<Put> {
  const [queue] = await withBindings(tx, scope, [row]);
  return { created, queue: queue! };
}

async function withBindings(tx: Transaction, scope: Scope, rows: readonly QueueRow[]): Promise<Queue[]> {
  const counted = await tx.binding.groupBy({
    by: ['destination'], where: { ...scope, destinationKind: 'queue', destination: { in: rows.map((row) => row.name) } }, _count: true,
  });
  const bindings = new Map(counted.map((group) => [group.destination, group._count]));
  return rows.map((row) => ({ id: row.id, name: row.name, ...queueSettingsOf(row), bindings: bindings.get(row.name) ?? 0, createdAt: row.createdAt.toISOString() }));
}
