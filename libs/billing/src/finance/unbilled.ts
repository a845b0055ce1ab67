import type { Clock, TenantId } from '@waybill/kernel';
import { composeInvoice } from '../invoices/compose.js';
import { periodAt } from '../invoices/period.js';
import { sumsOf } from '../money/sums.js';
import type { CurrencySum } from '../money/sums.js';
import type { Contracts } from '../prices/contracts.js';
import { PeriodUsage } from '../rating/period-usage.js';
import type { ReportStore } from './report.store.js';
import { systemCaller } from '../tenants/system-caller.js';

export interface UnbilledTenant {
  readonly tenantId: TenantId;
  readonly plan: string;
  readonly currency: string;
  readonly amountCents: bigint;
}

/** What the running month has cost each tenant, rated from sums that PostgreSQL makes for many tenants at once. Without late usage. */
export class Unbilled {
  constructor(
    private readonly reports: ReportStore,
    private readonly contracts: Contracts,
    private readonly clock: Clock,
  ) {}

  /** A page of tenants by id; `after` is the last one of the page before, '' at first. */
  async page(after: string, limit: number): Promise<UnbilledTenant[]> {
    const period = periodAt(this.clock.nowMs());
    const rows = await this.reports.usageByTenant(period, after, limit);
    const tenants: UnbilledTenant[] = [];
    for (const [id, ofTenant] of Map.groupBy(rows, (row) => row.tenantId)) {
      const tenantId = id as TenantId;
      const contract = await this.contracts.of(systemCaller(tenantId, 'unbilled'), period);
      const usage = new PeriodUsage(contract.book);
      for (const { dimension, cause, quantity } of ofTenant) usage.add({ namespaceId: '', resourceId: '', dimension, cause, quantity });
      const { plan, currency, subtotalCents } = composeInvoice({ tenantId, period, contract, usage: usage.priced(), adjustments: [], credits: [], evidence: '' });
      tenants.push({ tenantId, plan, currency, amountCents: subtotalCents });
    }
    return tenants;
  }

  /** Over all tenants, by currency. */
  async totals(): Promise<CurrencySum[]> {
    const perPage = 1_000;
    let sums: CurrencySum[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const tenants: UnbilledTenant[] = await this.page(after, perPage);
      sums = sumsOf([...sums, ...tenants]);
      after = tenants.length === perPage ? tenants.at(-1)?.tenantId : undefined;
    }
    return sums;
  }
}
