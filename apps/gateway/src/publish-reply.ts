import { messageIdOf, meteredExchanges } from '@waybill/broker';
import type { PublishedMessage, Route } from '@waybill/broker';

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
export function receiptJson({ position, route, kib }: PublishedMessage): string {
  return `{"id":"${messageIdOf(position)}${tailOf(route, kib)}`;
}
