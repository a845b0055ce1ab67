import type { QueueDefinition, TopologyChange } from '@waybill/broker';
import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { beforeAllNames, pageOf, readCursor } from './cursor.js';
import type { Page, PageQuery, Queue, QueueSettings, ResourceName } from './definitions.js';
import { limits } from './limits.js';
import type { Committed, Scope } from './namespace.store.js';
import { changeNamespace, readNamespace } from './namespace.store.js';

export interface QueueRow {
  id: string;
  name: string;
  leaseSeconds: number;
  deliveryLimit: number | null;
  createdAt: Date;
}

/** Queues in PostgreSQL. Every method fails with `namespace_not_found`. */
export class QueueStore {
  constructor(private readonly database: Database) {}

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

  /** Creates the queue or gives it these settings; messages and id stay. Fails with `limit_reached`. */
  put(caller: Caller, namespaceId: string, name: string, settings: QueueSettings): Promise<Committed<{ created: boolean; queue: Queue }>> {
    return changeNamespace<{ created: boolean; queue: Queue }>(this.database, caller, namespaceId, async (tx, scope) => {
      const { kind, leaseSeconds, deliveryLimit } = settings;
      const where = { tenantId_namespaceId_name: { ...scope, name } };
      const found = await tx.queue.findUnique({ where });
      if (found) {
        const same = found.leaseSeconds === leaseSeconds && found.deliveryLimit === deliveryLimit;
        const row = same ? found : await tx.queue.update({ where, data: { leaseSeconds, deliveryLimit } });
        const [queue] = await withBindings(tx, scope, [row]);
        return { result: { created: false, queue: queue! }, steps: same ? [] : [{ put: 'queue', queue: queueDefinition(row) }] };
      }
      if ((await tx.queue.count({ where: scope })) >= limits.queues) {
        throw new WaybillError('limit_reached', { resource: 'queues', limit: limits.queues });
      }
      const row = await tx.queue.create({ data: { ...scope, id: newId('queue'), name, kind, leaseSeconds, deliveryLimit } });
      return { result: { created: true, queue: toQueue(row, 0) }, steps: [{ put: 'queue', queue: queueDefinition(row) }] };
    });
  }

  /** Deletes the queue, its messages and every binding to it. Fails with `queue_not_found`. */
  delete(caller: Caller, namespaceId: string, name: string): Promise<Committed<undefined>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      const { id } = await requireQueue(tx, scope, name);
      const gone = await tx.$queryRaw<{ id: string }[]>`
        DELETE FROM bindings WHERE tenant_id = ${scope.tenantId} AND namespace_id = ${scope.namespaceId}
          AND destination_kind = 'queue' AND destination = ${name} RETURNING id`;
      await tx.queue.delete({ where: { id } });
      const steps: TopologyChange[] = gone.map((binding) => ({ drop: 'binding', id: binding.id }));
      return { result: undefined, steps: [...steps, { drop: 'queue', name, id }] };
    });
  }

  names(caller: Caller, namespaceId: string): Promise<[string, ResourceName][]> {
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope }) => {
      const rows = await tx.queue.findMany({ where: scope, select: { id: true, name: true } });
      return rows.map(({ id, name }) => [id, { kind: 'queue', name }]);
    });
  }
}

export function queueDefinition(row: QueueRow): QueueDefinition {
  return { id: row.id, name: row.name, kind: 'standard', leaseMs: row.leaseSeconds * 1_000, deliveryLimit: row.deliveryLimit };
}

async function requireQueue(tx: Transaction, scope: Scope, name: string): Promise<QueueRow> {
  const row = await tx.queue.findUnique({ where: { tenantId_namespaceId_name: { ...scope, name } } });
  if (!row) throw new WaybillError('queue_not_found', { queue: name });
  return row;
}

async function withBindings(tx: Transaction, scope: Scope, rows: readonly QueueRow[]): Promise<Queue[]> {
  const counted = await tx.binding.groupBy({
    by: ['destination'], where: { ...scope, destinationKind: 'queue', destination: { in: rows.map((row) => row.name) } }, _count: true,
  });
  const bindings = new Map(counted.map((group) => [group.destination, group._count]));
  return rows.map((row) => toQueue(row, bindings.get(row.name) ?? 0));
}

function toQueue(row: QueueRow, bindings: number): Queue {
  const { id, name, leaseSeconds, deliveryLimit } = row;
  return { id, name, kind: 'standard', leaseSeconds, deliveryLimit, bindings, createdAt: row.createdAt.toISOString() };
}
