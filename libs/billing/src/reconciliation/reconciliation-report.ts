import type { Caller, Clock, Logger, TenantId } from '@waybill/kernel';
import type { Alerts } from '../alerts/alerts.js';
import type { Period } from '../invoices/period.js';
import type { TenantStore } from '../invoices/tenant.store.js';
import type { Contracts } from '../prices/contracts.js';
import { wholeInvoice } from './compare-preview.js';
import { compareCounts } from './compare-counts.js';
import type { StripeCounts } from './compare-counts.js';
import type { CountsStore } from './counts.store.js';
import type { ReconciliationStore, ReportState } from './reconciliation.store.js';
import { confirmWithinMs } from '../stripe/meters/meter-push.js';
import { differenceOwners } from './report.js';
import type { CountDifference, CountDifferenceCause } from './report.js';
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
  readonly alerts: Pick<Alerts, 'raise' | 'clear'>;
  readonly contracts: Pick<Contracts, 'of'>;
  readonly ledger: { sealedThroughMs(caller: Caller): Promise<number> };
  /** Null without Stripe. */
  readonly stripe: StripeLegs | null;
  /** Tenants read at a time; 200 when left out. */
  readonly tenantsPerPage?: number | undefined;
}

/** Causes that have an alert of their own: `meter_push_parked`, `meter_push_too_old`, `stripe_customer_deleted`. */
const alertedElsewhere: readonly CountDifferenceCause[] = ['parked', 'too_old', 'customer_deleted'];

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
const usualTenantsPerPage = 200;
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
        perPage: this.parts.tenantsPerPage ?? usualTenantsPerPage,
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
    if (period.endMs > nowMs) await this.#alert(tenantId, found.filter(({ scope }) => scope === 'preview'), nowMs);
    return { checkedAtMs: nowMs, differences: found };
  }

  /** For a preview that a person must look at; what is on its way to Stripe has the time that a confirmation has. */
  async #alert(tenantId: TenantId, found: readonly CountDifference[], nowMs: number): Promise<void> {
    const grave = found.filter(({ cause, atMs }) => differenceOwners[cause] === 'finance' || nowMs - (atMs + hourMs) > confirmWithinMs);
    const own = grave.filter(({ cause }) => !alertedElsewhere.includes(cause));
    if (own.length === 0) return this.parts.alerts.clear('stripe_preview_differs', tenantId);
    await this.parts.alerts.raise({ code: 'stripe_preview_differs', subject: tenantId, tenantId, detail: own.map(previewText).join('; ').slice(0, 1_000) });
  }

  /** What was found last, oldest first, at most a thousand rows. */
  async last(period: Period): Promise<{ readonly state: ReportState; readonly rows: readonly CountDifference[] }> {
    return { state: await this.parts.reports.state(period), rows: await this.parts.reports.rows(period, rowsShown) };
  }
}

function previewText({ meter, ledger, preview, cents, cause, atMs }: CountDifference): string {
  const money = `${cents?.ours ?? 0n} cents here, ${cents?.theirs ?? 0n} in Stripe's preview`;
  if (meter === wholeInvoice) return `${cause}: ${money}`;
  return `${meter}: ${cause} since ${new Date(atMs).toISOString()}, ${ledger} units here, ${preview ?? 'none'} in Stripe's preview, ${money}`;
}
