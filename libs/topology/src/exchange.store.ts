import type { TopologyChange } from '@waybill/broker';
import { defaultExchange } from '@waybill/broker';
import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { beforeAllNames, cursorOf, pageOf, readCursor } from './cursor.js';
import type { CreatableKind, Exchange, Page, PageQuery, ResourceName } from './definitions.js';
import { limits } from './limits.js';
import type { Committed, Scope } from './namespace.store.js';
import { changeNamespace, readNamespace } from './namespace.store.js';

interface ExchangeRow {
  id: string;
  name: string;
  kind: string;
  createdAt: Date;
}

/** Exchanges in PostgreSQL. Every method fails with `namespace_not_found`. */
export class ExchangeStore {
  constructor(private readonly database: Database) {}

  /** The built-in exchange first, then by name. */
  async list(caller: Caller, namespaceId: string, { limit, after }: PageQuery): Promise<Page<Exchange>> {
    const from = readCursor(after);
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope, createdAt }) => {
      const head = from === null ? [builtIn(createdAt)] : [];
      const rows = await tx.exchange.findMany({
        where: { ...scope, name: { gt: from ?? beforeAllNames } }, orderBy: { name: 'asc' }, take: limit + 1 - head.length,
      });
      const page = pageOf([...head, ...(await withBindings(tx, scope, rows))], limit, (exchange) => exchange.name);
      return page.next !== null && page.items.at(-1)?.builtIn ? { ...page, next: cursorOf(beforeAllNames) } : page;
    });
  }

  /** Fails with `exchange_not_found`. */
  get(caller: Caller, namespaceId: string, name: string): Promise<Exchange> {
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope, createdAt }) => {
      if (name === defaultExchange) return builtIn(createdAt);
      const row = await requireExchange(tx, scope, name);
      const [exchange] = await withBindings(tx, scope, [row]);
      return exchange!;
    });
  }

  /** Fails with `exchange_conflict` when the name is taken by another kind, `limit_reached` when there are too many. */
  put(caller: Caller, namespaceId: string, name: string, kind: CreatableKind): Promise<Committed<{ created: boolean; exchange: Exchange }>> {
    return changeNamespace<{ created: boolean; exchange: Exchange }>(this.database, caller, namespaceId, async (tx, scope) => {
      const found = await tx.exchange.findUnique({ where: { tenantId_namespaceId_name: { ...scope, name } } });
      if (found) {
        if (found.kind !== kind) throw new WaybillError('exchange_conflict', { exchange: name });
        const [exchange] = await withBindings(tx, scope, [found]);
        return { result: { created: false, exchange: exchange! }, steps: [] };
      }
      if ((await tx.exchange.count({ where: scope })) >= limits.exchanges) {
        throw new WaybillError('limit_reached', { resource: 'exchanges', limit: limits.exchanges });
      }
      const row = await tx.exchange.create({ data: { ...scope, id: newId('exchange'), name, kind } });
      return { result: { created: true, exchange: toExchange(row, 0) }, steps: [{ put: 'exchange', exchange: { id: row.id, name, kind } }] };
    });
  }

  /** Deletes the exchange and every binding from or to it. Fails with `exchange_not_found`. */
  delete(caller: Caller, namespaceId: string, name: string): Promise<Committed<undefined>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      await requireExchange(tx, scope, name);
      const gone = await tx.$queryRaw<{ id: string }[]>`
        DELETE FROM bindings WHERE tenant_id = ${scope.tenantId} AND namespace_id = ${scope.namespaceId}
          AND (source = ${name} OR (destination_kind = 'exchange' AND destination = ${name})) RETURNING id`;
      await tx.exchange.delete({ where: { tenantId_namespaceId_name: { ...scope, name } } });
      const steps: TopologyChange[] = gone.map(({ id }) => ({ drop: 'binding', id }));
      return { result: undefined, steps: [...steps, { drop: 'exchange', name }] };
    });
  }

  names(caller: Caller, namespaceId: string): Promise<[string, ResourceName][]> {
    return readNamespace(this.database, caller, namespaceId, async (tx, { scope }) => {
      const rows = await tx.exchange.findMany({ where: scope, select: { id: true, name: true } });
      return [{ id: defaultExchange, name: defaultExchange }, ...rows].map(({ id, name }) => [id, { kind: 'exchange', name }]);
    });
  }
}

/** Fails with `exchange_not_found`. */
export async function requireExchange(tx: Transaction, scope: Scope, name: string): Promise<ExchangeRow> {
  const row = await tx.exchange.findUnique({ where: { tenantId_namespaceId_name: { ...scope, name } } });
  if (!row) throw new WaybillError('exchange_not_found', { exchange: name });
  return row;
}

async function withBindings(tx: Transaction, scope: Scope, rows: readonly ExchangeRow[]): Promise<Exchange[]> {
  const counted = await tx.binding.groupBy({ by: ['source'], where: { ...scope, source: { in: rows.map((row) => row.name) } }, _count: true });
  const bindings = new Map(counted.map((group) => [group.source, group._count]));
  return rows.map((row) => toExchange(row, bindings.get(row.name) ?? 0));
}

function toExchange(row: ExchangeRow, bindings: number): Exchange {
  return { id: row.id, name: row.name, kind: row.kind as CreatableKind, builtIn: false, bindings, createdAt: row.createdAt.toISOString() };
}

/** It has no row; its id, under which passes through it are counted, is its name. */
function builtIn(createdAt: Date): Exchange {
  return { id: defaultExchange, name: defaultExchange, kind: 'default', builtIn: true, bindings: 0, createdAt: createdAt.toISOString() };
}
