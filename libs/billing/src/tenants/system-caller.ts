import type { Caller, TenantId } from '@waybill/kernel';

/** Who acts for a tenant when no person does: a job, or Stripe. It has no permission but what the rooms themselves allow. */
export function systemCaller(tenantId: TenantId, id: string): Caller {
  return { actor: { kind: 'system', id }, tenantId, namespaceId: null, permissions: new Set() };
}
