import { nextMonth } from '../clock.js';
import type { Handlers } from '../handler.js';
import type { Subscription, SubscriptionItem } from '../state.js';
import { invalid, notPlayed } from '../stripe-failure.js';
import { nulls } from '../world.js';
import type { World } from '../world.js';
import { newItem } from './subscriptions.js';

function phase(subscription: Subscription, items: readonly SubscriptionItem[], start: number, end: number, metadata: object): object {
  return {
    ...nulls('application_fee_percent billing_cycle_anchor billing_thresholds collection_method default_payment_method description invoice_settings on_behalf_of transfer_data trial_end'), add_invoice_items: [],
    currency: subscription.currency, discounts: [], start_date: start, end_date: end, metadata, proration_behavior: 'none',
    items: items.map(({ price, metadata: own }) => ({ billing_thresholds: null, discounts: [], metadata: own, plan: price, price })),
  };
}

function view(subscription: Subscription, schedule: { readonly id: string; readonly created: number }, status: 'active' | 'released', next: NonNullable<Subscription['schedule']>['next']): object {
  const { periodStart, periodEnd, items, metadata } = subscription;
  return {
    ...nulls('application canceled_at completed_at customer_account released_at released_subscription test_clock'), id: schedule.id, object: 'subscription_schedule',
    billing_mode: { flexible: subscription.mode === 'flexible' ? {} : null, type: subscription.mode }, created: schedule.created, current_phase: { start_date: periodStart, end_date: periodEnd },
    customer: subscription.customer, end_behavior: 'release', livemode: false, metadata: {}, pause_schedules: [], status, subscription: subscription.id,
    default_settings: {
      ...nulls('application_fee_percent billing_thresholds collection_method default_payment_method description on_behalf_of transfer_data'), billing_cycle_anchor: 'automatic',
      invoice_settings: { ...nulls('account_tax_ids custom_fields days_until_due description footer'), issuer: { type: 'self' } },
    },
    phases: [phase(subscription, items, periodStart, periodEnd, metadata), ...(next === null ? [] : [phase(subscription, next.items, periodEnd, nextMonth(periodEnd), next.metadata)])],
  };
}

function scheduled(world: World, id: string): Subscription & { schedule: NonNullable<Subscription['schedule']> } {
  const subscription = world.subscriptions.get(world.schedules.get(id).subscription);
  if (subscription.schedule?.id !== id) throw invalid('The schedule was released', 'id');
  return subscription as Subscription & { schedule: NonNullable<Subscription['schedule']> };
}

/** Schedules with the running phase and one that follows at the end of the period. Others are not played. */
export const schedules: Handlers = {
  'POST /v1/subscription_schedules': ({ world, params }) => {
    const subscription = world.subscriptions.get(params.text('from_subscription'), 'from_subscription');
    if (subscription.schedule !== null) throw invalid('The subscription is already attached to a schedule', 'from_subscription');
    const { id } = world.schedules.add({ id: world.schedules.newId(), subscription: subscription.id });
    subscription.schedule = { id, created: world.now(), next: null };
    return view(subscription, subscription.schedule, 'active', null);
  },
  'GET /v1/subscription_schedules/{id}': ({ world, ids }) => {
    const subscription = scheduled(world, ids[0]!);
    return view(subscription, subscription.schedule, 'active', subscription.schedule.next);
  },
  'POST /v1/subscription_schedules/{id}': ({ world, ids, params }) => {
    const subscription = scheduled(world, ids[0]!);
    const phases = params.list('phases');
    if (phases.length !== 2 || phases[1]!.integer('start_date') !== subscription.periodEnd) throw notPlayed('schedules with other phases than the running one and one from the end of the period');
    subscription.schedule.next = { items: phases[1]!.list('items').map((item) => newItem(world, item)), metadata: phases[1]!.metadata() };
    return view(subscription, subscription.schedule, 'active', subscription.schedule.next);
  },
  'POST /v1/subscription_schedules/{id}/release': ({ world, ids }) => {
    const subscription = scheduled(world, ids[0]!);
    const { schedule } = subscription;
    (subscription as Subscription).schedule = null;
    return view(subscription, schedule, 'released', null);
  },
};
