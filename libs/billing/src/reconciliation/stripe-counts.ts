import type { TenantId } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';
import type { StripeAccountStore } from '../stripe/accounts/stripe-account.store.js';
import type { StripePreviews } from '../stripe/invoices/stripe-preview.js';
import type { StripeDraft } from '../stripe/invoices/stripe-draft.js';
import type { StripeInvoiceStore } from '../stripe/invoices/stripe-invoice.store.js';
import type { MeterPushStore } from '../stripe/meters/meter-push.store.js';
import type { SummaryReader } from '../stripe/meters/summary-reader.js';
import type { StripeCounts } from './compare-counts.js';
import type { StripeLegs } from './reconciliation-report.js';

export interface StripeCountsRooms {
  readonly accounts: Pick<StripeAccountStore, 'find'>;
  readonly pushes: Pick<MeterPushStore, 'newest'>;
  readonly summaries: Pick<SummaryReader, 'read'>;
  readonly invoices: Pick<StripeInvoiceStore, 'ofPeriod'>;
  readonly draft: Pick<StripeDraft, 'lines'>;
  readonly previews: Pick<StripePreviews, 'read'>;
}

/** Asks Stripe for its hourly sums of every meter that something was sent to, and for the lines of the period's invoice, or of its preview while the period runs. */
export class StripeCountsReader implements StripeLegs {
  constructor(private readonly rooms: StripeCountsRooms) {}

  async read(tenantId: TenantId, period: Period, toMs: number): Promise<StripeCounts | null> {
    const account = await this.rooms.accounts.find(tenantId);
    if (account === null || account.billedFromMs === null) return null;
    const pushes = await this.rooms.pushes.newest(tenantId, period.startMs, toMs);
    const summaries = new Map<string, ReadonlyMap<number, bigint>>();
    const span = { fromMs: account.billedFromMs, toMs: account.billedToMs ?? Infinity };
    const preview = toMs < period.endMs ? await this.rooms.previews.read(account) : null;
    // What became of a deleted customer's sums cannot be asked; what was sent for it is parked and says so.
    if (account.status === 'deleted' || preview === 'customer_deleted') return { ...span, pushes, summaries, lines: null, preview };
    for (const meter of new Set(pushes.map((push) => push.meter))) summaries.set(meter, await this.rooms.summaries.read(tenantId, meter, period.startMs, toMs));
    const [invoice] = await this.rooms.invoices.ofPeriod(tenantId, period.startMs, period.endMs);
    return { ...span, pushes, summaries, lines: invoice === undefined ? null : await this.rooms.draft.lines(invoice.stripeInvoiceId), preview };
  }
}
