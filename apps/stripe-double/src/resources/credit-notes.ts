import { dueOf, invoiceView } from '../billing/invoice-view.js';
import { payOutOfBand } from '../billing/collection.js';
import { creditShare, exclusiveOf, inclusiveOf, summed, taxView } from '../billing/tax.js';
import type { Call, Handlers } from '../handler.js';
import { list } from '../handler.js';
import type { CreditNote, CreditNoteLine, Invoice, Refund } from '../state.js';
import { invalid, notPlayed } from '../stripe-failure.js';
import { nulls } from '../world.js';
import type { World } from '../world.js';

const creditOf = (amount: bigint): object[] => (amount > 0n ? [{ amount, type: 'credit_balance_transaction' }] : []);

function noteView(world: World, note: CreditNote): object {
  const invoice = world.invoices.get(note.invoice);
  const line = (row: CreditNote['lines'][number]): object => ({
    id: row.id, object: 'credit_note_line_item', amount: row.amount, description: row.description, discount_amount: 0, discount_amounts: [], livemode: false, metadata: {}, pretax_credit_amounts: creditOf(row.credit), taxes: row.taxes.map(taxView),
    quantity: 1, tax_rates: [], type: row.invoiceLine === null ? 'custom_line_item' : 'invoice_line_item', unit_amount: row.amount, unit_amount_decimal: String(row.amount),
    ...(row.invoiceLine === null ? {} : { invoice_line_item: row.invoiceLine }),
  });
  const taxes = note.lines.flatMap((row) => [...row.taxes]);
  const subtotal = note.lines.length === 0 ? note.amount : note.lines.reduce((sum, { amount }) => sum + amount, 0n);
  return {
    ...nulls('customer_account customer_balance_transaction out_of_band_amount shipping_cost'), id: note.id, object: 'credit_note', amount: note.amount, amount_shipping: 0, created: note.created,
    currency: invoice.currency, customer: invoice.customer, discount_amount: 0, discount_amounts: [], effective_at: note.created, invoice: note.invoice,
    lines: { object: 'list', data: note.lines.map(line), has_more: false, url: `/v1/credit_notes/${note.id}/lines` }, livemode: false, memo: note.memo, metadata: note.metadata, number: note.number,
    pdf: `https://invoice.stripe-double.invalid/${note.id}/pdf`, post_payment_amount: note.after, pre_payment_amount: note.before, pretax_credit_amounts: creditOf(note.lines.reduce((sum, { credit }) => sum + credit, 0n)), reason: note.reason,
    refunds: note.refund === null ? [] : [{ amount_refunded: note.after, payment_record_refund: null, refund: note.refund, type: 'refund' }], status: note.voidedAt === null ? 'issued' : 'void',
    subtotal, subtotal_excluding_tax: subtotal - inclusiveOf(taxes), total: note.amount, total_excluding_tax: note.amount - exclusiveOf(taxes) - inclusiveOf(taxes), total_taxes: summed(taxes).map(taxView), type: note.after > 0n ? 'post_payment' : 'pre_payment', voided_at: note.voidedAt,
  };
}

export function refundView(refund: Refund): object {
  const { id, created, amount, currency, paymentIntent, reason, metadata } = refund;
  return {
    ...nulls('balance_transaction charge customer customer_account payment_method receipt_number source_transfer_reversal transfer_reversal'), id, object: 'refund', amount, created, currency, metadata,
    payment_intent: paymentIntent, reason, status: refund.failed ? 'failed' : 'succeeded', ...(refund.failed ? { failure_reason: 'expired_or_canceled_card' } : {}),
  };
}

function refund(world: World, paymentIntent: string, amount: bigint, reason: string | null, metadata: Refund['metadata']): Refund {
  const intent = world.paymentIntents.get(paymentIntent, 'payment_intent');
  const returned = world.refunds.where((row) => row.paymentIntent === intent.id && !row.failed).reduce((sum, row) => sum + row.amount, 0n);
  if (!intent.succeeded) throw invalid('The payment has not succeeded', 'payment_intent', 'charge_not_refundable');
  if (amount <= 0n || returned + amount > intent.amount) throw invalid(`Refund amount is greater than unrefunded amount`, 'amount', 'charge_already_refunded');
  const row = world.refunds.add({ id: world.refunds.newId(), created: world.now(), paymentIntent: intent.id, amount, currency: intent.currency, reason, metadata, failed: false });
  world.emit('refund.created', refundView(row));
  return row;
}

interface Draft {
  readonly invoice: Invoice;
  readonly lines: readonly CreditNoteLine[];
  /** With tax. */
  readonly amount: bigint;
}

/** What a credit note would hold, by the call that makes it or only looks. */
function draftOf({ world, params }: Call): Draft {
  const invoice = world.invoices.get(params.text('invoice'), 'invoice');
  if (invoice.status !== 'open' && invoice.status !== 'paid') throw invalid('Credit notes are for open or paid invoices', 'invoice', 'invoice_not_editable');
  const notes = world.creditNotes.where((row) => row.invoice === invoice.id && row.voidedAt === null);
  const lines = params.list('lines').map((line): CreditNoteLine => {
    const amount = line.optionalAmount('amount') ?? line.optionalAmount('unit_amount') ?? 0n;
    const id = world.creditNoteLines.newId();
    const invoiceLine = line.optionalText('invoice_line_item');
    if (invoiceLine === null) {
      if (line.has('amount')) throw invalid('A custom line takes unit_amount', 'lines[amount]');
      if (invoice.automaticTax && !world.rules.taxedInvoicesTakeCustomCreditLines) throw invalid('custom_line_item is not valid when the invoice is set up with automatic tax', 'lines[type]');
      return { id, amount, description: line.optionalText('description') ?? '', invoiceLine, credit: 0n, taxes: [] };
    }
    const of = invoice.lines.find((row) => row.id === invoiceLine);
    if (of === undefined) throw invalid(`No such line item: '${invoiceLine}'`, 'lines[invoice_line_item]', 'resource_missing');
    const before = notes.flatMap((note) => note.lines.filter((row) => row.invoiceLine === of.id));
    const share = creditShare(of, amount, before);
    const left = of.amount - before.reduce((sum, row) => sum + row.amount, 0n);
    if (amount <= 0n || share.amount > left) throw invalid(`The line has ${left} left to credit`, 'lines[amount]');
    return { id, ...share, description: of.description, invoiceLine };
  });
  const amount = lines.length > 0 ? lines.reduce((sum, line) => sum + grossOf(line), 0n) : (params.optionalAmount('amount') ?? 0n);
  if (lines.length === 0 && invoice.automaticTax) throw notPlayed('credit notes by amount on invoices with automatic tax');
  const left = invoice.status === 'paid' ? invoice.paid - invoice.creditNotesAfter : dueOf(world, invoice);
  if (amount <= 0n || amount > left) throw invalid(`The credit note must be positive and at most ${left}`, 'amount');
  return { invoice, lines, amount };
}

const grossOf = ({ amount, credit, taxes }: CreditNoteLine): bigint => amount - credit + exclusiveOf(taxes);

function noteOf(world: World, { params }: Call, { invoice, lines, amount }: Draft, refunded: string | null): CreditNote {
  const count = world.creditNotes.where((row) => row.invoice === invoice.id).length;
  const paid = invoice.status === 'paid';
  return {
    id: world.creditNotes.newId(), created: world.now(), invoice: invoice.id, number: `${invoice.number}-CN-${String(count + 1).padStart(2, '0')}`, lines, amount, before: paid ? 0n : amount, after: paid ? amount : 0n,
    refund: refunded, memo: params.optionalText('memo'), reason: params.optionalText('reason'), metadata: params.metadata(), voidedAt: null,
  };
}

function createNote(call: Call): object {
  const { world, params } = call;
  const draft = draftOf(call);
  const { invoice, amount } = draft;
  const linked = params.list('refunds').map((row) => ({ refund: world.refunds.get(row.text('refund'), 'refunds[refund]'), amount: row.optionalAmount('amount_refunded') }));
  if (linked.length > 1) throw notPlayed('credit notes with several refunds');
  const known = linked[0];
  if (known && known.refund.paymentIntent !== invoice.paymentIntent) throw invalid('The refund is of another payment', 'refunds[refund]');
  const back = params.optionalAmount('refund_amount') ?? 0n;
  const toBalance = params.optionalAmount('credit_amount') ?? 0n;
  const elsewhere = params.optionalAmount('out_of_band_amount') ?? 0n;
  const linkedAmount = known === undefined ? 0n : (known.amount ?? known.refund.amount);
  const paid = invoice.status === 'paid';
  if (known && linkedAmount > known.refund.amount) throw invalid('More than was refunded', 'refunds[amount_refunded]');
  if (paid && back + toBalance + elsewhere + linkedAmount !== amount) throw invalid('For a paid invoice refund_amount, credit_amount and out_of_band_amount must add up to the amount', 'refund_amount');
  const note = noteOf(world, call, draft, back > 0n ? refund(world, invoice.paymentIntent ?? '', back, 'requested_by_customer', {}).id : (known?.refund.id ?? null));
  if (paid) invoice.creditNotesAfter += amount;
  else invoice.creditNotesBefore += amount;
  world.creditNotes.add(note);
  world.emit('credit_note.created', noteView(world, note));
  if (!paid && dueOf(world, invoice) === 0n) payOutOfBand(world, invoice);
  world.emit('invoice.updated', invoiceView(world, invoice));
  return noteView(world, note);
}

export const creditNotes: Handlers = {
  'POST /v1/credit_notes': createNote,
  'GET /v1/credit_notes/preview': (call) => noteView(call.world, noteOf(call.world, call, draftOf(call), null)),
  'GET /v1/credit_notes/{id}': ({ world, ids }) => noteView(world, world.creditNotes.get(ids[0]!)),
  'GET /v1/credit_notes': ({ world, params }) => {
    const invoice = params.optionalText('invoice');
    return list('/v1/credit_notes', world.creditNotes.page(params.page(), (row) => invoice === null || row.invoice === invoice), (row) => noteView(world, row));
  },
  'POST /v1/credit_notes/{id}/void': ({ world, ids }) => {
    const note = world.creditNotes.get(ids[0]!);
    if (note.after > 0n) throw invalid('A credit note for a paid invoice cannot be voided', 'id');
    note.voidedAt = world.now();
    world.invoices.get(note.invoice).creditNotesBefore -= note.before;
    world.emit('credit_note.voided', noteView(world, note));
    return noteView(world, note);
  },
  'POST /v1/refunds': ({ world, params }) => {
    const intent = params.text('payment_intent');
    const amount = params.optionalAmount('amount') ?? world.paymentIntents.get(intent, 'payment_intent').amount;
    return refundView(refund(world, intent, amount, params.optionalText('reason'), params.metadata()));
  },
  'GET /v1/refunds/{id}': ({ world, ids }) => refundView(world.refunds.get(ids[0]!)),
  'GET /v1/refunds': ({ world, params }) => {
    const intent = params.optionalText('payment_intent');
    return list('/v1/refunds', world.refunds.page(params.page(), (row) => intent === null || row.paymentIntent === intent), refundView);
  },
  'GET /v1/invoice_payments': ({ world, params }) => {
    const invoice = params.optionalText('invoice');
    const fits = (row: { invoice: string }): boolean => invoice === null || row.invoice === invoice;
    return list('/v1/invoice_payments', world.paymentIntents.page(params.page(), fits), (row) => ({
      id: `inpay_${row.id.slice(3)}`, object: 'invoice_payment', amount_paid: row.succeeded ? row.amount : null, amount_requested: row.amount, created: row.created, currency: row.currency, invoice: row.invoice,
      is_default: true, livemode: false, payment: { payment_intent: row.id, type: 'payment_intent' }, status: row.succeeded ? 'paid' : 'open', status_transitions: { canceled_at: null, paid_at: row.succeeded ? row.created : null },
    }));
  },
};
