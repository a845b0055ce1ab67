import type { Invoice, InvoiceItem, InvoiceLine } from '../state.js';
import { nulls } from '../world.js';
import type { World } from '../world.js';
import { allTaxes, exclusiveOf, inclusiveOf, partyOf, summed, taxesOf, taxStatusOf, taxView } from './tax.js';

export const subtotalOf = (invoice: Invoice): bigint => invoice.lines.reduce((sum, line) => sum + line.amount, 0n);
/** With tax, after credits. */
const totalOf = (world: World, invoice: Invoice): bigint => positive(subtotalOf(invoice) - invoice.creditApplied + exclusiveOf(allTaxes(world, invoice)));
/** What is to be paid after credits; never below zero, the rest would go to the customer's balance. */
export const dueOf = (world: World, invoice: Invoice): bigint => positive(totalOf(world, invoice) - invoice.creditNotesBefore);
const positive = (amount: bigint): bigint => (amount < 0n ? 0n : amount);

function pricingOf(price: string | null, unitAmount: string | null, world: World): object | null {
  if (price === null) return unitAmount === null ? null : { type: 'price_details', unit_amount_decimal: unitAmount };
  return { type: 'price_details', price_details: { price, product: world.prices.get(price).product }, unit_amount_decimal: unitAmount };
}

export function lineView(world: World, invoice: Invoice, line: InvoiceLine): object {
  const parent =
    line.invoiceItem === null
      ? { type: 'subscription_item_details', invoice_item_details: null, subscription_item_details: { invoice_item: null, proration: false, proration_details: null, subscription: invoice.subscription, subscription_item: line.subscriptionItem } }
      : { type: 'invoice_item_details', invoice_item_details: { invoice_item: line.invoiceItem, proration: false, proration_details: null, subscription: invoice.subscription }, subscription_item_details: null };
  return {
    id: line.id, object: 'line_item', pretax_credit_amounts: line.credit > 0n ? [{ amount: line.credit, type: 'credit_balance_transaction' }] : [], taxes: taxesOf(world, invoice, line).map(taxView), amount: line.amount, currency: invoice.currency, description: line.description, discount_amounts: [], discountable: false,
    discounts: [], invoice: invoice.id, livemode: false, metadata: line.metadata, parent, period: { start: line.start, end: line.end }, pricing: pricingOf(line.price, line.unitAmount, world),
    quantity: line.quantity, quantity_decimal: line.quantity === null ? null : String(line.quantity), subscription: invoice.subscription, subtotal: line.amount,
  };
}

export function invoiceView(world: World, invoice: Invoice): object {
  const subtotal = subtotalOf(invoice);
  const due = dueOf(world, invoice);
  const [taxes, total, party] = [allTaxes(world, invoice), totalOf(world, invoice), partyOf(world, invoice)];
  const customer = world.customers.find(invoice.customer);
  const lines = invoice.lines.slice(0, 10).map((line) => lineView(world, invoice, line));
  return {
    ...nulls(
      'account_country account_tax_ids application custom_fields customer_account customer_phone customer_shipping default_payment_method default_source description footer from_invoice ' +
        'last_finalization_error latest_revision on_behalf_of receipt_number rendering shipping_cost shipping_details statement_descriptor webhooks_delivered_at ending_balance',
    ),
    id: invoice.id, object: 'invoice', account_name: 'Stripe double', amount_due: due, amount_overpaid: 0, amount_paid: invoice.paid, amount_remaining: positive(due - invoice.paid), amount_shipping: 0,
    attempt_count: invoice.attempts, attempted: invoice.attempts > 0, auto_advance: invoice.autoAdvance,
    automatic_tax: { disabled_reason: invoice.taxDisabledReason, enabled: invoice.automaticTax, liability: null, provider: invoice.automaticTax ? 'stripe' : null, status: taxStatusOf(world, invoice) },
    automatically_finalizes_at: invoice.status === 'draft' && invoice.autoAdvance ? invoice.finalizesAt : null, billing_reason: invoice.reason, collection_method: invoice.collection,
    created: invoice.created, currency: invoice.currency, customer: invoice.customer, customer_email: customer?.email ?? null, customer_name: customer?.name ?? null, customer_address: party.address, customer_tax_exempt: party.taxExempt, customer_tax_ids: party.taxIds,
    default_tax_rates: [], discounts: [], due_date: invoice.dueDate, effective_at: invoice.finalizedAt, issuer: { type: 'self' },
    lines: { object: 'list', data: lines, has_more: invoice.lines.length > 10, url: `/v1/invoices/${invoice.id}/lines` }, livemode: false, metadata: invoice.metadata,
    next_payment_attempt: invoice.nextAttemptAt, number: invoice.number,
    hosted_invoice_url: invoice.number === null ? null : `https://invoice.stripe-double.invalid/${invoice.id}`, invoice_pdf: invoice.number === null ? null : `https://invoice.stripe-double.invalid/${invoice.id}/pdf`,
    parent: invoice.subscription === null ? null : { quote_details: null, subscription_details: { metadata: world.subscriptions.get(invoice.subscription).metadata, subscription: invoice.subscription }, type: 'subscription_details' },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null }, period_start: invoice.periodStart, period_end: invoice.periodEnd,
    post_payment_credit_notes_amount: invoice.creditNotesAfter, pre_payment_credit_notes_amount: invoice.creditNotesBefore, starting_balance: 0, status: invoice.status,
    status_transitions: { finalized_at: invoice.finalizedAt, marked_uncollectible_at: invoice.uncollectibleAt, paid_at: invoice.paidAt, voided_at: invoice.voidedAt },
    subtotal, subtotal_excluding_tax: subtotal - inclusiveOf(taxes), test_clock: customer?.testClock ?? null, total, total_discount_amounts: [],
    total_excluding_tax: total - exclusiveOf(taxes) - inclusiveOf(taxes), total_taxes: summed(taxes).map(taxView), total_pretax_credit_amounts: invoice.creditApplied > 0n ? [{ amount: invoice.creditApplied, type: 'credit_balance_transaction' }] : [],
  };
}

export function invoiceItemView(world: World, item: InvoiceItem): object {
  return {
    ...nulls('customer_account tax_rates test_clock'), id: item.id, object: 'invoiceitem', amount: item.amount, currency: item.currency, customer: item.customer, date: item.created, description: item.description,
    discountable: false, discounts: [], invoice: item.invoice, livemode: false, metadata: item.metadata,
    parent: item.subscription === null ? null : { subscription_details: { subscription: item.subscription }, type: 'subscription_details' },
    period: { start: item.start, end: item.end }, pricing: pricingOf(item.price, item.unitAmount, world), proration: false, quantity: item.quantity, quantity_decimal: String(item.quantity),
  };
}
