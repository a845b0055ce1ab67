import type { Transaction } from '@waybill/database';
import type { Scope } from './namespace.store.js';

/**
 * How long a queue or exchange existed is billed by the minute (libs/metering/src/lifetimes), so it is written in the
 * transaction of its definition and outlasts it. By one clock, that of PostgreSQL, in the order of the namespace's changes.
 */
export async function beginLifetime(tx: Transaction, { tenantId, namespaceId }: Scope, kind: 'queue' | 'exchange', { id, name }: { readonly id: string; readonly name: string }): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO resource_lifetimes (tenant_id, namespace_id, resource_id, kind, name, born_at)
    VALUES (${tenantId}, ${namespaceId}, ${id}, ${kind}, ${name}, clock_timestamp())`;
}

export async function endLifetime(tx: Transaction, { tenantId, namespaceId }: Scope, id: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE resource_lifetimes SET gone_at = clock_timestamp() WHERE tenant_id = ${tenantId} AND namespace_id = ${namespaceId} AND resource_id = ${id} AND gone_at IS NULL`;
}
