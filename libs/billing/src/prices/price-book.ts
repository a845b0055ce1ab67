import type { PriceBookId, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { exponentOf } from '../money/currency.js';
import type { Currency } from '../money/currency.js';
import { checkPrice } from '../rating/price.js';
import type { Price } from '../rating/price.js';

/** How a price list bills: which meters it prices, and whether it asks for a base fee or a minimum (billing.md §5). */
export const billingModels = ['simple', 'metered', 'routed', 'flat', 'committed'] as const;
export type BillingModel = (typeof billingModels)[number];

export interface Terms {
  /** Every period, used or not. */
  readonly baseFeeCents: bigint;
  /** Least a period costs, base fee included; what is missing is a line of its own (true-up). */
  readonly minimumCents: bigint;
  /** Usage of every period that the base fee pays already. */
  readonly includedCreditCents: bigint;
}

export interface PriceBook {
  readonly id: PriceBookId;
  /** Null: for everyone. */
  readonly tenantId: TenantId | null;
  readonly name: string;
  readonly version: number;
  readonly currency: Currency;
  readonly model: BillingModel;
  readonly terms: Terms;
  readonly prices: readonly Price[];
}

const largestTermCents = 10n ** 12n;

/** Fails with `price_book_invalid`, `price_tiers_invalid` or `currency_unknown`. */
export function checkPriceBook({ name, currency, terms, prices }: PriceBook): void {
  const refuse = (reason: string): never => {
    throw new WaybillError('price_book_invalid', { reason });
  };
  exponentOf(currency);
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) refuse('its name is not made of a-z, 0-9 and "-"');
  for (const [term, cents] of Object.entries(terms) as [string, bigint][]) {
    if (cents < 0n || cents > largestTermCents) refuse(`${term} is out of range`);
  }
  const seen = new Set<string>();
  for (const price of prices) {
    checkPrice(price);
    const key = `${price.dimension} ${price.cause}`;
    if (seen.has(key)) refuse(`${key.trim()} has two prices`);
    seen.add(key);
  }
  for (const { dimension, cause } of prices) {
    if (cause !== '' && !seen.has(`${dimension} `)) refuse(`${dimension} has a price for ${cause} alone`);
  }
}
