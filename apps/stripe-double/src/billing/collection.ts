import type { Invoice } from '../state.js';
import { invalid } from '../stripe-failure.js';
import type { World } from '../world.js';
import { applyCredits } from './credits.js';
import { refreshDraft } from './invoice-lines.js';
import { dueOf, invoiceView } from './invoice-view.js';
import { locationInvalid, partyOf, taxesOf, taxStatusOf } from './tax.js';

const dayS = 86_400;

/**
 * Draft to open: the lines are fixed, credits are burnt, tax is computed a last time, the number is given; then the card is tried
 * where asked. Without the customer's location a call is refused, and what Stripe finalizes alone goes without tax.
 */
export function finalize(world: World, invoice: Invoice, collect: boolean, asked: 'by a call' | 'alone' = 'alone'): void {
  if (invoice.status !== 'draft') throw invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.", 'id', 'invoice_not_editable');
  refreshDraft(world, invoice);
  const status = taxStatusOf(world, invoice);
  if (status !== null && status !== 'complete') {
    if (asked === 'by a call') throw locationInvalid(status);
    Object.assign(invoice, { automaticTax: false, taxDisabledReason: 'finalization_requires_location_inputs' });
    const taxed = invoice.subscription === null ? undefined : world.subscriptions.find(invoice.subscription);
    if (taxed !== undefined) Object.assign(taxed, { automaticTax: false, taxDisabled: true });
  }
  invoice.creditApplied = applyCredits(world, invoice);
  for (const line of invoice.lines) line.taxes = taxesOf(world, invoice, line);
  invoice.party = partyOf(world, invoice);
  const numbered = world.invoices.where((row) => row.number !== null && row.customer === invoice.customer).length;
  Object.assign(invoice, { status: 'open', finalizedAt: world.now(), finalizesAt: null, autoAdvance: collect, number: `${invoice.customer.slice(-8).toUpperCase()}-${String(numbered + 1).padStart(4, '0')}` });
  world.emit('invoice.finalized', invoiceView(world, invoice));
  if (dueOf(world, invoice) === 0n) markPaid(world, invoice);
  else if (collect && invoice.collection === 'charge_automatically') charge(world, invoice);
}

function markPaid(world: World, invoice: Invoice): void {
  Object.assign(invoice, { status: 'paid', paidAt: world.now(), paid: dueOf(world, invoice), nextAttemptAt: null, autoAdvance: false });
  world.emit('invoice.paid', invoiceView(world, invoice));
  world.emit('invoice.payment_succeeded', invoiceView(world, invoice));
  const subscription = invoice.subscription === null ? undefined : world.subscriptions.find(invoice.subscription);
  const owed = world.invoices.where((row) => row.subscription === invoice.subscription && row.status === 'open');
  if (subscription?.status === 'past_due' && owed.length === 0) subscription.status = 'active';
}

/** One attempt on the customer's card; a refusal plans the next one. Answers whether it was paid. */
export function charge(world: World, invoice: Invoice): boolean {
  const intent = invoice.paymentIntent === null ? null : world.paymentIntents.get(invoice.paymentIntent);
  const { id, customer, currency } = invoice;
  const used = intent ?? world.paymentIntents.add({ id: world.paymentIntents.newId(), created: world.now(), customer, currency, amount: dueOf(world, invoice), invoice: id, succeeded: false });
  invoice.paymentIntent = used.id;
  invoice.attempts += 1;
  if (world.customers.get(customer).card === 'good') {
    used.succeeded = true;
    markPaid(world, invoice);
    return true;
  }
  const waitDays = world.rules.paymentRetryDays[invoice.attempts - 1];
  invoice.nextAttemptAt = waitDays === undefined ? null : world.now() + waitDays * dayS;
  const subscription = invoice.subscription === null ? undefined : world.subscriptions.find(invoice.subscription);
  if (subscription?.status === 'active') subscription.status = 'past_due';
  world.emit('invoice.payment_failed', invoiceView(world, invoice));
  return false;
}

/** Money that came another way: a bank transfer, or a person in the dashboard. */
export function payOutOfBand(world: World, invoice: Invoice): void {
  markPaid(world, invoice);
}
