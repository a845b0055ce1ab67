import type { Billing } from '@waybill/billing';
import { periodAt, systemCaller } from '@waybill/billing';
import type { TenantId } from '@waybill/kernel';

/** Currencies of tenants, by the contracts that run now. */
export async function currenciesOf({ contracts, clock }: Billing, of: readonly { readonly tenantId: string }[]): Promise<(tenantId: string) => string> {
  const period = periodAt(clock.nowMs());
  const found = new Map<string, string>();
  for (const { tenantId } of of) {
    if (!found.has(tenantId)) found.set(tenantId, (await contracts.of(systemCaller(tenantId as TenantId, 'finance'), period)).book.currency);
  }
  return (tenantId) => found.get(tenantId)!;
}
