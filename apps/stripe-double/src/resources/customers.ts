import type { Handlers } from '../handler.js';
import { list } from '../handler.js';
import { invalid } from '../stripe-failure.js';
import type { Card, Customer } from '../state.js';
import { nulls } from '../world.js';
import type { Params } from '../wire/params.js';

/** Test tokens with the outcome Stripe documents for them (docs.stripe.com/testing). */
const cards: Readonly<Record<string, Card>> = { pm_card_visa: 'good', pm_card_chargeCustomerFail: 'declined' };

export function customerView(customer: Customer): object {
  if (customer.deleted) return { id: customer.id, object: 'customer', deleted: true };
  const { id, created, email, name, description, metadata, testClock } = customer;
  return {
    ...nulls('default_source shipping address phone discount'), id, object: 'customer', balance: 0, created, email, name, description, metadata, livemode: false, delinquent: false,
    invoice_settings: { custom_fields: null, default_payment_method: customer.card === 'none' ? null : `pm_${id}`, footer: null, rendering_options: null },
    tax_exempt: 'none', preferred_locales: [], test_clock: testClock,
  };
}

function update(customer: Customer, params: Params): void {
  if (params.has('email')) customer.email = params.optionalText('email');
  if (params.has('name')) customer.name = params.optionalText('name');
  if (params.has('description')) customer.description = params.optionalText('description');
  customer.metadata = params.metadata(customer.metadata);
  const method = params.inner('invoice_settings')?.optionalText('default_payment_method') ?? null;
  if (method !== null) {
    const card = cards[method];
    if (!card) throw invalid(`No such PaymentMethod: '${method}'; the double knows ${Object.keys(cards).join(', ')}`, 'invoice_settings[default_payment_method]', 'resource_missing');
    customer.card = card;
  }
}

export const customers: Handlers = {
  'POST /v1/customers': ({ world, params }) => {
    const testClock = params.optionalText('test_clock');
    if (testClock !== null) world.testClocks.get(testClock, 'test_clock');
    const customer: Customer = { id: world.customers.newId(), created: world.now(), email: null, name: null, description: null, metadata: {}, card: 'none', testClock, deleted: false };
    update(customer, params);
    world.customers.add(customer);
    world.emit('customer.created', customerView(customer));
    return customerView(customer);
  },
  'GET /v1/customers/{id}': ({ world, ids }) => customerView(world.customers.get(ids[0]!)),
  'POST /v1/customers/{id}': ({ world, ids, params }) => {
    const customer = world.customers.get(ids[0]!);
    if (customer.deleted) throw invalid(`No such customer: '${customer.id}'`, 'id', 'resource_missing');
    update(customer, params);
    world.emit('customer.updated', customerView(customer));
    return customerView(customer);
  },
  // Its subscriptions end at once, without a last invoice (docs.stripe.com/api/customers/delete).
  'DELETE /v1/customers/{id}': ({ world, ids }) => {
    const customer = world.customers.get(ids[0]!);
    world.emit('customer.deleted', customerView(customer));
    customer.deleted = true;
    for (const subscription of world.subscriptions.where((row) => row.customer === customer.id && row.status !== 'canceled')) {
      Object.assign(subscription, { status: 'canceled', canceledAt: world.now(), endedAt: world.now() });
    }
    return customerView(customer);
  },
  'GET /v1/customers': ({ world, params }) => {
    const email = params.optionalText('email');
    return list('/v1/customers', world.customers.page(params.page(), (row) => !row.deleted && (email === null || row.email === email)), customerView);
  },
};
