import type { Billing, CountDifference, OpenAlert } from '@waybill/billing';
import { differenceOwners, orUnavailable, parsePeriod, periodAt, previousPeriod, wholeInvoice } from '@waybill/billing';
import type { compareTenant, getFinanceOverview, getVariance, listUsageBatches, Reply } from '@waybill/contracts';
import { iso, isoOrNull } from '../billing/invoice-reply.js';
import { currenciesOf } from './tenant-currencies.js';

type Variance = Reply<typeof getVariance>;
const hourMs = 3_600_000;

/** What was compared and what must be seen to, over all tenants. */
export class ChecksView {
  constructor(private readonly billing: Billing) {}

  /** Default: the last month. Fails with `period_invalid`. */
  async variance(name: string | undefined): Promise<Variance> {
    const { reconciliation, clock } = this.billing;
    const nowMs = clock.nowMs();
    const period = name === undefined ? previousPeriod(periodAt(nowMs)) : parsePeriod(name, nowMs);
    const { state, rows } = await reconciliation.last(period);
    const [names, currencies] = [await this.#names([...rows, ...state.failed]), await currenciesOf(this.billing, rows)];
    const checkedAtMs = state.checkedAtMs ?? nowMs;
    return {
      period: period.name, stripe: reconciliation.hasStripe ? 'on' : 'off', tenants: state.tenants, checkedAt: state.checkedAtMs === null ? null : iso(state.checkedAtMs),
      failed: state.failed.map(({ tenantId, failure }) => ({ tenantId, tenant: names.get(tenantId) ?? tenantId, reason: failure })),
      items: rows.map((row) => differenceView(row, { tenant: names.get(row.tenantId) ?? row.tenantId, currency: currencies(row.tenantId) }, Math.max(nowMs, checkedAtMs) - (row.scope === 'period' ? period.endMs : row.atMs + hourMs), period.startMs)),
    };
  }

  /** Fails with `tenant_not_found`, `period_invalid`, `stripe_unavailable`. */
  async compare(tenant: string, name: string): Promise<Reply<typeof compareTenant>> {
    const { reconciliation, tenants, clock } = this.billing;
    const tenantId = await tenants.open(tenant);
    const { checkedAtMs, differences } = await orUnavailable(() => reconciliation.compare(tenantId, parsePeriod(name, clock.nowMs())));
    return { checkedAt: iso(checkedAtMs), differences: differences.length };
  }

  async usageBatches(): Promise<Reply<typeof listUsageBatches>['items']> {
    const batches = (await this.billing.usageBatches?.list()) ?? [];
    const names = await this.#names(batches);
    return batches.map(({ sealedAtMs, ...batch }) => ({ ...batch, tenant: batch.tenantId === null ? null : (names.get(batch.tenantId) ?? batch.tenantId), sealedAt: isoOrNull(sealedAtMs) }));
  }

  #names(of: readonly { readonly tenantId: string | null }[]): Promise<ReadonlyMap<string, string>> {
    return this.billing.tenants.names([...new Set(of.flatMap(({ tenantId }) => tenantId ?? []))]);
  }
}

export function alertView({ code, subject, tenantId, detail, raisedAtMs }: OpenAlert, tenant: string | null): Reply<typeof getFinanceOverview>['alerts'][number] {
  return { code, subject, tenantId, tenant, detail, raisedAt: iso(raisedAtMs) };
}

function differenceView(row: CountDifference, owner: { readonly tenant: string; readonly currency: string }, ageMs: number, periodStartMs: number): Variance['items'][number] {
  const text = (units: bigint | null): string | null => (units === null ? null : String(units));
  return {
    tenantId: row.tenantId, ...owner, of: row.scope === 'period' ? 'month' : row.scope, dimension: row.meter === wholeInvoice ? null : row.meter,
    hour: row.scope === 'hour' || (row.scope === 'preview' && row.atMs !== periodStartMs) ? iso(row.atMs) : null, log: text(row.log), ledger: String(row.ledger), entries: String(row.entries), late: String(row.late),
    pushed: text(row.pushed), stripe: text(row.summary), invoice: text(row.invoice), stripeInvoice: text(row.stripeLine), preview: text(row.preview), ourCents: text(row.cents?.ours ?? null), stripeCents: text(row.cents?.theirs ?? null), cause: row.cause, owner: differenceOwners[row.cause],
    ageHours: Math.max(0, Math.floor(ageMs / hourMs)), atStakeE12: String(row.atStakeE12),
  };
}
