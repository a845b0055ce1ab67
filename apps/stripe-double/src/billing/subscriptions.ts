import { nextMonth } from '../clock.js';
import type { Seconds } from '../clock.js';
import type { Invoice, InvoiceLine, Subscription, SubscriptionItem } from '../state.js';
import type { World } from '../world.js';
import { finalize } from './collection.js';
import { itemLine, licensedLines, refreshDraft, usageLines } from './invoice-lines.js';
import { invoiceView } from './invoice-view.js';

const metered = (world: World, item: SubscriptionItem): boolean => world.prices.get(item.price).meter !== null;

interface Draft {
  readonly reason: Invoice['reason'];
  readonly periodStart: Seconds;
  readonly periodEnd: Seconds;
  readonly lines: InvoiceLine[];
  readonly usageItems: readonly SubscriptionItem[];
}

/** A draft that takes along the invoice items that wait for this customer. */
function open(world: World, subscription: Subscription, draft: Draft): Invoice {
  const pending = world.invoiceItems.where((item) => item.customer === subscription.customer && item.invoice === null);
  const invoice: Invoice = {
    ...draft, id: world.invoices.newId(), created: world.now(), customer: subscription.customer, currency: subscription.currency, subscription: subscription.id, status: 'draft',
    lines: [...draft.lines, ...pending.map((item) => itemLine(world, item))], autoAdvance: true, finalizesAt: world.now() + world.rules.draftGraceS, finalizedAt: null, paidAt: null, voidedAt: null, uncollectibleAt: null,
    number: null, attempts: 0, nextAttemptAt: null, dueDate: subscription.daysUntilDue === null ? null : world.now() + subscription.daysUntilDue * 86_400, creditApplied: 0n, paid: 0n,
    creditNotesBefore: 0n, creditNotesAfter: 0n, automaticTax: subscription.automaticTax, taxDisabledReason: null, party: null, collection: subscription.collection, paymentIntent: null, metadata: {},
  };
  world.invoices.add(invoice);
  for (const item of pending) item.invoice = invoice.id;
  subscription.latestInvoice = invoice.id;
  refreshDraft(world, invoice);
  world.emit('invoice.created', invoiceView(world, invoice));
  return invoice;
}

/** The first invoice holds fixed fees only and is finalized at once; a partial first period has none (no proration). */
export function begin(world: World, subscription: Subscription): void {
  const whole = subscription.periodStart === subscription.anchor;
  const lines = whole ? subscription.items.filter((item) => !metered(world, item)).flatMap((item) => licensedLines(world, item, subscription.periodStart, subscription.periodEnd)) : [];
  const invoice = open(world, subscription, { reason: 'subscription_create', periodStart: subscription.periodStart, periodEnd: subscription.periodStart, lines, usageItems: [] });
  finalize(world, invoice, true);
}

/** End of a period: usage of the old one, fixed fees of the new one, as a draft that finalizes after the grace. */
export function roll(world: World, subscription: Subscription): void {
  const { periodStart, periodEnd } = subscription;
  const ends = subscription.cancelAtPeriodEnd;
  subscription.periodStart = periodEnd;
  subscription.periodEnd = nextMonth(periodEnd);
  const fees = ends ? [] : subscription.items.filter((item) => !metered(world, item)).flatMap((item) => licensedLines(world, item, subscription.periodStart, subscription.periodEnd));
  open(world, subscription, { reason: 'subscription_cycle', periodStart, periodEnd, lines: fees, usageItems: subscription.items.filter((item) => metered(world, item)) });
  if (ends) Object.assign(subscription, { status: 'canceled', endedAt: periodEnd });
  else if (subscription.schedule !== null) {
    const { next } = subscription.schedule;
    if (next !== null) Object.assign(subscription, { items: next.items, metadata: { ...subscription.metadata, ...next.metadata } });
    subscription.schedule = null;
  }
}

/** Ends at once; usage that no invoice has yet is lost unless `invoiceNow`. */
export function cancel(world: World, subscription: Subscription, invoiceNow: boolean): void {
  const { periodStart } = subscription;
  const now = world.now();
  Object.assign(subscription, { status: 'canceled', canceledAt: now, endedAt: now });
  if (!invoiceNow && world.rules.cancelDropsUsageUnlessInvoicedNow) return;
  const usageItems = subscription.items.filter((item) => metered(world, item));
  open(world, subscription, { reason: 'subscription_update', periodStart, periodEnd: now, lines: [], usageItems });
}

/** A metered item that goes in the middle of a period: flexible mode bills what it used, classic mode forgets it. */
export function drop(world: World, subscription: Subscription, item: SubscriptionItem): void {
  if (!metered(world, item) || subscription.mode !== 'flexible' || !world.rules.flexibleModeBillsSwitchedUsage) return;
  for (const line of usageLines(world, subscription.customer, item, subscription.periodStart, world.now())) {
    world.invoiceItems.add({
      id: world.invoiceItems.newId(), created: world.now(), customer: subscription.customer, currency: subscription.currency, amount: line.amount, quantity: line.quantity ?? 0n, unitAmount: line.unitAmount,
      price: line.price, subscription: subscription.id, description: line.description, start: subscription.periodStart, end: world.now(), metered: true, metadata: line.metadata, taxBehavior: line.taxBehavior, invoice: null,
    });
  }
}
