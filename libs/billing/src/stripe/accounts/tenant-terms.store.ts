import type { Database } from '@waybill/database';
import type { Caller, Clock } from '@waybill/kernel';
import { nextPeriod, periodAt } from '../../invoices/period.js';
import type { Contracts } from '../../prices/contracts.js';
import type { PriceBook } from '../../prices/price-book.js';
import type { CustomerFacts } from './customers.js';
import type { TenantTerms } from './checkout.js';

/** From the tenant's row, its billing profile and its contract. */
export class TenantTermsStore implements TenantTerms {
  constructor(
    private readonly database: Database,
    private readonly contracts: Contracts,
    private readonly clock: Clock,
  ) {}

  async facts({ tenantId }: Caller): Promise<CustomerFacts> {
    return this.database.withTenant(tenantId, async (tx) => {
      const { name } = await tx.tenant.findUniqueOrThrow({ where: { id: tenantId }, select: { name: true } });
      const profile = await tx.billingProfile.findUnique({ where: { tenantId }, select: { billingEmail: true } });
      return { tenantId, name, email: profile?.billingEmail ?? null };
    });
  }

  async book(caller: Caller): Promise<PriceBook> {
    return (await this.contracts.of(caller, periodAt(this.clock.nowMs()))).book;
  }

  /** Prices of the period after the running one. */
  async nextBook(caller: Caller): Promise<PriceBook> {
    return (await this.contracts.of(caller, nextPeriod(periodAt(this.clock.nowMs())))).book;
  }
}
