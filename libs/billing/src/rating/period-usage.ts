import { isDimension } from '@waybill/metering';
import type { LedgerTotal } from '@waybill/metering';
import { WaybillError } from '@waybill/kernel';
import { meters } from '../prices/meters.js';
import type { PriceBook } from '../prices/price-book.js';
import type { Price } from './price.js';

/** Everything of a period that one price is for. */
export interface PricedUsage {
  readonly price: Price;
  readonly quantity: bigint;
  /** By queue, exchange or namespace, in the order namespace, resource. */
  readonly parts: readonly UsagePart[];
}

export interface UsagePart {
  readonly namespaceId: string;
  readonly resourceId: string;
  readonly quantity: bigint;
}

const order = new Map(meters.map((dimension, index) => [dimension, index]));
/** Bytes, not a language's idea of letters: the same on every machine. */
export const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Counted for people to look at; no price list ever names it. */
function isDiagnostic(dimension: string): boolean {
  return isDimension(dimension) && !order.has(dimension);
}

/** The price a unit falls under: that of its cause, else the one for all causes. Fails with `price_unknown`. */
export function priceFor(book: PriceBook, dimension: string, cause: string): Price {
  const price = book.prices.find((each) => each.dimension === dimension && each.cause === cause) ?? book.prices.find((each) => each.dimension === dimension && each.cause === '');
  if (price === undefined) throw new WaybillError('price_unknown', { priceBook: book.id, dimension });
  return price;
}

/** Adds totals up by price, as they stream in; memory grows with the number of resources, not of hours. */
export class PeriodUsage {
  readonly #parts = new Map<Price, Map<string, { namespaceId: string; resourceId: string; quantity: bigint }>>();
  readonly #prices = new Map<string, Price>();

  constructor(private readonly book: PriceBook) {}

  /** Fails with `price_unknown` for a unit that the book does not price. */
  add({ namespaceId, dimension, cause, resourceId, quantity }: LedgerTotal): void {
    if (quantity === 0n || isDiagnostic(dimension)) return;
    const parts = this.#partsOf(dimension, cause);
    const key = `${namespaceId}|${resourceId}`;
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { namespaceId, resourceId, quantity });
    else part.quantity += quantity;
  }

  /** One for every price of the book, used or not, in the order of the invoice. */
  priced(): PricedUsage[] {
    const prices = [...this.book.prices].sort((a, b) => (order.get(a.dimension) ?? 99) - (order.get(b.dimension) ?? 99) || byBytes(a.dimension, b.dimension) || byBytes(a.cause, b.cause));
    return prices.map((price) => {
      const parts = [...(this.#parts.get(price)?.values() ?? [])].sort((a, b) => byBytes(a.namespaceId, b.namespaceId) || byBytes(a.resourceId, b.resourceId));
      return { price, parts, quantity: parts.reduce((sum, part) => sum + part.quantity, 0n) };
    });
  }

  #partsOf(dimension: string, cause: string): Map<string, { namespaceId: string; resourceId: string; quantity: bigint }> {
    const key = `${dimension}|${cause}`;
    let price = this.#prices.get(key);
    if (price === undefined) this.#prices.set(key, (price = priceFor(this.book, dimension, cause)));
    let parts = this.#parts.get(price);
    if (parts === undefined) this.#parts.set(price, (parts = new Map()));
    return parts;
  }
}

/** Meters that a book bills; for texts of plans. */
export function billedMeters(book: PriceBook): string[] {
  return book.prices.filter(({ tiers }) => tiers.some(({ unitE12, flatE12 }) => unitE12 > 0n || flatE12 > 0n)).map(({ dimension }) => dimension);
}

