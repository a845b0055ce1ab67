import type { Handlers } from '../handler.js';
import { list } from '../handler.js';
import type { CheckoutSession, PortalConfiguration, SetupIntent } from '../state.js';
import { invalid } from '../stripe-failure.js';
import type { Address } from '../tax-state.js';
import { Params } from '../wire/params.js';
import { nulls } from '../world.js';
import type { World } from '../world.js';
import { addTaxId, customerView } from './customers.js';
import { subscribe } from './subscriptions.js';

const dayS = 86_400;

/** The address of the page is one of the double itself, so that a person can walk through it. */
export function checkoutView(session: CheckoutSession, base: string): object {
  return {
    ...nulls(
      'adaptive_pricing after_expiration allow_promotion_codes allowed_payment_method_types client_secret collected_information consent consent_collection currency_conversion ' +
        'customer_account customer_creation customer_details customer_email discounts integration_identifier invoice invoice_creation locale managed_payments origin_context payment_intent payment_link ' +
        'payment_method_collection payment_method_configuration_details payment_method_options permissions recovered_from saved_payment_method_options shipping_address_collection shipping_cost submit_type ' +
        'total_details wallet_options amount_subtotal amount_total',
    ),
    id: session.id, object: 'checkout.session', automatic_tax: { enabled: session.automaticTax, liability: null, provider: null, status: null }, cancel_url: session.cancelUrl,
    billing_address_collection: session.collectsAddress ? 'required' : null, tax_id_collection: { enabled: session.collectsTaxIds, required: 'never' }, client_reference_id: session.clientReference, created: session.created, currency: session.currency, custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null }, customer: session.customer, expires_at: session.created + dayS, livemode: false,
    metadata: session.metadata, mode: session.mode, payment_method_types: ['card'], payment_status: session.mode === 'setup' ? 'no_payment_required' : session.status === 'complete' ? 'paid' : 'unpaid', shipping_options: [], status: session.status,
    setup_intent: session.setupIntent, subscription: session.subscription, success_url: session.successUrl, ui_mode: 'hosted_page', url: session.status === 'open' ? `${base}/_control/checkout/${session.id}` : null,
  };
}

/** What a person gives on Stripe's page. */
export interface Given {
  readonly card: 'good' | 'declined';
  readonly address?: Address | null;
  /** `DE123456789` */
  readonly vatId?: string | null;
}

/** The person gives a card, where and who they are if they are asked, and agrees. */
export function completeCheckout(world: World, id: string, { card, address = null, vatId = null }: Given, base: string): CheckoutSession {
  const session = world.checkouts.get(id);
  if (session.status !== 'open') throw invalid(`The session is ${session.status}`, 'id');
  session.status = 'complete';
  const customer = world.customers.get(session.customer);
  if (session.collectsAddress && (session.mode !== 'setup' || world.rules.setupModeSavesAddress)) customer.address = address ?? customer.address;
  if (session.collectsTaxIds && vatId !== null && (session.mode !== 'setup' || world.rules.setupModeSavesTaxIds)) addTaxId(world, customer, 'eu_vat', vatId);
  if (session.mode === 'setup') {
    session.setupIntent = world.setupIntents.add({ id: world.setupIntents.newId(), created: world.now(), customer: session.customer, card, address: session.collectsAddress ? address : null }).id;
  } else {
    world.customers.get(session.customer).card = card;
    world.emit('customer.updated', customerView(world.customers.get(session.customer)));
  }
  if (session.mode === 'subscription') {
    const anchor = session.anchor !== null && session.anchor > world.now() ? session.anchor : null;
    const items = session.prices.map((price) => new Params({ price }));
    session.subscription = subscribe(world, {
      customer: session.customer, items, anchor, mode: session.flexible ? 'flexible' : 'classic', metadata: session.subscriptionMetadata, automaticTax: session.automaticTax,
      collection: 'charge_automatically', daysUntilDue: null, backdate: null,
    }).id;
  }
  world.emit('checkout.session.completed', checkoutView(session, base));
  return session;
}

function configurationView({ id, created, updates, metadata }: PortalConfiguration): object {
  return {
    ...nulls('application default_return_url name'), id, object: 'billing_portal.configuration', active: true, business_profile: nulls('headline privacy_policy_url terms_of_service_url'), created, is_default: false, livemode: false,
    login_page: { enabled: false, url: null }, metadata, updated: created,
    features: {
      customer_update: { allowed_updates: updates, enabled: updates.length > 0 }, invoice_history: { enabled: true }, payment_method_update: { enabled: true, payment_method_configuration: null },
      subscription_cancel: { cancellation_reason: { enabled: false, feedback_options: null, options: [] }, enabled: false, mode: 'at_period_end', proration_behavior: 'none' }, subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
      subscription_update: { billing_cycle_anchor: 'unchanged', default_allowed_updates: [], enabled: false, proration_behavior: 'none', schedule_at_period_end: { conditions: [] }, trial_update_behavior: 'end_trial' },
    },
  };
}

function methodView({ created, customer, address }: SetupIntent, id: string): object {
  return {
    ...nulls('customer_account'), id, object: 'payment_method', created, customer, livemode: false, metadata: {}, type: 'card',
    billing_details: { ...nulls('email name phone tax_id'), address: address ?? nulls('city country line1 line2 postal_code state') },
  };
}

export const checkout: Handlers = {
  'POST /v1/checkout/sessions': ({ world, params, base }) => {
    const customer = world.customers.get(params.text('customer'), 'customer').id;
    const items = params.list('line_items').map((item) => {
      const price = world.prices.get(item.text('price'), 'line_items[price]');
      if (price.meter !== null && item.has('quantity')) throw invalid('A metered price takes no quantity', 'line_items[quantity]');
      return price.id;
    });
    const data = params.inner('subscription_data');
    const taxed = params.inner('automatic_tax')?.optionalBoolean('enabled') ?? false;
    if (taxed && params.optionalText('mode') === 'setup' && !world.rules.setupModeTakesAutomaticTax) throw invalid('You cannot set `automatic_tax[enabled]=true` in `setup` mode.', 'automatic_tax');
    const session: CheckoutSession = {
      id: world.checkouts.newId(), created: world.now(), mode: params.choice('mode', ['subscription', 'setup'], 'subscription'), customer, prices: items,
      currency: params.optionalText('currency') ?? (items[0] === undefined ? 'usd' : world.prices.get(items[0]).currency), anchor: data?.optionalInteger('billing_cycle_anchor') ?? null,
      flexible: data?.inner('billing_mode')?.optionalText('type') !== 'classic', successUrl: params.optionalText('success_url'), cancelUrl: params.optionalText('cancel_url'),
      clientReference: params.optionalText('client_reference_id'), automaticTax: taxed, collectsAddress: params.optionalText('billing_address_collection') === 'required',
      collectsTaxIds: params.inner('tax_id_collection')?.optionalBoolean('enabled') ?? false, metadata: params.metadata(),
      subscriptionMetadata: data?.metadata() ?? {}, status: 'open', subscription: null, setupIntent: null,
    };
    if (session.mode === 'subscription' && items.length === 0) throw invalid('Missing required param: line_items.', 'line_items', 'parameter_missing');
    return checkoutView(world.checkouts.add(session), base);
  },
  'GET /v1/checkout/sessions/{id}': ({ world, ids, base }) => checkoutView(world.checkouts.get(ids[0]!), base),
  'GET /v1/checkout/sessions': ({ world, params, base }) => list('/v1/checkout/sessions', world.checkouts.page(params.page()), (row) => checkoutView(row, base)),
  'POST /v1/checkout/sessions/{id}/expire': ({ world, ids, base }) => {
    const session = world.checkouts.get(ids[0]!);
    if (session.status !== 'open') throw invalid(`The session is ${session.status}`, 'id');
    session.status = 'expired';
    world.emit('checkout.session.expired', checkoutView(session, base));
    return checkoutView(session, base);
  },
  'GET /v1/setup_intents/{id}': ({ world, ids, params }) => {
    const row = world.setupIntents.get(ids[0]!);
    const method = row.card === 'good' ? 'pm_card_visa' : 'pm_card_chargeCustomerFail';
    return {
      ...nulls(
        'allowed_payment_method_types application automatic_payment_methods cancellation_reason client_secret description excluded_payment_method_types last_setup_error latest_attempt mandate metadata next_action ' +
          'on_behalf_of payment_method_configuration_details payment_method_options single_use_mandate',
      ),
      id: row.id, object: 'setup_intent', created: row.created, customer: row.customer, livemode: false, payment_method: params.texts('expand').includes('payment_method') ? methodView(row, method) : method,
      payment_method_types: ['card'], status: 'succeeded', usage: 'off_session',
    };
  },
  'POST /v1/billing_portal/configurations': ({ world, params }) => {
    const updates = params.inner('features')?.inner('customer_update')?.texts('allowed_updates') ?? [];
    return configurationView(world.portalConfigurations.add({ id: world.portalConfigurations.newId(), created: world.now(), updates, metadata: params.metadata() }));
  },
  'GET /v1/billing_portal/configurations': ({ world, params }) => list('/v1/billing_portal/configurations', world.portalConfigurations.page(params.page()), configurationView),
  'POST /v1/billing_portal/sessions': ({ world, params, base }) => {
    const customer = world.customers.get(params.text('customer'), 'customer').id;
    const configuration = params.optionalText('configuration');
    if (configuration !== null) world.portalConfigurations.get(configuration, 'configuration');
    const row = world.portals.add({ id: world.portals.newId(), created: world.now(), customer, returnUrl: params.optionalText('return_url'), configuration: configuration ?? 'bpc_double' });
    return {
      ...nulls('customer_account flow locale on_behalf_of'), id: row.id, object: 'billing_portal.session', configuration: row.configuration, created: row.created, customer, livemode: false, return_url: row.returnUrl,
      url: `${base}/_control/portal/${customer}`,
    };
  },
};
