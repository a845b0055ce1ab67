import type { BindingDefinition, TopologyChange } from '@waybill/broker';
import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { bindingId } from './binding-id.js';
import { beforeAllNames, pageOf, readCursor } from './cursor.js';
import type { Binding, BindingInput, BindingQuery, Destination, Page, PutBinding } from './definitions.js';
import { requireExchange } from './exchange.store.js';
import { limits } from './limits.js';
import type { Edge } from './loops.js';
import { exchangesLeadingTo } from './loops.js';
import type { Committed, Scope } from './namespace.store.js';
import { changeNamespace, readNamespace } from './namespace.store.js';
import { requirePattern } from './pattern.js';

export interface BindingRow {
  id: string;
  source: string;
  destinationKind: string;
  destination: string;
  pattern: string;
  headers: unknown;
  match: string;
}

/** Bindings in PostgreSQL. Every method fails with `namespace_not_found`. */
export class BindingStore {
  constructor(private readonly database: Database) {}

  async list(caller: Caller, namespaceId: string, { limit, after, exchange, queue }: BindingQuery): Promise<Page<Binding>> {
    const from = readCursor(after);
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope }) => {
      const rows = await tx.binding.findMany({
        where: {
          ...scope, id: { gt: from ?? beforeAllNames },
          ...(exchange === undefined ? {} : { source: exchange }),
          ...(queue === undefined ? {} : { destinationKind: 'queue', destination: queue }),
        },
        orderBy: { id: 'asc' }, take: limit + 1,
      });
      return pageOf(rows.map(toBinding), limit, (binding) => binding.id);
    });
  }

  /**
   * Adds bindings that leave one exchange, all or none; those that exist stay as they are.
   * Fails with `exchange_not_found`, `queue_not_found`, `pattern_invalid`, `pattern_too_long`, `binding_loop`, `limit_reached`.
   */
  put(caller: Caller, namespaceId: string, source: string, inputs: readonly BindingInput[]): Promise<Committed<PutBinding[]>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      const { kind } = await requireExchange(tx, scope, source);
      for (const input of inputs) requirePattern(kind as 'topic', input.pattern);
      await requireDestinations(tx, scope, inputs);
      const wanted = inputs.map((input) => ({ id: bindingId(source, input), source, ...input }));
      const ids = [...new Set(wanted.map((binding) => binding.id))];
      const found = await tx.binding.findMany({ where: { ...scope, id: { in: ids } }, select: { id: true, createdAt: true } });
      const createdAt = new Map(found.map((row) => [row.id, row.createdAt]));
      const fresh = [...new Map(wanted.filter(({ id }) => !createdAt.has(id)).map((binding) => [binding.id, binding])).values()];
      if (fresh.length > 0) {
        await requireRoom(tx, scope, fresh.length);
        await requireNoLoop(tx, scope, source, fresh);
        const rows = await tx.binding.createManyAndReturn({ data: fresh.map((binding) => ({ ...scope, ...toRow(binding) })), select: { id: true, createdAt: true } });
        for (const row of rows) createdAt.set(row.id, row.createdAt);
      }
      const unanswered = new Set(fresh.map((binding) => binding.id));
      const result = wanted.map((binding) => ({
        ...binding, createdAt: createdAt.get(binding.id)!.toISOString(),
        // A binding named twice in one batch is created by the first of the two.
        created: unanswered.delete(binding.id),
      }));
      return { result, steps: fresh.map((binding): TopologyChange => ({ put: 'binding', binding })) };
    });
  }

  /** Fails with `binding_not_found`. */
  delete(caller: Caller, namespaceId: string, id: string): Promise<Committed<undefined>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      const { count } = await tx.binding.deleteMany({ where: { ...scope, id } });
      if (count === 0) throw new WaybillError('binding_not_found');
      return { result: undefined, steps: [{ drop: 'binding', id }] };
    });
  }
}

export function bindingDefinition(row: BindingRow): BindingDefinition {
  const { id, source, pattern } = row;
  return { id, source, destination: destinationOf(row), pattern, headers: row.headers as Record<string, string>, match: row.match as 'all' | 'any' };
}

async function requireDestinations(tx: Transaction, scope: Scope, inputs: readonly BindingInput[]): Promise<void> {
  const queues = new Set(inputs.flatMap(({ destination }) => ('queue' in destination ? destination.queue : [])));
  const exchanges = new Set(inputs.flatMap(({ destination }) => ('exchange' in destination ? destination.exchange : [])));
  for (const { name } of await tx.queue.findMany({ where: { ...scope, name: { in: [...queues] } }, select: { name: true } })) queues.delete(name);
  for (const queue of queues) throw new WaybillError('queue_not_found', { queue });
  for (const { name } of await tx.exchange.findMany({ where: { ...scope, name: { in: [...exchanges] } }, select: { name: true } })) exchanges.delete(name);
  for (const exchange of exchanges) throw new WaybillError('exchange_not_found', { exchange });
}

async function requireRoom(tx: Transaction, scope: Scope, more: number): Promise<void> {
  if ((await tx.binding.count({ where: scope })) + more > limits.bindings) {
    throw new WaybillError('limit_reached', { resource: 'bindings', limit: limits.bindings });
  }
}

async function requireNoLoop(tx: Transaction, scope: Scope, source: string, fresh: readonly { destination: Destination }[]): Promise<void> {
  const targets = fresh.flatMap(({ destination }) => ('exchange' in destination ? destination.exchange : []));
  if (targets.length === 0) return;
  const edges = await tx.$queryRaw<Edge[]>`
    SELECT DISTINCT source, destination FROM bindings
    WHERE tenant_id = ${scope.tenantId} AND namespace_id = ${scope.namespaceId} AND destination_kind = 'exchange'`;
  const upstream = exchangesLeadingTo(source, edges);
  const destination = targets.find((target) => upstream.has(target));
  if (destination !== undefined) throw new WaybillError('binding_loop', { source, destination });
}

function destinationOf({ destinationKind, destination }: BindingRow): Destination {
  return destinationKind === 'queue' ? { queue: destination } : { exchange: destination };
}

function toRow({ id, source, destination, pattern, headers, match }: BindingInput & { id: string; source: string }) {
  const [destinationKind, name] = 'queue' in destination ? ['queue', destination.queue] : ['exchange', destination.exchange];
  return { id, source, destinationKind, destination: name, pattern, headers, match };
}

function toBinding(row: BindingRow & { createdAt: Date }): Binding {
  return { ...bindingDefinition(row), headers: row.headers as Record<string, string>, createdAt: row.createdAt.toISOString() };
}
