import type { PriceBookId } from '@waybill/kernel';
import { free, metered } from '../rating/price.js';
import type { Price } from '../rating/price.js';
import { messageUnits, meters } from './meters.js';
import type { BillingModel, PriceBook, Terms } from './price-book.js';

/** Unit price in 10^-12 cent and units free per month; figures of billing.md §5, placeholders for finance to sign. */
const listPrices: Readonly<Record<string, { unitE12: bigint; free: bigint }>> = {
  mq_messages: { unitE12: 40_000_000n, free: 1_000_000n },
  mq_kib_in: { unitE12: 5_000_000n, free: 1_048_576n },
  mq_exchange_passes: { unitE12: 5_000_000n, free: 1_000_000n },
  mq_queue_passes: { unitE12: 20_000_000n, free: 2_000_000n },
  mq_kib_out: { unitE12: 5_000_000n, free: 1_048_576n },
  mq_push_attempts: { unitE12: 300_000_000n, free: 50_000n },
  mq_queue_minutes: { unitE12: 1_000_000_000n, free: 892_800n },
  mq_exchange_minutes: { unitE12: 500_000_000n, free: 446_400n },
  mq_archive_mib_hours: { unitE12: 13_671_875n, free: 761_856n },
  [messageUnits]: { unitE12: 60_000_000n, free: 1_000_000n },
};

/** Every meter named gets its list price, every other one a price of none. */
function pricing(dimensions: readonly string[], priced: (dimension: string) => Price = listed): Price[] {
  return meters.map((dimension) => (dimensions.includes(dimension) ? priced(dimension) : free(dimension)));
}

function listed(dimension: string): Price {
  const { unitE12, free: units } = listPrices[dimension]!;
  return metered(dimension, unitE12, units);
}

/** The more, the less a unit costs: all of it at the price of the tier the month ends in. */
function byVolume(dimension: string): Price {
  const { unitE12 } = listPrices[dimension]!;
  const at = (upTo: bigint | null, percent: bigint) => ({ upTo, unitE12: (unitE12 * percent) / 100n, flatE12: 0n });
  return { dimension, cause: '', kind: 'volume', tiers: [at(100_000_000n, 100n), at(1_000_000_000n, 80n), at(null, 60n)] };
}

const ofMessages = meters.filter((dimension) => dimension !== messageUnits);
const none: Terms = { baseFeeCents: 0n, minimumCents: 0n, includedCreditCents: 0n };

function book(name: string, model: BillingModel, prices: Price[], terms: Partial<Terms> = {}): PriceBook {
  return { id: `pb_${name.replaceAll('-', '')}1` as PriceBookId, tenantId: null, name, version: 1, currency: 'USD', model, terms: { ...none, ...terms }, prices };
}

/** What is published with the product. A change is a next version beside these, never an edit: the database refuses it. */
export const catalogue: readonly PriceBook[] = [
  book('list', 'metered', pricing(ofMessages)),
  book('team', 'metered', pricing(ofMessages), { baseFeeCents: 4_900n, includedCreditCents: 4_900n }),
  book('business', 'metered', pricing(ofMessages), { baseFeeCents: 49_900n, includedCreditCents: 49_900n }),
  book('simple', 'simple', pricing([messageUnits])),
  book('metered', 'metered', pricing(['mq_messages', 'mq_kib_in', 'mq_kib_out', 'mq_queue_minutes'])),
  book('routed', 'routed', pricing(['mq_kib_in', 'mq_exchange_passes', 'mq_queue_passes', 'mq_push_attempts', 'mq_queue_minutes', 'mq_exchange_minutes'])),
  book('flat', 'flat', pricing([]), { baseFeeCents: 18_000n }),
  book('committed', 'committed', pricing(ofMessages, byVolume), { minimumCents: 100_000n }),
];

/** Units of the Free plan, after which publishing stops until the next month. */
export const freeQuotas: ReadonlyMap<string, bigint> = new Map(ofMessages.map((dimension) => [dimension, listPrices[dimension]!.free]));
