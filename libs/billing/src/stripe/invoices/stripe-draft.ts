import type Stripe from 'stripe';
import type { StripeAccount } from '../accounts/stripe-account.store.js';
import type { StripeCatalogueStore } from '../accounts/stripe-catalogue.store.js';
import { idOf } from '../accounts/subscriptions.js';
import type { ComposedInvoice } from '../../invoices/invoice.js';
import { extraLines, lineKey } from './invoice-comparison.js';
import type { StripeLine, TaxTerms } from './invoice-comparison.js';

const keyName = 'waybill_line';

/** The line of ours that an item on the draft stands for. */
export const lineOfItem = ({ metadata }: Pick<Stripe.InvoiceLineItem, 'metadata'>): string | null => metadata[keyName] ?? null;

/** The claimed draft of a period at Stripe: its lines, and our lines put on it. */
export class StripeDraft {
  constructor(
    private readonly stripe: Stripe,
    private readonly catalogue: StripeCatalogueStore,
  ) {}

  /** All lines, page after page. */
  async lines(stripeInvoiceId: string): Promise<StripeLine[]> {
    const dimensions = await this.catalogue.dimensions();
    const found: StripeLine[] = [];
    for await (const line of this.stripe.invoices.listLineItems(stripeInvoiceId, { limit: 100 })) {
      const price = idOf(line.pricing?.price_details?.price) ?? '';
      found.push({ dimension: dimensions.get(price) ?? null, lineId: lineOfItem(line), quantity: BigInt(line.quantity ?? 0), amountCents: BigInt(line.amount) });
    }
    return found;
  }

  /**
   * Puts base fee, minimum, adjustments and included credit of our invoice on the draft, each once: what is there already
   * stays, what we no longer have is taken off. Our amounts are before tax, so tax comes on top.
   */
  async putExtraLines(account: StripeAccount, stripeInvoiceId: string, ours: ComposedInvoice, terms: TaxTerms): Promise<void> {
    const wanted = new Map(extraLines(ours, terms).map((line) => [lineKey(line), line]));
    const there = new Set<string>();
    for await (const item of this.stripe.invoiceItems.list({ invoice: stripeInvoiceId, limit: 100 })) {
      const key = item.metadata?.[keyName];
      if (key === undefined) continue;
      const line = wanted.get(key);
      if (line !== undefined && line.amountCents === BigInt(item.amount) && !there.has(key)) there.add(key);
      else await this.stripe.invoiceItems.del(item.id);
    }
    for (const [key, line] of wanted) {
      if (there.has(key)) continue;
      await this.stripe.invoiceItems.create(
        {
          customer: account.customerId, invoice: stripeInvoiceId, currency: ours.currency.toLowerCase(), amount: wholeCents(line.amountCents), description: line.description.slice(0, 500), ...(terms.isTaxed ? { tax_behavior: 'exclusive' } : {}),
          period: { start: ours.period.startMs / 1_000, end: ours.period.endMs / 1_000 }, metadata: { [keyName]: key },
        },
        { idempotencyKey: `waybill-item-${stripeInvoiceId}-${key}-${line.amountCents}${terms.isTaxed ? '-taxed' : ''}` },
      );
    }
  }
}

/** Stripe's own limit is eight digits; a number holds far more exactly. */
function wholeCents(amountCents: bigint): number {
  return Number(amountCents);
}
