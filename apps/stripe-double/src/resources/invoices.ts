import { charge, finalize, payOutOfBand } from '../billing/collection.js';
import { previewCredits, returnCredits } from '../billing/credits.js';
import { itemLine, refreshDraft, usageLines } from '../billing/invoice-lines.js';
import { invoiceItemView, invoiceView, lineView } from '../billing/invoice-view.js';
import type { Call, Handlers } from '../handler.js';
import { list } from '../handler.js';
import type { Invoice, InvoiceItem } from '../state.js';
import { invalid, notPlayed, StripeFailure } from '../stripe-failure.js';
import { pageOf } from '../table.js';
import type { World } from '../world.js';

/** A draft is shown as it stands now. */
function found({ world, ids }: Call): Invoice {
  const invoice = world.invoices.get(ids[0]!);
  refreshDraft(world, invoice);
  return invoice;
}

function openOnly(invoice: Invoice, what: string): void {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') throw invalid(`You can only ${what} an open invoice; this one is ${invoice.status}.`, 'id', 'invoice_not_editable');
}

function manual(world: World, customer: string, currency: string, metadata: Invoice['metadata'], autoAdvance: boolean): Invoice {
  return {
    id: world.invoices.newId(), created: world.now(), customer, currency, subscription: null, reason: 'manual', periodStart: world.now(), periodEnd: world.now(), usageItems: [], lines: [], status: 'draft',
    autoAdvance, finalizesAt: autoAdvance ? world.now() + world.rules.draftGraceS : null, finalizedAt: null, paidAt: null, voidedAt: null, uncollectibleAt: null, number: null, attempts: 0, nextAttemptAt: null,
    dueDate: null, creditApplied: 0n, paid: 0n, creditNotesBefore: 0n, creditNotesAfter: 0n, automaticTax: false, taxDisabledReason: null, party: null, collection: 'charge_automatically', paymentIntent: null, metadata,
  };
}

/** Of a subscription as it is: usage so far, waiting items and the credit they would burn. What would be asked for with other items is not played. */
function previewOf(world: World, id: string, customer: string | null): Invoice {
  const subscription = world.subscriptions.get(id, 'subscription');
  if (customer !== null && customer !== subscription.customer) throw invalid(`The customer ${customer} does not have the subscription ${id}`, 'subscription', 'resource_missing');
  if (subscription.status === 'canceled') throw new StripeFailure(404, 'invalid_request_error', `No upcoming invoices for customer: ${subscription.customer}`, { code: 'invoice_upcoming_none' });
  for (const old of world.previews.where((row) => row.subscription === id)) world.previews.delete(old.id);
  const items = subscription.items.filter((item) => world.prices.get(item.price).meter !== null);
  const pending = world.invoiceItems.where((item) => item.customer === subscription.customer && item.invoice === null);
  const { periodStart, periodEnd } = subscription;
  const preview: Invoice = {
    ...manual(world, subscription.customer, subscription.currency, {}, false), id: world.previews.newId(), reason: 'upcoming', subscription: id, periodStart, periodEnd, automaticTax: subscription.automaticTax,
    lines: [...items.flatMap((item) => usageLines(world, subscription.customer, item, periodStart, periodEnd)), ...pending.map((item) => itemLine(world, item))],
  };
  return { ...preview, creditApplied: world.rules.previewShowsCredits ? previewCredits(world, preview) : 0n };
}

export const invoices: Handlers = {
  'POST /v1/invoices': ({ world, params }) => {
    const customer = world.customers.get(params.text('customer'), 'customer').id;
    const invoice = world.invoices.add(manual(world, customer, params.optionalText('currency') ?? 'usd', params.metadata(), params.optionalBoolean('auto_advance') ?? false));
    invoice.automaticTax = params.inner('automatic_tax')?.optionalBoolean('enabled') ?? false;
    world.emit('invoice.created', invoiceView(world, invoice));
    return invoiceView(world, invoice);
  },
  'GET /v1/invoices/{id}': (call) => invoiceView(call.world, found(call)),
  'GET /v1/invoices': ({ world, params }) => {
    const wanted = { customer: params.optionalText('customer'), subscription: params.optionalText('subscription'), status: params.optionalText('status') };
    const created = params.inner('created');
    const [after, before] = [created?.optionalInteger('gte') ?? 0, created?.optionalInteger('lt') ?? Infinity];
    const fits = (row: Invoice): boolean =>
      (wanted.customer === null || row.customer === wanted.customer) && (wanted.subscription === null || row.subscription === wanted.subscription) &&
      (wanted.status === null || row.status === wanted.status) && row.created >= after && row.created < before;
    return list('/v1/invoices', world.invoices.page(params.page(), fits), (row) => {
      refreshDraft(world, row);
      return invoiceView(world, row);
    });
  },
  'GET /v1/invoices/{id}/lines': (call) => {
    const invoice = call.world.previews.find(call.ids[0]!) ?? found(call);
    return list(`/v1/invoices/${invoice.id}/lines`, pageOf(invoice.lines, call.params.page()), (line) => lineView(call.world, invoice, line));
  },
  'POST /v1/invoices/{id}': (call) => {
    const { world, params } = call;
    const invoice = found(call);
    const claim = params.optionalBoolean('auto_advance');
    if (claim !== null) Object.assign(invoice, { autoAdvance: claim, finalizesAt: claim && invoice.status === 'draft' ? world.now() + world.rules.draftGraceS : null });
    const taxed = params.inner('automatic_tax')?.optionalBoolean('enabled') ?? invoice.automaticTax;
    if (taxed !== invoice.automaticTax && invoice.status !== 'draft') throw invalid('Only a draft can change its automatic tax', 'automatic_tax', 'invoice_not_editable');
    if (taxed && !world.rules.taxedInvoicesTakeNegativeItems && invoice.lines.some(({ amount }) => amount < 0n)) throw invalid('Automatic tax does not go with negative invoice items', 'automatic_tax');
    invoice.automaticTax = taxed;
    invoice.metadata = params.metadata(invoice.metadata);
    world.emit('invoice.updated', invoiceView(world, invoice));
    return invoiceView(world, invoice);
  },
  'POST /v1/invoices/{id}/finalize': (call) => {
    const invoice = found(call);
    finalize(call.world, invoice, call.params.optionalBoolean('auto_advance') ?? invoice.autoAdvance, 'by a call');
    return invoiceView(call.world, invoice);
  },
  'POST /v1/invoices/{id}/pay': (call) => {
    const invoice = found(call);
    openOnly(invoice, 'pay');
    if (call.params.optionalBoolean('paid_out_of_band') === true) payOutOfBand(call.world, invoice);
    else if (!charge(call.world, invoice)) throw new StripeFailure(402, 'card_error', 'Your card was declined.', { code: 'card_declined' });
    return invoiceView(call.world, invoice);
  },
  'POST /v1/invoices/{id}/send': (call) => invoiceView(call.world, found(call)),
  // Allowed for drafts alone (docs.stripe.com/api/invoices/delete).
  'DELETE /v1/invoices/{id}': (call) => {
    const invoice = found(call);
    if (invoice.status !== 'draft' || invoice.subscription !== null) throw invalid('Only one-off drafts can be deleted', 'id', 'invoice_not_editable');
    call.world.invoices.delete(invoice.id);
    return { id: invoice.id, object: 'invoice', deleted: true };
  },
  'POST /v1/invoices/{id}/void': (call) => {
    const invoice = found(call);
    openOnly(invoice, 'void');
    returnCredits(call.world, invoice);
    Object.assign(invoice, { status: 'void', voidedAt: call.world.now(), nextAttemptAt: null, autoAdvance: false });
    call.world.emit('invoice.voided', invoiceView(call.world, invoice));
    return invoiceView(call.world, invoice);
  },
  'POST /v1/invoices/{id}/mark_uncollectible': (call) => {
    const invoice = found(call);
    openOnly(invoice, 'write off');
    Object.assign(invoice, { status: 'uncollectible', uncollectibleAt: call.world.now(), nextAttemptAt: null, autoAdvance: false });
    call.world.emit('invoice.marked_uncollectible', invoiceView(call.world, invoice));
    return invoiceView(call.world, invoice);
  },
  'POST /v1/invoices/create_preview': ({ world, params }) => {
    if (['subscription_details', 'schedule', 'schedule_details', 'invoice_items'].some((name) => params.has(name))) throw notPlayed('previews of a changed subscription');
    const preview = previewOf(world, params.text('subscription'), params.optionalText('customer'));
    return invoiceView(world, world.previews.add(preview));
  },
  'POST /v1/invoiceitems': ({ world, params }) => {
    const customer = world.customers.get(params.text('customer'), 'customer').id;
    const into = params.optionalText('invoice');
    const invoice = into === null ? null : world.invoices.get(into, 'invoice');
    if (invoice && invoice.status !== 'draft') throw invalid('The invoice is not a draft', 'invoice', 'invoice_not_editable');
    const amount = params.optionalAmount('amount');
    if (amount === null) throw notPlayed('invoice items with a price; send an amount');
    if (amount < 0n && invoice?.automaticTax === true && !world.rules.taxedInvoicesTakeNegativeItems) throw invalid('Negative invoice items cannot be added to an invoice with automatic tax', 'amount');
    const period = params.inner('period');
    const item: InvoiceItem = {
      id: world.invoiceItems.newId(), created: world.now(), customer, currency: params.optionalText('currency') ?? 'usd', amount, quantity: 1n, unitAmount: String(amount), price: null,
      subscription: params.optionalText('subscription'), description: params.optionalText('description') ?? '', start: period?.integer('start') ?? world.now(), end: period?.integer('end') ?? world.now(),
      metered: false, metadata: params.metadata(), taxBehavior: params.choice('tax_behavior', ['unspecified', 'exclusive', 'inclusive'], 'unspecified'), invoice: into,
    };
    world.invoiceItems.add(item);
    invoice?.lines.push(itemLine(world, item));
    return invoiceItemView(world, item);
  },
  'GET /v1/invoiceitems/{id}': ({ world, ids }) => invoiceItemView(world, world.invoiceItems.get(ids[0]!)),
  'GET /v1/invoiceitems': ({ world, params }) => {
    const wanted = { customer: params.optionalText('customer'), invoice: params.optionalText('invoice'), pending: params.optionalBoolean('pending') };
    const fits = (row: InvoiceItem): boolean =>
      (wanted.customer === null || row.customer === wanted.customer) && (wanted.invoice === null || row.invoice === wanted.invoice) && (wanted.pending === null || (row.invoice === null) === wanted.pending);
    return list('/v1/invoiceitems', world.invoiceItems.page(params.page(), fits), (row) => invoiceItemView(world, row));
  },
  'DELETE /v1/invoiceitems/{id}': ({ world, ids }) => {
    const item = world.invoiceItems.get(ids[0]!);
    const invoice = item.invoice === null ? null : world.invoices.get(item.invoice);
    if (invoice && invoice.status !== 'draft') throw invalid('The invoice item is on a finalized invoice', 'id', 'invoice_not_editable');
    if (invoice) invoice.lines = invoice.lines.filter((line) => line.invoiceItem !== item.id);
    world.invoiceItems.delete(item.id);
    return { id: item.id, object: 'invoiceitem', deleted: true };
  },
};
