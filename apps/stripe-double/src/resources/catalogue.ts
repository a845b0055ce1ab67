import type { Handlers } from '../handler.js';
import { list } from '../handler.js';
import { rateView } from '../billing/tax.js';
import { fraction } from '../pricing.js';
import type { Tier } from '../pricing.js';
import type { Price, Product } from '../state.js';
import { invalid } from '../stripe-failure.js';
import type { Params } from '../wire/params.js';
import { nulls } from '../world.js';

export function productView({ id, created, name, active, description, metadata }: Product): object {
  return {
    ...nulls('package_dimensions shippable tax_details url default_price'), id, object: 'product', active, created, description, images: [], livemode: false,
    marketing_features: [], metadata, name, type: 'service', updated: created,
  };
}

export function priceView(price: Price, withTiers = false): object {
  const { id, created, product, currency, meter, active, lookupKey, nickname, metadata, scheme, tiersMode, unitAmount, recurring } = price;
  return {
    ...nulls('custom_unit_amount transform_quantity'), id, object: 'price', active, billing_scheme: scheme, created, currency, livemode: false, lookup_key: lookupKey, nickname, metadata, product,
    recurring: recurring ? { interval: 'month', interval_count: 1, meter, trial_period_days: null, usage_type: meter === null ? 'licensed' : 'metered' } : null,
    tax_behavior: price.taxBehavior, tiers_mode: tiersMode, type: recurring ? 'recurring' : 'one_time', unit_amount: wholeCents(unitAmount), unit_amount_decimal: unitAmount,
    ...(withTiers && scheme === 'tiered' ? { tiers: price.tiers.map(tierView) } : {}),
  };
}

function tierView({ upTo, unitAmount, flatAmount }: Tier): object {
  return { flat_amount: wholeCents(flatAmount), flat_amount_decimal: flatAmount, unit_amount: wholeCents(unitAmount), unit_amount_decimal: unitAmount, up_to: upTo };
}

const taxBehaviors = ['unspecified', 'exclusive', 'inclusive'] as const;

function wholeCents(decimal: string | null): bigint | null {
  if (decimal === null) return null;
  const { n, d } = fraction(decimal);
  return n % d === 0n ? n / d : null;
}

function unitOf(params: Params, name: 'unit_amount' | 'flat_amount'): string | null {
  const whole = params.optionalAmount(name);
  return whole === null ? params.optionalDecimal(`${name}_decimal`) : String(whole);
}

function readTiers(params: Params): Tier[] {
  const tiers = params.list('tiers').map((tier): Tier => {
    const upTo = tier.text('up_to');
    return { upTo: upTo === 'inf' ? null : BigInt(tier.integer('up_to')), unitAmount: unitOf(tier, 'unit_amount'), flatAmount: unitOf(tier, 'flat_amount') };
  });
  if (tiers.at(-1)?.upTo !== null) throw invalid('The last tier must have up_to=inf', 'tiers');
  if (tiers.some(({ upTo }, i) => i > 0 && (tiers[i - 1]!.upTo === null || (upTo !== null && upTo <= tiers[i - 1]!.upTo!)))) throw invalid('Tiers must rise', 'tiers');
  return tiers;
}

export const catalogue: Handlers = {
  'POST /v1/products': ({ world, params }) => {
    const id = params.optionalText('id') ?? world.products.newId();
    if (world.products.find(id)) throw invalid(`Product already exists: '${id}'`, 'id', 'resource_already_exists');
    return productView(world.products.add({ id, created: world.now(), name: params.text('name'), active: true, description: params.optionalText('description'), metadata: params.metadata() }));
  },
  'GET /v1/products/{id}': ({ world, ids }) => productView(world.products.get(ids[0]!)),
  'POST /v1/products/{id}': ({ world, ids, params }) => {
    const product = world.products.get(ids[0]!);
    product.name = params.optionalText('name') ?? product.name;
    product.active = params.optionalBoolean('active') ?? product.active;
    product.metadata = params.metadata(product.metadata);
    return productView(product);
  },
  'GET /v1/products': ({ world, params }) => list('/v1/products', world.products.page(params.page()), productView),
  'POST /v1/prices': ({ world, params }) => {
    const product = world.products.get(params.text('product'), 'product').id;
    const recurring = params.inner('recurring');
    const meter = recurring?.optionalText('meter') ?? null;
    if (meter !== null && !world.meters.get(meter, 'recurring[meter]').active) throw invalid('The meter is inactive', 'recurring[meter]');
    const scheme = params.choice('billing_scheme', ['per_unit', 'tiered'], 'per_unit');
    if (scheme === 'tiered' && params.has('transform_quantity')) throw invalid('transform_quantity cannot be combined with tiers', 'transform_quantity');
    const lookupKey = params.optionalText('lookup_key');
    const taken = lookupKey !== null && world.prices.all().find((row) => row.lookupKey === lookupKey);
    if (taken && params.optionalBoolean('transfer_lookup_key') !== true) throw invalid(`A price (\`${taken.id}\`) already uses that lookup key.`, 'lookup_key');
    if (taken) taken.lookupKey = null;
    const tiers = scheme === 'tiered' ? readTiers(params) : [];
    const unitAmount = scheme === 'tiered' ? null : unitOf(params, 'unit_amount');
    if (scheme === 'per_unit' && unitAmount === null) throw invalid('Missing required param: unit_amount.', 'unit_amount', 'parameter_missing');
    const price: Price = {
      id: world.prices.newId(), created: world.now(), product, currency: params.text('currency'), meter, recurring: recurring !== null, active: true, lookupKey,
      nickname: params.optionalText('nickname'), metadata: params.metadata(), scheme, unitAmount, tiers, taxBehavior: params.choice('tax_behavior', taxBehaviors, 'unspecified'),
      tiersMode: scheme === 'tiered' ? params.choice('tiers_mode', ['graduated', 'volume'], 'graduated') : null,
    };
    return priceView(world.prices.add(price), true);
  },
  'GET /v1/prices/{id}': ({ world, ids, params }) => priceView(world.prices.get(ids[0]!), params.texts('expand').includes('tiers')),
  'POST /v1/prices/{id}': ({ world, ids, params }) => {
    const price = world.prices.get(ids[0]!);
    price.active = params.optionalBoolean('active') ?? price.active;
    price.nickname = params.optionalText('nickname') ?? price.nickname;
    const behavior = params.choice('tax_behavior', taxBehaviors, price.taxBehavior);
    // Once it is exclusive or inclusive it stays so (docs.stripe.com/api/prices/update#update_price-tax_behavior).
    if (behavior !== price.taxBehavior && price.taxBehavior !== 'unspecified') throw invalid('The tax_behavior of a price cannot be changed once it is set', 'tax_behavior');
    price.taxBehavior = behavior;
    price.metadata = params.metadata(price.metadata);
    return priceView(price);
  },
  'GET /v1/tax_rates/{id}': ({ world, ids }) => rateView(world, ids[0]!),
  'GET /v1/prices': ({ world, params }) => {
    const keys = params.texts('lookup_keys');
    const active = params.optionalBoolean('active');
    const fits = (row: Price): boolean => (keys.length === 0 || keys.includes(row.lookupKey ?? '')) && (active === null || row.active === active);
    return list('/v1/prices', world.prices.page(params.page(), fits), (row) => priceView(row, params.texts('expand').includes('data.tiers')));
  },
};
