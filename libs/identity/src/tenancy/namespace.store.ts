import type { Database } from '@waybill/database';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';

export interface Namespace {
  readonly id: NamespaceId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly environment: 'live' | 'test';
  /** Whether what happens to its messages is logged; changed through the topology, which puts it into force. */
  readonly messageLog: boolean;
  readonly createdAt: Date;
}

/** Namespaces in PostgreSQL. */
export class NamespaceStore {
  constructor(private readonly database: Database) {}

  /** Null when it does not exist or belongs to another tenant. */
  async find(caller: Caller, id: string): Promise<Namespace | null> {
    const row = await this.database.withTenant(caller.tenantId, (tx) => tx.namespace.findFirst({ where: { id, tenantId: caller.tenantId } }));
    return row === null ? null : namespaceOfRow(row);
  }

  /** Tenant of a namespace, whoever asks: for finding out in which tenant a person wants to work. */
  async tenantOf(id: string): Promise<TenantId | null> {
    const row = await this.database.asSystem((tx) => tx.namespace.findUnique({ where: { id }, select: { tenantId: true } }));
    return row === null ? null : (row.tenantId as TenantId);
  }
}

export function namespaceOfRow(row: { id: string; tenantId: string; name: string; environment: string; messageLog: boolean; createdAt: Date }): Namespace {
  return {
    id: row.id as NamespaceId, tenantId: row.tenantId as TenantId, name: row.name,
    environment: row.environment === 'live' ? 'live' : 'test', messageLog: row.messageLog, createdAt: row.createdAt,
  };
}
