import { meteredExchanges } from '@waybill/broker';
import type { Explanation, PublishedMessage, Route } from '@waybill/broker';
import { problemOf } from '@waybill/contracts';
import type { PublishReceipt } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { UnitPrices } from '@waybill/metering';

export const json = 'application/json; charset=utf-8';

/** What every receipt of a route has in common, by size in KiB: written once, not per message. A new price begins anew. */
type Tails = WeakMap<Route, Map<number, string>>;
const unpriced: Tails = new WeakMap();
const priced = new WeakMap<UnitPrices, Tails>();

function tailsOf(prices: UnitPrices | undefined): Tails {
  if (prices === undefined) return unpriced;
  let tails = priced.get(prices);
  if (!tails) priced.set(prices, (tails = new WeakMap()));
  return tails;
}

function tailOf(route: Route, kibIn: number, prices: UnitPrices | undefined): string {
  const tails = tailsOf(prices);
  let byKib = tails.get(route);
  if (!byKib) tails.set(route, (byKib = new Map()));
  let tail = byKib.get(kibIn);
  if (tail === undefined) {
    const units = { messages: 1, kibIn, exchangePasses: meteredExchanges(route).length, queuePasses: route.queues.length };
    const rest = { exchanges: route.exchanges.map(({ name }) => name), queues: route.queues.map(({ name }) => name), units, price: prices?.priceOf(units) };
    byKib.set(kibIn, (tail = `",${JSON.stringify(rest).slice(1)}`));
  }
  return tail;
}

/** A publish receipt as JSON text; without prices it says nothing of money. */
export function receiptJson(published: PublishedMessage, prices: UnitPrices | undefined): string {
  const { id, route, kib, outcome, refused, duplicates } = published;
  if (outcome !== 'duplicate' && refused.length === 0 && duplicates.length === 0) return `{"id":"${id}${tailOf(route, kib, prices)}`;
  return JSON.stringify(receiptOf(published, prices));
}

/** A message that was not stored anywhere, because it was known, costs nothing (billing.md §4). */
function receiptOf({ id, route, kib, outcome, stored, refused, duplicates }: PublishedMessage, prices: UnitPrices | undefined): PublishReceipt {
  const counts = outcome === 'stored' || outcome === 'replayed';
  const units = {
    messages: counts ? 1 : 0, kibIn: counts ? kib : 0, exchangePasses: counts ? meteredExchanges(route).length : 0, queuePasses: stored.length,
  };
  return {
    id,
    exchanges: route.exchanges.map(({ name }) => name),
    queues: stored.map(({ name }) => name),
    ...(refused.length === 0 ? {} : { refused: refused.map(({ queue, limit }) => ({ queue: queue.name, code: 'queue_full' as const, limit })) }),
    ...(duplicates.length === 0 ? {} : { duplicates: duplicates.map(({ queue, originalId }) => ({ queue: queue.name, originalId })) }),
    units,
    ...(prices === undefined ? {} : { price: prices.priceOf(units) }),
  };
}

/** The receipt with the reason of every binding on the way. */
export function explainedReceiptJson(published: PublishedMessage, exchanges: Explanation['exchanges'], prices: UnitPrices | undefined): string {
  const explanation = exchanges.map(({ bindings, ...exchange }) => ({
    ...exchange,
    bindings: bindings.map(({ binding, ...rest }) => ({ bindingId: binding, ...rest })),
  }));
  return JSON.stringify({ ...receiptOf(published, prices), explanation });
}

/** One line of a batch or a stream: the receipt, or why there is none. `requestId` as in a problem of its own. */
export function resultJson(result: PublishedMessage | WaybillError, requestId: string, prices: UnitPrices | undefined): string {
  if (result instanceof WaybillError) return `{"problem":${JSON.stringify(problemOf(result, requestId))}}`;
  if (result.outcome === 'over_quota') return resultJson(new WaybillError('quota_exceeded'), requestId, prices);
  if (result.outcome !== 'refused') return receiptJson(result, prices);
  const queue = result.refused[0]?.queue.name ?? '';
  return resultJson(new WaybillError('queue_full', { queue, retryAfterSeconds: 5 }), requestId, prices);
}
