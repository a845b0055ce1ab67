import type { Database, Transaction } from '@waybill/database';
import { WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { lockNamespace, requireNamespace, scopeOf } from '../subscriptions/namespace-scope.store.js';
import type { Scope } from '../subscriptions/namespace-scope.store.js';
import { sourceLimits } from './source.js';
import type { SealedSourceSecret, SourceScheme } from './source.js';

export interface SourceSettings {
  readonly description: string;
  readonly exchange: string;
  readonly key: string;
  readonly scheme: SourceScheme;
  readonly keepHeaders: readonly string[];
  readonly paused: boolean;
}

export interface SourceRow extends SourceSettings {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  readonly name: string;
  readonly secrets: readonly SealedSourceSecret[];
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly deletedAt: Date | null;
}

type Stored = Awaited<ReturnType<Transaction['source']['findFirstOrThrow']>>;
/** What is written of a new source, or of the one that `existing` is. */
export type Change = (existing: SourceRow | undefined) => { readonly id: string; readonly settings?: SourceSettings; readonly secrets?: readonly SealedSourceSecret[]; readonly deleted?: boolean };
const builtIn = 'default';

/** Sources in PostgreSQL, the owner of them; `published` says whether the copy in Redis agrees. Fails with `namespace_not_found`. */
export class SourceStore {
  constructor(private readonly database: Database) {}

  /** By name, one more than `limit` where there are more. */
  list(caller: Caller, namespaceId: string, after: string, limit: number): Promise<SourceRow[]> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await requireNamespace(tx, scope);
      return (await tx.source.findMany({ where: { ...scope, deletedAt: null, name: { gt: after } }, orderBy: { name: 'asc' }, take: limit + 1 })).map(rowOf);
    });
  }

  /** Fails with `source_not_found`. */
  get(caller: Caller, namespaceId: string, name: string): Promise<SourceRow> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await requireNamespace(tx, scope);
      const row = await find(tx, scope, name);
      if (row === undefined) throw new WaybillError('source_not_found');
      return row;
    });
  }

  /**
   * Carries a change out; those of a namespace come one after the other. Fails with what `change` throws, `exchange_not_found`
   * and `limit_reached`.
   */
  change(caller: Caller, namespaceId: string, name: string, now: Date, change: Change): Promise<{ created: boolean; row: SourceRow }> {
    const scope = scopeOf(caller, namespaceId);
    return this.database.withTenant(scope.tenantId, async (tx) => {
      await lockNamespace(tx, scope);
      const existing = await find(tx, scope, name);
      const { id, settings, secrets, deleted = false } = change(existing);
      if (settings !== undefined) await requireExchange(tx, scope, settings.exchange);
      if (existing === undefined) {
        if (settings === undefined || secrets === undefined) throw new WaybillError('source_not_found');
        if ((await tx.source.count({ where: { ...scope, deletedAt: null } })) >= sourceLimits.perNamespace) throw new WaybillError('limit_reached', { resource: 'sources', limit: sourceLimits.perNamespace });
        const row = await tx.source.create({ data: { ...scope, id, name, ...columnsOf(settings), secrets: [...secrets] as never, version: 1, createdAt: now, changedAt: now } });
        return { created: true, row: rowOf(row) };
      }
      const row = await tx.source.update({
        where: { id },
        data: {
          ...(settings === undefined ? {} : columnsOf(settings)), ...(secrets === undefined ? {} : { secrets: [...secrets] as never }),
          version: { increment: 1 }, changedAt: now, published: false, ...(deleted ? { deletedAt: now } : {}),
        },
      });
      return { created: false, row: rowOf(row) };
    });
  }

  /** Sources whose copy is behind, oldest first; every tenant's. */
  unpublished(limit: number): Promise<SourceRow[]> {
    return this.database.asSystem(async (tx) => (await tx.source.findMany({ where: { published: false }, orderBy: { createdAt: 'asc' }, take: limit })).map(rowOf));
  }

  /** A page of all, by id. */
  all(afterId: string, limit: number): Promise<SourceRow[]> {
    return this.database.asSystem(async (tx) => (await tx.source.findMany({ where: { id: { gt: afterId }, deletedAt: null }, orderBy: { id: 'asc' }, take: limit })).map(rowOf));
  }

  /** Marks what was written; one that changed in between stays unpublished. The row of a deleted source goes now. */
  async markPublished({ id, version, deletedAt }: SourceRow): Promise<void> {
    await this.database.asSystem(async (tx) => {
      if (deletedAt !== null) await tx.source.deleteMany({ where: { id, deletedAt: { not: null } } });
      else await tx.source.updateMany({ where: { id, version }, data: { published: true } });
    });
  }
}

async function find(tx: Transaction, scope: Scope, name: string): Promise<SourceRow | undefined> {
  const row = await tx.source.findFirst({ where: { ...scope, name, deletedAt: null } });
  return row === null ? undefined : rowOf(row);
}

async function requireExchange(tx: Transaction, scope: Scope, name: string): Promise<void> {
  if (name === builtIn) return;
  const found = await tx.exchange.findFirst({ where: { ...scope, name }, select: { id: true } });
  if (found === null) throw new WaybillError('exchange_not_found', { exchange: name });
}

function columnsOf({ description, exchange, key, scheme, keepHeaders, paused }: SourceSettings) {
  return { description, exchange, key, scheme: { ...scheme } as never, keepHeaders: [...keepHeaders], paused };
}

function rowOf(row: Stored): SourceRow {
  return {
    ...row, tenantId: row.tenantId as TenantId, namespaceId: row.namespaceId as NamespaceId, version: Number(row.version),
    scheme: row.scheme as unknown as SourceScheme, secrets: row.secrets as unknown as SealedSourceSecret[],
  };
}
