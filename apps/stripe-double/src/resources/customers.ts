import type { Handlers } from '../handler.js';
import { list } from '../handler.js';
import { invalid } from '../stripe-failure.js';
import type { Card, Customer } from '../state.js';
import { nulls } from '../world.js';
import { pageOf } from '../table.js';
import type { Address, TaxId } from '../tax-state.js';
import type { Params } from '../wire/params.js';
import type { World } from '../world.js';

/** Test tokens with the outcome Stripe documents for them (docs.stripe.com/testing). */
const cards: Readonly<Record<string, Card>> = { pm_card_visa: 'good', pm_card_chargeCustomerFail: 'declined' };

export function customerView(customer: Customer): object {
  if (customer.deleted) return { id: customer.id, object: 'customer', deleted: true };
  const { id, created, email, name, description, metadata, testClock, address, taxExempt } = customer;
  return {
    ...nulls('default_source shipping phone discount'), id, object: 'customer', balance: 0, created, email, name, description, metadata, address, livemode: false, delinquent: false,
    invoice_settings: { custom_fields: null, default_payment_method: customer.card === 'none' ? null : `pm_${id}`, footer: null, rendering_options: null },
    tax_exempt: taxExempt, preferred_locales: [], test_clock: testClock,
  };
}

function update(customer: Customer, params: Params): void {
  if (params.has('email')) customer.email = params.optionalText('email');
  if (params.has('name')) customer.name = params.optionalText('name');
  if (params.has('description')) customer.description = params.optionalText('description');
  customer.metadata = params.metadata(customer.metadata);
  if (params.has('address')) customer.address = addressOf(params.inner('address'));
  customer.taxExempt = params.choice('tax_exempt', ['none', 'exempt', 'reverse'], customer.taxExempt);
  const method = params.inner('invoice_settings')?.optionalText('default_payment_method') ?? null;
  if (method !== null) {
    const card = cards[method];
    if (!card) throw invalid(`No such PaymentMethod: '${method}'; the double knows ${Object.keys(cards).join(', ')}`, 'invoice_settings[default_payment_method]', 'resource_missing');
    customer.card = card;
  }
}

export function addressOf(params: Params | null): Address | null {
  if (params === null) return null;
  const of = (name: string): string | null => params.optionalText(name);
  return { city: of('city'), country: of('country'), line1: of('line1'), line2: of('line2'), postal_code: of('postal_code'), state: of('state') };
}

export function addTaxId(world: World, customer: Customer, type: string, value: string): TaxId {
  const row = { id: world.taxIds.newId(), created: world.now(), customer: customer.id, type, value };
  world.taxIds.add(row);
  customer.taxIds.push(row);
  return row;
}

function taxIdView({ id, created, customer, type, value }: TaxId): object {
  return {
    ...nulls('customer_account'), id, object: 'tax_id', country: /^[A-Z]{2}/.test(value) ? value.slice(0, 2) : null, created, customer, livemode: false, owner: { customer, customer_account: null, type: 'customer' }, type, value,
    verification: { status: 'pending', verified_address: null, verified_name: null },
  };
}

export const customers: Handlers = {
  'POST /v1/customers/{id}/tax_ids': ({ world, ids, params }) => taxIdView(addTaxId(world, world.customers.get(ids[0]!), params.text('type'), params.text('value'))),
  'GET /v1/customers/{id}/tax_ids': ({ world, ids, params }) => list(`/v1/customers/${ids[0]}/tax_ids`, pageOf(world.customers.get(ids[0]!).taxIds, params.page()), taxIdView),
  'DELETE /v1/customers/{customerId}/tax_ids/{id}': ({ world, ids }) => {
    const customer = world.customers.get(ids[0]!);
    customer.taxIds = customer.taxIds.filter(({ id }) => id !== ids[1]);
    return { id: ids[1]!, object: 'tax_id', deleted: true };
  },
  'POST /v1/customers': ({ world, params }) => {
    const testClock = params.optionalText('test_clock');
    if (testClock !== null) world.testClocks.get(testClock, 'test_clock');
    const customer: Customer = { id: world.customers.newId(), created: world.now(), email: null, name: null, description: null, metadata: {}, card: 'none', testClock, deleted: false, address: null, taxExempt: 'none', taxIds: [] };
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
