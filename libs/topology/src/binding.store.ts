import type { Database, Transaction } from '@waybill/database';
import { Prisma } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { bindingId } from './binding-id.js';
import { bindingDefinition, requireFittingRule } from './binding-rule.js';
import { beforeAllNames, pageOf, readCursor } from './cursor.js';
import type { Binding, BindingQuery, BindingRule, Destination, Page, PutBinding } from './definitions.js';
import { requireNoLoop } from './exchange-graph.store.js';
import { exchangeSettingsOf, matchedAs } from './exchange-settings.js';
import { requireExchange } from './exchange.store.js';
import { limits } from './limits.js';
import type { Committed, Scope } from './namespace.store.js';
import { changeNamespace, readNamespace } from './namespace.store.js';
import { requirePattern } from './pattern.js';
import type { SnapshotStep } from './snapshot-step.js';

export interface BindingRow {
  id: string;
  source: string;
  destinationKind: string;
  destination: string;
  pattern: string;
  headers: unknown;
  match: string;
  absent: string[];
  filter: unknown;
  split: string | null;
  weight: number;
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
   * Fails with `exchange_not_found`, `queue_not_found`, `pattern_invalid`, `pattern_too_long`, `setting_invalid` where a
   * binding does not fit the exchange, `binding_loop`, `limit_reached`.
   */
  put(caller: Caller, namespaceId: string, source: string, rules: readonly BindingRule[]): Promise<Committed<PutBinding[]>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      const kind = matchedAs(exchangeSettingsOf(await requireExchange(tx, scope, source)));
      for (const [index, rule] of rules.entries()) {
        requirePattern(kind, rule.pattern);
        requireFittingRule(kind, rule, `bindings.${index}`);
      }
      await requireDestinations(tx, scope, rules);
      const wanted = rules.map((rule) => ({ id: bindingId(source, rule), source, ...rule }));
      const ids = [...new Set(wanted.map((binding) => binding.id))];
      const found = await tx.binding.findMany({ where: { ...scope, id: { in: ids } }, select: { id: true, createdAt: true } });
      const createdAt = new Map(found.map((row) => [row.id, row.createdAt]));
      const fresh = [...new Map(wanted.filter(({ id }) => !createdAt.has(id)).map((binding) => [binding.id, binding])).values()];
      if (fresh.length > 0) {
        await requireRoom(tx, scope, fresh.length);
        await requireNoLoop(tx, scope, source, fresh.flatMap(({ destination }) => ('exchange' in destination ? destination.exchange : [])));
        const rows = await tx.binding.createManyAndReturn({ data: fresh.map((binding) => ({ ...scope, ...toRow(binding) })), select: { id: true, createdAt: true } });
        for (const row of rows) createdAt.set(row.id, row.createdAt);
      }
      const unanswered = new Set(fresh.map((binding) => binding.id));
      const result = wanted.map((binding) => ({
        ...binding, createdAt: createdAt.get(binding.id)!.toISOString(),
        // A binding named twice in one batch is created by the first of the two.
        created: unanswered.delete(binding.id),
      }));
      return { result, steps: fresh.map((binding): SnapshotStep => ({ put: 'binding', binding: bindingDefinition(binding) })) };
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

/** The binding in full, as it lies in its columns. */
export function bindingOfRow(row: BindingRow): BindingRule & { id: string; source: string } {
  const { id, source, pattern, absent, split, weight } = row;
  return {
    id, source, destination: destinationOf(row), pattern, headers: row.headers as Record<string, string>, match: row.match as 'all' | 'any',
    absent, filter: row.filter as Record<string, unknown> | null, split, weight,
  };
}

async function requireDestinations(tx: Transaction, scope: Scope, rules: readonly BindingRule[]): Promise<void> {
  const queues = new Set(rules.flatMap(({ destination }) => ('queue' in destination ? destination.queue : [])));
  const exchanges = new Set(rules.flatMap(({ destination }) => ('exchange' in destination ? destination.exchange : [])));
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

function destinationOf({ destinationKind, destination }: BindingRow): Destination {
  return destinationKind === 'queue' ? { queue: destination } : { exchange: destination };
}

function toRow({ destination, filter, ...rest }: BindingRule & { id: string; source: string }) {
  const [destinationKind, name] = 'queue' in destination ? ['queue', destination.queue] : ['exchange', destination.exchange];
  return { ...rest, destinationKind, destination: name, filter: filter === null ? Prisma.DbNull : (filter as Prisma.InputJsonValue) };
}

function toBinding(row: BindingRow & { createdAt: Date }): Binding {
  return { ...bindingOfRow(row), createdAt: row.createdAt.toISOString() };
}
