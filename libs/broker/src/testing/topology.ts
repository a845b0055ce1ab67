import type { BindingDefinition, ExchangeDefinition, ExchangeKind, QueueDefinition, TopologyChange } from '../topology-change.js';
import type { RoutedMessage } from '../routing/matcher.js';
import { RoutingTable } from '../routing/routing-table.js';

export const putExchange = (name: string, kind: ExchangeKind, more: Partial<ExchangeDefinition> = {}): TopologyChange => ({ put: 'exchange', exchange: { id: `x_${name}`, name, kind, ...more } });

export const putQueue = (name: string, more: Partial<QueueDefinition> = {}): TopologyChange => ({
  put: 'queue',
  queue: { id: `q_${name}`, name, kind: 'standard', leaseMs: 30_000, deliveryLimit: 10, ...more },
});

export function bindingOf(id: string, source: string, destination: BindingDefinition['destination'], more: Partial<BindingDefinition> = {}): BindingDefinition {
  return { id, source, destination, pattern: '', headers: {}, match: 'all', ...more };
}

let made = 0;

/** A binding with an id of its own, in the order made. */
export function bind(source: string, destination: BindingDefinition['destination'], more: Partial<BindingDefinition> = {}): TopologyChange {
  made += 1;
  return { put: 'binding', binding: bindingOf(`b_${String(made).padStart(6, '0')}`, source, destination, more) };
}

export function tableOf(...changes: TopologyChange[]): RoutingTable {
  const table = new RoutingTable();
  table.apply(changes);
  return table;
}

export const messageOf = (more: Partial<RoutedMessage> = {}): RoutedMessage => ({ key: '', headers: {}, contentType: 'application/json', priority: 0, body: Buffer.alloc(0), ...more });

export const jsonMessage = (body: unknown, more: Partial<RoutedMessage> = {}): RoutedMessage => messageOf({ body: Buffer.from(JSON.stringify(body)), ...more });

/** The same numbers from 0 to below 1 in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
