import type { Transaction } from '@waybill/database';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { SubscriptionRef } from './definitions.js';
import type { SubscriptionRow } from './subscription-row.js';

/** Where-clause of every row: both columns, so that the composite indexes serve it. */
export interface Scope {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
}

const namespaceId = /^ns_[0-9a-z]{1,40}$/;

/** Fails with `namespace_not_found` for what cannot be the caller's. */
export function scopeOf(caller: Caller, namespace: string): Scope {
  const foreign = caller.namespaceId !== null && caller.namespaceId !== namespace;
  if (foreign || !namespaceId.test(namespace)) throw new WaybillError('namespace_not_found');
  return { tenantId: caller.tenantId, namespaceId: namespace as NamespaceId };
}

/** Fails with `namespace_not_found`, for a foreign namespace as for an absent one. */
export async function requireNamespace(tx: Transaction, scope: Scope): Promise<void> {
  const row = await tx.namespace.findFirst({ where: { id: scope.namespaceId, tenantId: scope.tenantId }, select: { id: true } });
  if (row === null) throw new WaybillError('namespace_not_found');
}

/** The same, and changes of the namespace's definitions happen one after the other until commit. */
export async function lockNamespace(tx: Transaction, scope: Scope): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM namespaces WHERE tenant_id = ${scope.tenantId} AND id = ${scope.namespaceId} FOR NO KEY UPDATE`;
  if (rows.length === 0) throw new WaybillError('namespace_not_found');
}

/** Fails with `subscription_not_found`. */
export async function requireSubscription(tx: Transaction, scope: Scope, ref: SubscriptionRef): Promise<SubscriptionRow> {
  const row = await tx.subscription.findFirst({ where: { ...scope, ...ref } });
  if (row === null) throw new WaybillError('subscription_not_found');
  return row;
}
