import { isDeepStrictEqual } from 'node:util';
import { defaultExchange } from '@waybill/broker';
import type { Database, Transaction } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import { beforeAllNames, cursorOf, pageOf, readCursor } from './cursor.js';
import type { Exchange, ExchangeSettings, Page, PageQuery, ResourceName } from './definitions.js';
import { requireNoLoop } from './exchange-graph.store.js';
import { exchangeColumns, exchangeDefinition, exchangeSettingsOf } from './exchange-settings.js';
import type { ExchangeSettingsRow } from './exchange-settings.js';
import { beginLifetime, endLifetime } from './lifetime.store.js';
import { limits } from './limits.js';
import type { Committed, Scope } from './namespace.store.js';
import { changeNamespace, readNamespace } from './namespace.store.js';
import { queueDefinition } from './queue-definition.js';
import { settingInvalid } from './refusals.js';
import type { SnapshotStep } from './snapshot-step.js';

interface ExchangeRow extends ExchangeSettingsRow {
  id: string;
  name: string;
  createdAt: Date;
}

type Put = { created: boolean; exchange: Exchange };

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

  /**
   * Creates the exchange or gives it these settings; bindings and id stay. Fails with `exchange_conflict` when the name
   * is taken by another kind, `exchange_not_found` or `binding_loop` because of the alternate, `setting_invalid` when
   * bindings were made for another way of matching, `limit_reached` when there are too many.
   */
  put(caller: Caller, namespaceId: string, name: string, settings: ExchangeSettings): Promise<Committed<Put>> {
    return changeNamespace<Put>(this.database, caller, namespaceId, async (tx, scope) => {
      const where = { tenantId_namespaceId_name: { ...scope, name } };
      const found = await tx.exchange.findUnique({ where });
      if (found && found.kind !== settings.kind) throw new WaybillError('exchange_conflict', { exchange: name });
      const before = found && exchangeSettingsOf(found);
      if (found && isDeepStrictEqual(before, settings)) return { result: await putResult(tx, scope, found, false), steps: [] };
      if (!found) await requireRoom(tx, scope);
      if (settings.alternate !== null) {
        await requireNoLoop(tx, scope, name, [settings.alternate]);
        await requireExchange(tx, scope, settings.alternate);
      }
      if (before && before.routesAs !== settings.routesAs && (await tx.binding.count({ where: { ...scope, source: name } })) > 0) {
        throw settingInvalid('routesAs', 'the bindings of this exchange were made for the other way of matching; delete them first');
      }
      const data = exchangeColumns(settings);
      const row = found ? await tx.exchange.update({ where, data }) : await tx.exchange.create({ data: { ...scope, id: newId('exchange'), name, kind: settings.kind, ...data } });
      if (!found) await beginLifetime(tx, scope, 'exchange', row);
      return { result: await putResult(tx, scope, row, !found), steps: [{ put: 'exchange', exchange: exchangeDefinition(row) }] };
    });
  }

  /**
   * Deletes the exchange and every binding from or to it. Exchanges and queues that name it as alternate or
   * dead-letter exchange lose that setting in the same change. Fails with `exchange_not_found`.
   */
  delete(caller: Caller, namespaceId: string, name: string): Promise<Committed<undefined>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      const { id: exchangeId } = await requireExchange(tx, scope, name);
      const exchanges = await tx.exchange.updateManyAndReturn({ where: { ...scope, alternate: name }, data: { alternate: null } });
      const queues = await tx.queue.updateManyAndReturn({ where: { ...scope, deadLetterExchange: name }, data: { deadLetterExchange: null } });
      const gone = await tx.$queryRaw<{ id: string }[]>`
        DELETE FROM bindings WHERE tenant_id = ${scope.tenantId} AND namespace_id = ${scope.namespaceId}
          AND (source = ${name} OR (destination_kind = 'exchange' AND destination = ${name})) RETURNING id`;
      await tx.exchange.delete({ where: { tenantId_namespaceId_name: { ...scope, name } } });
      await endLifetime(tx, scope, exchangeId);
      const steps: SnapshotStep[] = [
        ...exchanges.map((row): SnapshotStep => ({ put: 'exchange', exchange: exchangeDefinition(row) })),
        ...queues.map((row): SnapshotStep => ({ put: 'queue', queue: queueDefinition(row) })),
        ...gone.map(({ id }): SnapshotStep => ({ drop: 'binding', id })),
        { drop: 'exchange', name },
      ];
      return { result: undefined, steps };
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

async function requireRoom(tx: Transaction, scope: Scope): Promise<void> {
  if ((await tx.exchange.count({ where: scope })) >= limits.exchanges) {
    throw new WaybillError('limit_reached', { resource: 'exchanges', limit: limits.exchanges });
  }
}

async function putResult(tx: Transaction, scope: Scope, row: ExchangeRow, created: boolean): Promise<Put> {
  const [exchange] = await withBindings(tx, scope, [row]);
  return { created, exchange: exchange! };
}

async function withBindings(tx: Transaction, scope: Scope, rows: readonly ExchangeRow[]): Promise<Exchange[]> {
  const counted = await tx.binding.groupBy({ by: ['source'], where: { ...scope, source: { in: rows.map((row) => row.name) } }, _count: true });
  const bindings = new Map(counted.map((group) => [group.source, group._count]));
  return rows.map((row) => toExchange(row, bindings.get(row.name) ?? 0));
}

function toExchange(row: ExchangeRow, bindings: number): Exchange {
  return { id: row.id, name: row.name, ...exchangeSettingsOf(row), builtIn: false, bindings, createdAt: row.createdAt.toISOString() };
}

/** It has no row; its id, under which passes through it are counted, is its name. */
function builtIn(createdAt: Date): Exchange {
  return {
    id: defaultExchange, name: defaultExchange, kind: 'default', alternate: null, hashOn: null, delaySeconds: null, routesAs: null,
    builtIn: true, bindings: 0, createdAt: createdAt.toISOString(),
  };
}
