import { begin, cancel, drop } from '../billing/subscriptions.js';
import { nextMonth } from '../clock.js';
import type { Call, Handlers } from '../handler.js';
import { list } from '../handler.js';
import type { Subscription, SubscriptionItem } from '../state.js';
import { invalid } from '../stripe-failure.js';
import { isLocated, locationInvalid } from '../billing/tax.js';
import { nulls } from '../world.js';
import type { World } from '../world.js';
import type { Params } from '../wire/params.js';
import { priceView } from './catalogue.js';

function itemView(world: World, subscription: Subscription, item: SubscriptionItem): object {
  return {
    ...nulls('billing_thresholds current_trial tax_rates'), id: item.id, object: 'subscription_item', created: item.created, current_period_start: subscription.periodStart, current_period_end: subscription.periodEnd,
    discounts: [], metadata: item.metadata, plan: { object: 'plan', id: item.price }, price: priceView(world.prices.get(item.price)), subscription: subscription.id,
    ...(item.quantity === null ? {} : { quantity: item.quantity }),
  };
}

export function subscriptionView(world: World, row: Subscription): object {
  return {
    ...nulls(
      'application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at cancellation_details customer_account default_payment_method default_source description managed_payments ' +
        'next_pending_invoice_item_invoice on_behalf_of pause_collection payment_settings pending_invoice_item_interval pending_setup_intent pending_update transfer_data trial_end trial_settings trial_start',
    ),
    id: row.id, object: 'subscription', automatic_tax: { disabled_reason: row.taxDisabled ? 'requires_location_inputs' : null, enabled: row.automaticTax, liability: null }, billing_cycle_anchor: row.anchor,
    billing_mode: { flexible: row.mode === 'flexible' ? {} : null, type: row.mode }, billing_schedules: [], cancel_at_period_end: row.cancelAtPeriodEnd, canceled_at: row.canceledAt, collection_method: row.collection,
    created: row.created, currency: row.currency, customer: row.customer, days_until_due: row.daysUntilDue, discounts: [], ended_at: row.endedAt,
    invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: 'self' } },
    items: { object: 'list', data: row.items.map((item) => itemView(world, row, item)), has_more: false, url: `/v1/subscription_items?subscription=${row.id}` },
    latest_invoice: row.latestInvoice, livemode: false, metadata: row.metadata, schedule: row.schedule?.id ?? null, start_date: row.startDate, status: row.status, test_clock: world.customers.find(row.customer)?.testClock ?? null,
  };
}

export function newItem(world: World, params: Params): SubscriptionItem {
  const price = world.prices.get(params.text('price'), 'items[price]');
  if (!price.active) throw invalid('The price is inactive', 'items[price]', 'price_inactive');
  if (price.meter !== null && params.has('quantity')) throw invalid('A metered price takes no quantity', 'items[quantity]');
  const quantity = price.meter === null ? BigInt(params.optionalInteger('quantity') ?? 1) : null;
  return { id: world.subscriptionItems.newId(), created: world.now(), price: price.id, quantity, since: 0, metadata: params.metadata() };
}

interface Wanted {
  readonly customer: string;
  readonly items: readonly Params[];
  readonly anchor: number | null;
  readonly mode: 'flexible' | 'classic';
  readonly metadata: Readonly<Record<string, string>>;
  readonly automaticTax: boolean;
  readonly collection: Subscription['collection'];
  readonly daysUntilDue: number | null;
  readonly backdate: number | null;
}

export function subscribe(world: World, wanted: Wanted): Subscription {
  const customer = world.customers.get(wanted.customer, 'customer');
  if (customer.deleted) throw invalid(`No such customer: '${customer.id}'`, 'customer', 'resource_missing');
  if (wanted.automaticTax && world.rules.taxedSubscriptionNeedsLocation && !isLocated(customer.address)) throw locationInvalid('requires_location_inputs');
  const items = wanted.items.map((item) => newItem(world, item));
  if (items.length === 0) throw invalid('Missing required param: items.', 'items', 'parameter_missing');
  if (items.length > world.rules.subscriptionItemLimit) throw invalid(`At most ${world.rules.subscriptionItemLimit} items`, 'items');
  const now = world.now();
  if (wanted.anchor !== null && wanted.anchor < now) throw invalid('billing_cycle_anchor must be in the future', 'billing_cycle_anchor');
  const start = wanted.backdate ?? now;
  if (start > now) throw invalid('backdate_start_date must be in the past', 'backdate_start_date');
  const from = world.rules.backdatedSubscriptionCountsEarlierEvents ? start : now;
  const anchor = wanted.anchor ?? now;
  const subscription: Subscription = {
    id: world.subscriptions.newId(), created: now, customer: customer.id, currency: world.prices.get(items[0]!.price).currency, mode: wanted.mode, anchor, startDate: start, items, status: 'active',
    periodStart: from, periodEnd: anchor > now ? anchor : nextMonth(now), cancelAtPeriodEnd: false, canceledAt: null, endedAt: null, latestInvoice: null, automaticTax: wanted.automaticTax, taxDisabled: false,
    collection: wanted.collection, daysUntilDue: wanted.daysUntilDue, metadata: wanted.metadata, schedule: null,
  };
  world.subscriptions.add(subscription);
  world.emit('customer.subscription.created', subscriptionView(world, subscription));
  begin(world, subscription);
  return subscription;
}

function changeItems(world: World, subscription: Subscription, wanted: readonly Params[]): void {
  for (const params of wanted) {
    const id = params.optionalText('id');
    const item = id === null ? null : subscription.items.find((row) => row.id === id);
    if (item === undefined) throw invalid(`No such subscription item: '${id}'`, 'items[id]', 'resource_missing');
    const price = params.optionalText('price');
    if (item && (params.optionalBoolean('deleted') === true || (price !== null && price !== item.price))) {
      drop(world, subscription, item);
      subscription.items = subscription.items.filter((row) => row !== item);
    }
    if (price !== null && item?.price !== price) subscription.items.push({ ...newItem(world, params), since: world.now() });
  }
}

function update({ world, ids, params }: Call): object {
  const subscription = world.subscriptions.get(ids[0]!);
  if (subscription.status === 'canceled') throw invalid('A canceled subscription can only update its cancellation_details and metadata.', 'id');
  subscription.metadata = params.metadata(subscription.metadata);
  const taxed = params.inner('automatic_tax')?.optionalBoolean('enabled') ?? subscription.automaticTax;
  if (taxed && !subscription.automaticTax && world.rules.taxedSubscriptionNeedsLocation && !isLocated(world.customers.get(subscription.customer).address)) throw locationInvalid('requires_location_inputs');
  subscription.automaticTax = taxed;
  changeItems(world, subscription, params.list('items'));
  if (params.has('cancel_at_period_end')) {
    subscription.cancelAtPeriodEnd = params.optionalBoolean('cancel_at_period_end') ?? false;
    subscription.canceledAt = subscription.cancelAtPeriodEnd ? world.now() : null;
  }
  world.emit('customer.subscription.updated', subscriptionView(world, subscription));
  return subscriptionView(world, subscription);
}

export const subscriptions: Handlers = {
  'POST /v1/subscriptions': ({ world, params }) => {
    const subscription = subscribe(world, {
      customer: params.text('customer'), items: params.list('items'), anchor: params.optionalInteger('billing_cycle_anchor'), metadata: params.metadata(),
      mode: params.inner('billing_mode')?.choice('type', ['flexible', 'classic'], 'flexible') ?? 'flexible', automaticTax: params.inner('automatic_tax')?.optionalBoolean('enabled') ?? false,
      collection: params.choice('collection_method', ['charge_automatically', 'send_invoice'], 'charge_automatically'), daysUntilDue: params.optionalInteger('days_until_due'), backdate: params.optionalInteger('backdate_start_date'),
    });
    return subscriptionView(world, subscription);
  },
  'GET /v1/subscriptions/{id}': ({ world, ids }) => subscriptionView(world, world.subscriptions.get(ids[0]!)),
  'POST /v1/subscriptions/{id}': update,
  'DELETE /v1/subscriptions/{id}': ({ world, ids, params }) => {
    const subscription = world.subscriptions.get(ids[0]!);
    if (subscription.status === 'canceled') throw invalid(`No such subscription: '${subscription.id}'`, 'id', 'resource_missing');
    cancel(world, subscription, params.optionalBoolean('invoice_now') ?? false);
    world.emit('customer.subscription.deleted', subscriptionView(world, subscription));
    return subscriptionView(world, subscription);
  },
  'GET /v1/subscriptions': ({ world, params }) => {
    const [customer, status] = [params.optionalText('customer'), params.optionalText('status')];
    const fits = (row: Subscription): boolean => (customer === null || row.customer === customer) && (status === 'all' || (status === null ? row.status !== 'canceled' : row.status === status));
    return list('/v1/subscriptions', world.subscriptions.page(params.page(), fits), (row) => subscriptionView(world, row));
  },
};
