import type { Database } from '@waybill/database';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { newId } from '@waybill/kernel';

export interface Home {
  readonly caller: Caller;
  readonly namespaceId: NamespaceId;
}

/** A tenant with one namespace, and a person of it. */
export async function newHome(database: Database): Promise<Home> {
  const tenantId: TenantId = newId('tenant');
  const namespaceId: NamespaceId = newId('namespace');
  await database.asSystem(async (tx) => {
    await tx.tenant.create({ data: { id: tenantId, name: 'Test' } });
    await tx.namespace.create({ data: { id: namespaceId, tenantId, name: 'production', environment: 'test' } });
  });
  return { namespaceId, caller: { actor: { kind: 'user', id: newId('user') }, tenantId, namespaceId: null, permissions: new Set() } };
}
