import type { Transaction } from '@waybill/database';
import { checkSameCurrency } from '../money/currency.js';
import type { Currency } from '../money/currency.js';

/**
 * Fixes the currency of a tenant with the first thing that is paid in it: a paid plan, a subscription at Stripe, an invoice that
 * comes to something, a grant of credit. Two at once take turns. Fails with `currency_mismatch` when it is fixed to another.
 */
export async function fixCurrency(tx: Transaction, tenantId: string, currency: Currency): Promise<void> {
  const [row] = await tx.$queryRaw<{ currency: string }[]>`
    INSERT INTO billing_profiles AS p (tenant_id, currency) VALUES (${tenantId}, ${currency})
    ON CONFLICT (tenant_id) DO UPDATE SET currency = coalesce(p.currency, excluded.currency) RETURNING currency`;
  checkSameCurrency(row!.currency, currency);
}
