import type Stripe from 'stripe';
import { WaybillError } from '@waybill/kernel';
import { formatE12 } from '../../money/amount.js';
import { meters, meterText } from '../../prices/meters.js';
import type { PriceBook } from '../../prices/price-book.js';
import type { Price, Tier } from '../../rating/price.js';
import { isFreePrice } from '../../rating/rate.js';
import type { StripeCatalogueStore } from './stripe-catalogue.store.js';

/** A meter counts one number per customer; its event name is the dimension. */
const valueKey = 'value';
export const customerKey = 'stripe_customer_id';

/**
 * Our meters, products and prices at Stripe. Everything has a key of ours (event name, product id, lookup key), so that
 * a sync that was cut off finds what it made and goes on. A price is never changed: a book's next version has prices of
 * its own.
 */
export class CatalogueSync {
  constructor(
    private readonly stripe: Stripe,
    private readonly store: StripeCatalogueStore,
    /** Automatic tax takes no price that does not say how it stands to tax; a price book is before tax. */
    private readonly isTaxed: boolean,
  ) {}

  /** Meter ids by event name; makes those that are missing. */
  async meters(): Promise<ReadonlyMap<string, string>> {
    const known = await this.store.meters();
    if (meters.every((name) => known.has(name))) return known;
    for await (const { id, event_name: name } of this.stripe.billing.meters.list({ status: 'active', limit: 100 })) {
      if (meters.includes(name)) await this.store.addMeter(name, id);
    }
    const found = await this.store.meters();
    for (const name of meters.filter((meter) => !found.has(meter))) {
      const made = await this.stripe.billing.meters.create(
        {
          display_name: meterText(name).description, event_name: name, default_aggregation: { formula: 'sum' }, event_time_window: 'hour',
          customer_mapping: { type: 'by_id', event_payload_key: customerKey }, value_settings: { event_payload_key: valueKey },
        },
        { idempotencyKey: `waybill-meter-${name}` },
      );
      await this.store.addMeter(name, made.id);
    }
    return this.store.meters();
  }

  /**
   * Stripe price ids of what a book bills, by dimension; a book that bills no meter has them all, because a subscription needs an item.
   * Fails with `price_book_invalid` for a book that Stripe's meters cannot bill.
   */
  async prices(book: PriceBook): Promise<ReadonlyMap<string, string>> {
    const charging = book.prices.filter((price) => !isFreePrice(price));
    const billed = charging.length === 0 ? book.prices : charging;
    const ids = async () => new Map([...(await this.store.prices(book.id))].filter(([of]) => billed.some(({ dimension }) => dimension === of)));
    const known = await ids();
    const missing = billed.filter(({ dimension }) => !known.has(dimension));
    if (missing.length === 0) return known;
    if (book.prices.some(({ cause }) => cause !== '')) throw new WaybillError('price_book_invalid', { reason: 'a price by cause has no meter at Stripe' });
    const meterIds = await this.meters();
    for (const price of missing) await this.store.addPrice(book.id, price.dimension, await this.#price(book, price, meterIds.get(price.dimension)!));
    return ids();
  }

  /** Prices of a book made before tax was turned on learn that tax comes on top of them. Repeating it is harmless. */
  async exclusive(book: PriceBook): Promise<void> {
    for (const id of (await this.prices(book)).values()) {
      if ((await this.stripe.prices.retrieve(id)).tax_behavior === 'unspecified') await this.stripe.prices.update(id, { tax_behavior: 'exclusive' });
    }
  }

  async #price(book: PriceBook, price: Price, meter: string): Promise<string> {
    const lookupKey = `${book.id}:${price.dimension}`;
    const [found] = (await this.stripe.prices.list({ lookup_keys: [lookupKey], limit: 1 })).data;
    if (found) return found.id;
    const product = await this.#product(price.dimension);
    const { description } = meterText(price.dimension);
    const made = await this.stripe.prices.create(
      {
        product, currency: book.currency.toLowerCase(), nickname: description, lookup_key: lookupKey, recurring: { interval: 'month', usage_type: 'metered', meter },
        metadata: { waybill_price_book: book.id, waybill_dimension: price.dimension }, ...(this.isTaxed ? { tax_behavior: 'exclusive' } : {}), ...schemeOf(price),
      },
      { idempotencyKey: `waybill-price-${lookupKey}${this.isTaxed ? '-taxed' : ''}` },
    );
    return made.id;
  }

  async #product(dimension: string): Promise<string> {
    const id = `waybill_${dimension}`;
    const { description } = meterText(dimension);
    try {
      await this.stripe.products.retrieve(id);
    } catch (error) {
      if ((error as { code?: string }).code !== 'resource_missing') throw error;
      await this.stripe.products.create({ id, name: description }, { idempotencyKey: `waybill-product-${dimension}` });
    }
    return id;
  }
}

/** `Stripe.Decimal` travels as its text; at most twelve decimals, as our own amounts have. */
const decimal = (amountE12: bigint): Stripe.Decimal => formatE12(amountE12) as unknown as Stripe.Decimal;

function schemeOf({ kind, tiers }: Price): Partial<Stripe.PriceCreateParams> {
  const [only] = tiers;
  if (tiers.length === 1 && only!.flatE12 === 0n) return { billing_scheme: 'per_unit', unit_amount_decimal: decimal(only!.unitE12) };
  const tier = ({ upTo, unitE12, flatE12 }: Tier): Stripe.PriceCreateParams.Tier => ({
    up_to: upTo === null ? 'inf' : Number(upTo), unit_amount_decimal: decimal(unitE12), ...(flatE12 === 0n ? {} : { flat_amount_decimal: decimal(flatE12) }),
  });
  return { billing_scheme: 'tiered', tiers_mode: kind === 'volume' ? 'volume' : 'graduated', tiers: tiers.map(tier) };
}
