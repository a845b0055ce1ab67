import { meteredExchanges } from '@waybill/broker';
import type { Explanation, PublishedMessage, Route } from '@waybill/broker';
import { problemOf } from '@waybill/contracts';
import type { PublishReceipt } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';

export const json = 'application/json; charset=utf-8';

/** What every receipt of a route has in common, by size in KiB: written once, not per message. */
const tails = new WeakMap<Route, Map<number, string>>();

function tailOf(route: Route, kibIn: number): string {
  let byKib = tails.get(route);
  if (!byKib) tails.set(route, (byKib = new Map()));
  let tail = byKib.get(kibIn);
  if (tail === undefined) {
    const rest = {
      exchanges: route.exchanges.map(({ name }) => name),
      queues: route.queues.map(({ name }) => name),
      units: { messages: 1, kibIn, exchangePasses: meteredExchanges(route).length, queuePasses: route.queues.length },
    };
    byKib.set(kibIn, (tail = `",${JSON.stringify(rest).slice(1)}`));
  }
  return tail;
}

/** A publish receipt as JSON text. */
export function receiptJson(published: PublishedMessage): string {
  const { id, route, kib, outcome, refused, duplicates } = published;
  if (outcome !== 'duplicate' && refused.length === 0 && duplicates.length === 0) return `{"id":"${id}${tailOf(route, kib)}`;
  return JSON.stringify(receiptOf(published));
}

/** A message that was not stored anywhere, because it was known, costs nothing (billing.md §4). */
function receiptOf({ id, route, kib, outcome, stored, refused, duplicates }: PublishedMessage): PublishReceipt {
  const counts = outcome === 'stored' || outcome === 'replayed';
  return {
    id,
    exchanges: route.exchanges.map(({ name }) => name),
    queues: stored.map(({ name }) => name),
    ...(refused.length === 0 ? {} : { refused: refused.map(({ queue, limit }) => ({ queue: queue.name, code: 'queue_full' as const, limit })) }),
    ...(duplicates.length === 0 ? {} : { duplicates: duplicates.map(({ queue, originalId }) => ({ queue: queue.name, originalId })) }),
    units: {
      messages: counts ? 1 : 0,
      kibIn: counts ? kib : 0,
      exchangePasses: counts ? meteredExchanges(route).length : 0,
      queuePasses: stored.length,
    },
  };
}

/** The receipt with the reason of every binding on the way. */
export function explainedReceiptJson(published: PublishedMessage, exchanges: Explanation['exchanges']): string {
  const explanation = exchanges.map(({ bindings, ...exchange }) => ({
    ...exchange,
    bindings: bindings.map(({ binding, ...rest }) => ({ bindingId: binding, ...rest })),
  }));
  return JSON.stringify({ ...receiptOf(published), explanation });
}

/** One line of a batch or a stream: the receipt, or why there is none. `requestId` as in a problem of its own. */
export function resultJson(result: PublishedMessage | WaybillError, requestId: string): string {
  if (result instanceof WaybillError) return `{"problem":${JSON.stringify(problemOf(result, requestId))}}`;
  if (result.outcome !== 'refused') return receiptJson(result);
  const queue = result.refused[0]?.queue.name ?? '';
  return resultJson(new WaybillError('queue_full', { queue, retryAfterSeconds: 5 }), requestId);
}
