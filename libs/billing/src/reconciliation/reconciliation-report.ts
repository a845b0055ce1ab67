import type { Caller, Clock, Logger, TenantId } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';
import type { TenantStore } from '../invoices/tenant.store.js';
import type { Contracts } from '../prices/contracts.js';
import { compareCounts } from './compare-counts.js';
import type { StripeCounts } from './compare-counts.js';
import type { CountsStore } from './counts.store.js';
import type { ReconciliationStore, ReportState } from './reconciliation.store.js';
import type { CountDifference } from './report.js';
import { eachTenant } from '../tenants/each-tenant.js';
import { systemCaller } from '../tenants/system-caller.js';

/** Legs D, E and F as Stripe has them; null for a tenant that has no subscription there. */
export interface StripeLegs {
  read(tenantId: TenantId, period: Period, toMs: number): Promise<StripeCounts | null>;
}

export interface ReportParts {
  readonly counts: CountsStore;
  readonly reports: ReconciliationStore;
  readonly tenants: Pick<TenantStore, 'all'>;
  readonly contracts: Pick<Contracts, 'of'>;
  readonly ledger: { sealedThroughMs(caller: Caller): Promise<number> };
  /** Null without Stripe. */
  readonly stripe: StripeLegs | null;
}

/** What one tenant was found with. */
export interface Comparison {
  readonly checkedAtMs: number;
  readonly differences: readonly CountDifference[];
}

export interface ReportRun {
  readonly tenants: number;
  readonly differences: number;
  readonly failed: number;
}

const hourMs = 3_600_000;
const perPage = 200;
const rowsShown = 1_000;

/** The reconciliation report (billing.md §7): all counts of a month beside each other, by tenant, meter and hour. */
export class ReconciliationReport {
  constructor(
    private readonly parts: ReportParts,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Whether legs D and E exist in this installation. */
  get hasStripe(): boolean {
    return this.parts.stripe !== null;
  }

  /** Compares every tenant; one that cannot be compared is noted and holds up no other. */
  async run(period: Period): Promise<ReportRun> {
    let differences = 0;
    const { tenants, failed } = await eachTenant(
      {
        perPage,
        read: (after, limit) => this.parts.tenants.all(after, limit),
        failed: async (tenantId, error) => {
          this.logger.error('reconciliation.failed', { tenantId, period: period.name, error });
          await this.parts.reports.fail(tenantId, period, error.message.slice(0, 500), this.clock.nowMs());
        },
      },
      async (tenantId) => {
        differences += (await this.compare(tenantId, period)).differences.length;
      },
    );
    return { tenants, differences, failed };
  }

  /** Compares one tenant now and keeps what was found; whole hours that are over. Fails with what Stripe or the store fail with. */
  async compare(tenantId: TenantId, period: Period): Promise<Comparison> {
    const { counts, contracts, ledger, reports, stripe } = this.parts;
    const caller = systemCaller(tenantId, 'reconciliation');
    const nowMs = this.clock.nowMs();
    const until: Period = { ...period, endMs: Math.min(period.endMs, Math.floor(nowMs / hourMs) * hourMs) };
    const sealedThroughMs = await ledger.sealedThroughMs(caller);
    const { book } = await contracts.of(caller, period);
    const hours = until.endMs > until.startMs ? await counts.hours(tenantId, until) : [];
    const found = compareCounts({
      tenantId, period, book, sealedThroughMs, hours,
      invoice: await counts.invoice(tenantId, period, sealedThroughMs),
      stripe: stripe === null || until.endMs <= until.startMs ? null : await stripe.read(tenantId, period, until.endMs),
    });
    await reports.put(tenantId, period, found, nowMs);
    return { checkedAtMs: nowMs, differences: found };
  }

  /** What was found last, oldest first, at most a thousand rows. */
  async last(period: Period): Promise<{ readonly state: ReportState; readonly rows: readonly CountDifference[] }> {
    return { state: await this.parts.reports.state(period), rows: await this.parts.reports.rows(period, rowsShown) };
  }
}
