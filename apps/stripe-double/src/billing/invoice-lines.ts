import type { Seconds } from '../clock.js';
import { priced } from '../pricing.js';
import type { Invoice, InvoiceItem, InvoiceLine, Price, SubscriptionItem } from '../state.js';
import type { World } from '../world.js';
import { usageOf } from '../resources/meters.js';

interface LineOwner {
  readonly subscriptionItem: SubscriptionItem;
  readonly price: Price;
}

function linesOf(world: World, { subscriptionItem, price }: LineOwner, quantity: bigint, start: Seconds, end: Seconds): InvoiceLine[] {
  const rule = { perTier: world.rules.linesPerGraduatedPrice === 'one_per_tier', halfUp: world.rules.halfCentRoundsUp };
  const product = world.products.get(price.product);
  return priced(price, quantity, rule).map((part) => ({
    id: world.lines.newId(), amount: part.amount, quantity: part.quantity, unitAmount: part.unitAmount, description: `${part.quantity} × ${price.nickname ?? product.name}`,
    price: price.id, subscriptionItem: subscriptionItem.id, invoiceItem: null, metered: price.meter !== null, start, end, metadata: subscriptionItem.metadata, taxBehavior: price.taxBehavior, credit: 0n, taxes: null,
  }));
}

/** What an item used in a span, as lines of its price. */
export function usageLines(world: World, customer: string, item: SubscriptionItem, start: Seconds, end: Seconds): InvoiceLine[] {
  const price = world.prices.get(item.price);
  const from = Math.max(start, item.since);
  const quantity = usageOf(world, world.meters.get(price.meter!), customer, from, end);
  return linesOf(world, { subscriptionItem: item, price }, quantity < 0n ? 0n : quantity, start, end);
}

/** A fixed fee, paid in advance for the period. */
export function licensedLines(world: World, item: SubscriptionItem, start: Seconds, end: Seconds): InvoiceLine[] {
  const price = world.prices.get(item.price);
  return linesOf(world, { subscriptionItem: item, price }, item.quantity ?? 1n, start, end);
}

export function itemLine(world: World, item: InvoiceItem): InvoiceLine {
  const { amount, quantity, unitAmount, description, price, metered, start, end, metadata, taxBehavior } = item;
  return { id: world.lines.newId(), amount, quantity, unitAmount, description, price, subscriptionItem: null, invoiceItem: item.id, metered, start, end, metadata, taxBehavior, credit: 0n, taxes: null };
}

/** A draft follows the usage it bills until it is finalized; a line keeps its id while it says the same. */
export function refreshDraft(world: World, invoice: Invoice): void {
  if (invoice.status !== 'draft' || !world.rules.draftSeesUsageUntilFinalized) return;
  if (!invoice.autoAdvance && !world.rules.claimedDraftSeesUsage) return;
  const fresh = invoice.usageItems.flatMap((item) => usageLines(world, invoice.customer, item, invoice.periodStart, invoice.periodEnd));
  const kept = invoice.lines.filter((line) => !line.metered || line.invoiceItem !== null);
  const before = invoice.lines.filter((line) => line.metered && line.invoiceItem === null);
  invoice.lines = [...fresh.map((line) => before.find((old) => sameLine(old, line)) ?? line), ...kept];
}

function sameLine(a: InvoiceLine, b: InvoiceLine): boolean {
  return a.subscriptionItem === b.subscriptionItem && a.unitAmount === b.unitAmount && a.quantity === b.quantity && a.amount === b.amount;
}
