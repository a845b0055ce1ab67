import { createHash } from 'node:crypto';
import type { Dimension } from '../dimensions.js';

/** What a publish costs: for the price in its receipt (billing.md §5). */
export interface PublishedPrice {
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** Digits of the currency's minor unit; 2 when it is left out. */
  readonly minorDigits?: number | undefined;
  /** Price of one unit in 10^-12 of the minor unit (cent), before free tiers; a dimension left out costs nothing. */
  readonly unitPriceE12: Readonly<Partial<Record<Dimension, string>>>;
}

/** Dimensions a publish can be refused for before it happens. */
export const quotaDimensions = ['mq_messages', 'mq_kib_in', 'mq_exchange_passes', 'mq_queue_passes'] as const;
export type QuotaDimension = (typeof quotaDimensions)[number];

/**
 * Whether a namespace may publish. `spend_cap`: refused with `spend_cap_reached`. `quota_used`: refused with
 * `quota_exceeded`, for what no publish can be measured by beforehand (delivery, pushes, minutes, archive). `quota`: the
 * script that accepts a publish compares and counts, so the limit of the calendar month (UTC) is exact. `overdue`: refused
 * with `payment_overdue`; `overdue_shut`: receiving and pushing as well.
 */
export type PublishGateState =
  | { readonly kind: 'open' }
  | { readonly kind: 'spend_cap' }
  | { readonly kind: 'quota_used' }
  | { readonly kind: 'overdue' | 'overdue_shut' }
  | { readonly kind: 'quota'; readonly limits: Readonly<Partial<Record<QuotaDimension, string>>> };

/** A quota as the script that accepts publishes has it. */
export interface QuotaState {
  /** Null: no quota is in force. A dimension left out has no limit. */
  readonly limits: Readonly<Partial<Record<QuotaDimension, bigint>>> | null;
  /** This month (UTC); none when it counts none. */
  readonly used: Readonly<Partial<Record<QuotaDimension, bigint>>>;
}

/** As libs/broker/src/redis/lua/gate.lua reads it: fields of the topology hash of the namespace; '' means that there is none. */
export interface WrittenTerms {
  /** JSON: {"version", "currency", "minorDigits", "unitPriceE12"}, for gateways. */
  readonly price: string;
  /** '', `cap`, `stop`, `overdue`, `shut` or `quota`. */
  readonly gate: string;
  /** Of `quota`: four limits in the order of `quotaDimensions`, separated by spaces; `-` for none. */
  readonly limits: string;
}

const gateWords = { open: '', spend_cap: 'cap', quota_used: 'stop', quota: 'quota', overdue: 'overdue', overdue_shut: 'shut' } as const;
const decimal = /^(0|[1-9]\d{0,17})$/;

/** Throws a plain Error on a price or a limit that is not a whole number of at most 18 digits: a fault of ours, not of a customer. */
export function writeTerms(version: bigint, price: PublishedPrice | null, gate: PublishGateState | null): WrittenTerms {
  for (const [dimension, unit] of Object.entries(price?.unitPriceE12 ?? {})) if (!decimal.test(unit)) throw new Error(`price of ${dimension} is not a whole number: ${unit}`);
  if (price && !/^[A-Z]{3}$/.test(price.currency)) throw new Error(`not a currency: ${price.currency}`);
  const limits = gate?.kind === 'quota' ? gate.limits : undefined;
  for (const [dimension, limit] of Object.entries(limits ?? {})) if (!decimal.test(limit)) throw new Error(`quota of ${dimension} is not a whole number: ${limit}`);
  return {
    price: price === null ? '' : JSON.stringify({ version: priceVersion(price, version), currency: price.currency, minorDigits: price.minorDigits ?? 2, unitPriceE12: price.unitPriceE12 }),
    gate: gateWords[gate?.kind ?? 'open'],
    limits: limits === undefined ? '' : quotaDimensions.map((dimension) => limits[dimension] ?? '-').join(' '),
  };
}

/** Changes with the content, so that gateways need not read again what they know. */
function priceVersion(price: PublishedPrice, version: bigint): string {
  return `${version}-${createHash('sha256').update(JSON.stringify(price)).digest('hex').slice(0, 8)}`;
}
