import { describe, expect, it } from '@jest/globals';
import type { BindingDefinition, ExchangeKind, TopologyChange } from '../topology-change.js';
import { RoutingTable } from './routing-table.js';

const exchange = (name: string, kind: ExchangeKind): TopologyChange => ({ put: 'exchange', exchange: { id: `x_${name}`, name, kind } });
const queue = (name: string): TopologyChange => ({ put: 'queue', queue: { id: `q_${name}`, name, kind: 'standard', leaseMs: 30_000, deliveryLimit: 10 } });
let next = 0;
const bind = (source: string, destination: BindingDefinition['destination'], more: Partial<BindingDefinition> = {}): TopologyChange => ({
  put: 'binding',
  binding: { id: `b_${(next += 1)}`, source, destination, pattern: '', headers: {}, match: 'all', ...more },
});

function table(...changes: TopologyChange[]): RoutingTable {
  const made = new RoutingTable();
  made.apply(changes);
  return made;
}

const reached = (routes: RoutingTable, name: string, key = '', headers: Record<string, string> = {}) => routes.route(name, key, headers)?.queues.map((found) => found.name);

describe('routing', () => {
  it('through a direct exchange needs the exact key', () => {
    const routes = table(exchange('x', 'direct'), queue('a'), queue('b'), bind('x', { queue: 'a' }, { pattern: 'k' }), bind('x', { queue: 'b' }, { pattern: 'K' }));
    expect(reached(routes, 'x', 'k')).toEqual(['a']);
    expect(reached(routes, 'x', 'other')).toEqual([]);
  });

  it('through a fanout exchange ignores the key', () => {
    const routes = table(exchange('x', 'fanout'), queue('a'), queue('b'), bind('x', { queue: 'a' }, { pattern: 'k' }), bind('x', { queue: 'b' }));
    expect(reached(routes, 'x', 'anything')).toEqual(['a', 'b']);
  });

  it('through a headers exchange wants all or any of the headers, whatever case their names have', () => {
    const headers = { Region: 'eu', kind: 'order' };
    const routes = table(exchange('x', 'headers'), queue('all'), queue('any'), bind('x', { queue: 'all' }, { headers }), bind('x', { queue: 'any' }, { headers, match: 'any' }));
    expect(reached(routes, 'x', '', { region: 'eu', kind: 'order' })).toEqual(['all', 'any']);
    expect(reached(routes, 'x', '', { region: 'eu' })).toEqual(['any']);
    expect(reached(routes, 'x', '', { region: 'us' })).toEqual([]);
    expect(reached(routes, 'x', '', Object.create({ region: 'eu' }))).toEqual([]);
  });

  it('through the default exchange goes to the queue named by the key', () => {
    const routes = table(queue('orders'));
    expect(reached(routes, 'default', 'orders')).toEqual(['orders']);
    expect(reached(routes, 'default', 'unknown')).toEqual([]);
  });

  it('reaches a queue once, whatever number of ways leads to it, and names the exchanges in order', () => {
    const routes = table(
      exchange('in', 'topic'), exchange('mid', 'fanout'), exchange('out', 'direct'), queue('a'),
      bind('in', { queue: 'a' }, { pattern: '#' }), bind('in', { queue: 'a' }, { pattern: 'k.*' }), bind('in', { exchange: 'mid' }, { pattern: 'k.#' }),
      bind('mid', { exchange: 'out' }), bind('mid', { queue: 'a' }), bind('out', { queue: 'a' }, { pattern: 'k.1' }),
    );
    const route = routes.route('in', 'k.1', {});
    expect(route?.queues.map(({ name }) => name)).toEqual(['a']);
    expect(route?.exchanges.map(({ name }) => name)).toEqual(['in', 'mid', 'out']);
    expect(route?.meteredOn).toBe('x_in');
  });

  it('ends even if the definitions hold a loop', () => {
    const routes = table(exchange('a', 'fanout'), exchange('b', 'fanout'), queue('q'), bind('a', { exchange: 'b' }), bind('b', { exchange: 'a' }), bind('b', { queue: 'q' }));
    expect(reached(routes, 'a')).toEqual(['q']);
  });

  it('shares the route of equal keys until the topology changes', () => {
    const routes = table(exchange('x', 'topic'), queue('a'), queue('b'), bind('x', { queue: 'a' }, { pattern: 'k' }));
    const first = routes.route('x', 'k', {});
    expect(routes.route('x', 'k', {})).toBe(first);
    routes.apply([bind('x', { queue: 'b' }, { pattern: '*' })]);
    expect(reached(routes, 'x', 'k')?.sort()).toEqual(['a', 'b']);
  });

  it('does not remember a route that depended on headers further on', () => {
    const routes = table(exchange('x', 'fanout'), exchange('h', 'headers'), queue('a'), bind('x', { exchange: 'h' }), bind('h', { queue: 'a' }, { headers: { v: '1' } }));
    expect(reached(routes, 'x', 'k', { v: '1' })).toEqual(['a']);
    expect(reached(routes, 'x', 'k', { v: '2' })).toEqual([]);
  });

  it('knows no exchange and no queue that was dropped', () => {
    const routes = table(exchange('x', 'fanout'), queue('a'), bind('x', { queue: 'a' }));
    routes.apply([{ drop: 'binding', id: `b_${next}` }, { drop: 'queue', name: 'a', id: 'q_a' }, { drop: 'exchange', name: 'x' }]);
    expect(routes.route('x', '', {})).toBeUndefined();
    expect(routes.routeToQueue('a')).toBeUndefined();
  });
});
