import type { Database, Transaction } from '@waybill/database';
import type { Caller, KeyScope, NamespaceId } from '@waybill/kernel';
import type { KeyEnvironment } from './api-key-format.js';

export interface ApiKeyRow {
  readonly id: string;
  readonly tenantId: string;
  readonly namespaceId: string;
  readonly name: string;
  readonly environment: string;
  readonly scopes: KeyScope[];
  readonly secretHash: Uint8Array;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewApiKey {
  readonly id: string;
  readonly namespaceId: NamespaceId;
  readonly name: string;
  readonly environment: KeyEnvironment;
  readonly scopes: readonly KeyScope[];
  readonly secretHash: Buffer;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

/** API keys in PostgreSQL, the owner of them; `published` says whether the copy in Redis agrees. */
export class ApiKeyStore {
  constructor(private readonly database: Database) {}

  /** Newest first, revoked ones included. */
  async list(caller: Caller, namespaceId: NamespaceId): Promise<ApiKeyRow[]> {
    return this.database.withTenant(caller.tenantId, async (tx) =>
      rowsOf(await tx.apiKey.findMany({ where: { tenantId: caller.tenantId, namespaceId }, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] })),
    );
  }

  /** Null when the namespace has `limit` keys that are not revoked; the namespace's row is locked while counting. */
  async create(caller: Caller, key: NewApiKey, limit: number): Promise<ApiKeyRow | null> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM namespaces WHERE id = ${key.namespaceId} FOR UPDATE`;
      const live = await tx.apiKey.count({ where: { tenantId: caller.tenantId, namespaceId: key.namespaceId, revokedAt: null } });
      if (live >= limit) return null;
      const row = await tx.apiKey.create({
        data: { ...key, scopes: [...key.scopes], secretHash: Uint8Array.from(key.secretHash), tenantId: caller.tenantId, createdBy: caller.actor.id },
      });
      return rowOf(row);
    });
  }

  /** Null when the namespace has no such key. Revoking again keeps the first moment. */
  async revoke(caller: Caller, namespaceId: NamespaceId, id: string, at: Date): Promise<ApiKeyRow | null> {
    return this.database.withTenant(caller.tenantId, async (tx) => {
      const where = { id, tenantId: caller.tenantId, namespaceId };
      await tx.apiKey.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt: at, published: false } });
      const row = await tx.apiKey.findFirst({ where });
      return row === null ? null : rowOf(row);
    });
  }

  /** Keys whose copy in Redis is behind, oldest first; every tenant's. */
  async unpublished(limit: number): Promise<ApiKeyRow[]> {
    return this.database.asSystem(async (tx) => rowsOf(await tx.apiKey.findMany({ where: { published: false }, orderBy: { createdAt: 'asc' }, take: limit })));
  }

  /** A page of all keys that the copy must hold, by id. */
  async worthPublishing(afterId: string, revokedSince: Date, limit: number): Promise<ApiKeyRow[]> {
    return this.database.asSystem(async (tx) =>
      rowsOf(
        await tx.apiKey.findMany({
          where: { id: { gt: afterId }, OR: [{ revokedAt: null }, { revokedAt: { gte: revokedSince } }] }, orderBy: { id: 'asc' }, take: limit,
        }),
      ),
    );
  }

  /** Marks what was written; a key revoked in between stays unpublished. */
  async markPublished(rows: readonly ApiKeyRow[]): Promise<void> {
    await this.database.asSystem((tx) => Promise.all(rows.map((row) => markOne(tx, row))));
  }
}

function markOne(tx: Transaction, row: ApiKeyRow): Promise<unknown> {
  return tx.apiKey.updateMany({ where: { id: row.id, published: false, revokedAt: row.revokedAt }, data: { published: true } });
}

function rowOf(row: Omit<ApiKeyRow, 'scopes'> & { scopes: string[] }): ApiKeyRow {
  return { ...row, scopes: row.scopes as KeyScope[] };
}

function rowsOf(rows: readonly (Omit<ApiKeyRow, 'scopes'> & { scopes: string[] })[]): ApiKeyRow[] {
  return rows.map(rowOf);
}
