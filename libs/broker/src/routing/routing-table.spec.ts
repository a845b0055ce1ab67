import { describe, expect, it } from '@jest/globals';
import { bind, bindingOf, jsonMessage, messageOf, putExchange, putQueue, tableOf } from '../testing/topology.js';
import type { RoutedMessage } from './matcher.js';
import type { RoutingTable } from './routing-table.js';

const reached = (routes: RoutingTable, name: string, more: Partial<RoutedMessage> = {}) => routes.route(name, messageOf(more))?.queues.map((queue) => queue.name);
const passed = (routes: RoutingTable, name: string, more: Partial<RoutedMessage> = {}) => routes.route(name, messageOf(more))?.exchanges.map((exchange) => exchange.name);

describe('routing', () => {
  it('through a direct exchange needs the exact key', () => {
    const routes = tableOf(putExchange('x', 'direct'), putQueue('a'), putQueue('b'), bind('x', { queue: 'a' }, { pattern: 'k' }), bind('x', { queue: 'b' }, { pattern: 'K' }));
    expect(reached(routes, 'x', { key: 'k' })).toEqual(['a']);
    expect(reached(routes, 'x', { key: 'other' })).toEqual([]);
  });

  it('through a fanout exchange ignores the key', () => {
    const routes = tableOf(putExchange('x', 'fanout'), putQueue('a'), putQueue('b'), bind('x', { queue: 'a' }, { pattern: 'k' }), bind('x', { queue: 'b' }));
    expect(reached(routes, 'x', { key: 'anything' })).toEqual(['a', 'b']);
  });

  it('through a headers exchange wants all or any of the headers, whatever case their names have', () => {
    const headers = { Region: 'eu', kind: 'order' };
    const routes = tableOf(putExchange('x', 'headers'), putQueue('all'), putQueue('any'), bind('x', { queue: 'all' }, { headers }), bind('x', { queue: 'any' }, { headers, match: 'any' }));
    expect(reached(routes, 'x', { headers: { region: 'eu', kind: 'order' } })?.sort()).toEqual(['all', 'any']);
    expect(reached(routes, 'x', { headers: { region: 'eu' } })).toEqual(['any']);
    expect(reached(routes, 'x', { headers: { region: 'us' } })).toEqual([]);
    expect(reached(routes, 'x', { headers: Object.create({ region: 'eu' }) })).toEqual([]);
  });

  it('through a headers exchange refuses messages with a header that must be absent', () => {
    const routes = tableOf(
      putExchange('x', 'headers'), putQueue('only'), putQueue('both'), putQueue('any'),
      bind('x', { queue: 'only' }, { absent: ['Test'] }), bind('x', { queue: 'both' }, { headers: { region: 'eu' }, absent: ['test'] }),
      bind('x', { queue: 'any' }, { headers: { region: 'eu', tier: '1' }, match: 'any', absent: ['test', 'trial'] }),
    );
    expect(reached(routes, 'x', { headers: { region: 'eu' } })?.sort()).toEqual(['any', 'both', 'only']);
    expect(reached(routes, 'x', { headers: { region: 'eu', test: '' } })).toEqual([]);
    expect(reached(routes, 'x')).toEqual(['only']);
  });

  it('through the default exchange goes to the queue named by the key', () => {
    const routes = tableOf(putQueue('orders'));
    expect(reached(routes, 'default', { key: 'orders' })).toEqual(['orders']);
    expect(reached(routes, 'default', { key: 'unknown' })).toEqual([]);
    expect(routes.route('default', messageOf({ key: 'orders' }))).toMatchObject({ meteredOn: 'q_orders' });
    expect(routes.route('default', messageOf({ key: 'unknown' }))?.meteredOn).toBe('');
  });

  it('reaches a queue once, whatever number of ways leads to it, and names the exchanges in order', () => {
    const routes = tableOf(
      putExchange('in', 'topic'), putExchange('mid', 'fanout'), putExchange('out', 'direct'), putQueue('a'),
      bind('in', { queue: 'a' }, { pattern: '#' }), bind('in', { queue: 'a' }, { pattern: 'k.*' }), bind('in', { exchange: 'mid' }, { pattern: 'k.#' }),
      bind('mid', { exchange: 'out' }), bind('mid', { queue: 'a' }), bind('out', { queue: 'a' }, { pattern: 'k.1' }),
    );
    const route = routes.route('in', messageOf({ key: 'k.1' }));
    expect(route?.queues.map(({ name }) => name)).toEqual(['a']);
    expect(route?.exchanges.map(({ name }) => name)).toEqual(['in', 'mid', 'out']);
    expect(route?.meteredOn).toBe('x_in');
  });

  it('ends even if the definitions hold a loop', () => {
    const routes = tableOf(putExchange('a', 'fanout'), putExchange('b', 'fanout'), putQueue('q'), bind('a', { exchange: 'b' }), bind('b', { exchange: 'a' }), bind('b', { queue: 'q' }));
    expect(reached(routes, 'a')).toEqual(['q']);
  });

  it('finds its bindings whatever comes first, exchange or binding', () => {
    const routes = tableOf(bind('x', { queue: 'a' }), putQueue('a'), putExchange('x', 'fanout'));
    expect(reached(routes, 'x')).toEqual(['a']);
  });

  it('knows no exchange and no queue that was dropped', () => {
    const routes = tableOf(putExchange('x', 'fanout'), putQueue('a'));
    routes.apply([{ put: 'binding', binding: bindingOf('b', 'x', { queue: 'a' }) }]);
    expect(reached(routes, 'x')).toEqual(['a']);
    routes.apply([{ drop: 'binding', id: 'b' }, { drop: 'queue', name: 'a', id: 'q_a' }, { drop: 'exchange', name: 'x' }]);
    expect(routes.route('x', messageOf())).toBeUndefined();
    expect(routes.exchange('x')).toBeUndefined();
    expect(routes.routeToQueue('a')).toBeUndefined();
    expect(routes.queues()).toEqual([]);
  });

  it('cannot be talked out of its default exchange', () => {
    const routes = tableOf(putQueue('a'), putExchange('default', 'fanout'), { drop: 'exchange', name: 'default' });
    expect(reached(routes, 'default', { key: 'a' })).toEqual(['a']);
  });
});

describe('an alternate exchange', () => {
  const second = [putExchange('second', 'direct', { alternate: 'third' }), putExchange('third', 'fanout'), bind('second', { queue: 'b' }, { pattern: 'k2' }), bind('third', { queue: 'c' })];
  const routes = tableOf(putExchange('first', 'direct', { alternate: 'second' }), putQueue('a'), putQueue('b'), putQueue('c'), bind('first', { queue: 'a' }, { pattern: 'k1' }), ...second);

  it('takes what no binding matched, one after the other, and counts as passed', () => {
    expect(passed(routes, 'first', { key: 'k1' })).toEqual(['first']);
    expect(reached(routes, 'first', { key: 'k2' })).toEqual(['b']);
    expect(passed(routes, 'first', { key: 'k2' })).toEqual(['first', 'second']);
    expect(reached(routes, 'first', { key: 'k3' })).toEqual(['c']);
    expect(passed(routes, 'first', { key: 'k3' })).toEqual(['first', 'second', 'third']);
  });

  it('of an exchange further on is taken as well', () => {
    const chained = tableOf(putExchange('x', 'fanout'), putExchange('y', 'direct', { alternate: 'z' }), putExchange('z', 'fanout'), putQueue('q'), bind('x', { exchange: 'y' }), bind('z', { queue: 'q' }));
    expect(reached(chained, 'x')).toEqual(['q']);
  });

  it('may be the default exchange, which routes by queue name', () => {
    const named = tableOf(putExchange('x', 'direct', { alternate: 'default' }), putQueue('orders'));
    expect(reached(named, 'x', { key: 'orders' })).toEqual(['orders']);
    expect(named.route('x', messageOf({ key: 'orders' }))?.meteredOn).toBe('x_x');
  });

  it('that leads back ends, and one that does not exist is none', () => {
    const looped = tableOf(putExchange('x', 'direct', { alternate: 'y' }), putExchange('y', 'direct', { alternate: 'x' }), putExchange('z', 'direct', { alternate: 'gone' }));
    expect(passed(looped, 'x')).toEqual(['x', 'y']);
    expect(passed(looped, 'z')).toEqual(['z']);
  });
});

describe('a delayed exchange', () => {
  it('matches as the kind it names, by default as a topic exchange', () => {
    const routes = tableOf(
      putExchange('t', 'delayed', { delayMs: 5_000 }), putExchange('d', 'delayed', { delayMs: 5_000, routesAs: 'direct' }), putQueue('a'),
      bind('t', { queue: 'a' }, { pattern: 'k.*' }), bind('d', { queue: 'a' }, { pattern: 'k.*' }),
    );
    expect(routes.route('t', messageOf({ key: 'k.1' }))).toMatchObject({ queues: [{ name: 'a' }], delaysMs: [5_000] });
    expect(reached(routes, 'd', { key: 'k.1' })).toEqual([]);
    expect(reached(routes, 'd', { key: 'k.*' })).toEqual(['a']);
  });

  it('gives the longest delay on the way; other kinds give none', () => {
    const routes = tableOf(
      putExchange('x', 'fanout', { delayMs: 99_000 }), putExchange('short', 'delayed', { delayMs: 1_000, routesAs: 'fanout' }), putExchange('long', 'delayed', { delayMs: 7_000, routesAs: 'fanout' }),
      putExchange('none', 'delayed', { routesAs: 'fanout' }), bind('x', { exchange: 'long' }), bind('long', { exchange: 'short' }),
      putQueue('a'), bind('short', { queue: 'a' }), bind('none', { queue: 'a' }),
    );
    expect(routes.route('x', messageOf())?.delaysMs).toEqual([7_000]);
    expect(routes.route('short', messageOf())?.delaysMs).toEqual([1_000]);
    expect(routes.route('none', messageOf())?.delaysMs).toBeUndefined();
  });

  it('delays only the copies that come through it, and a queue reached in several ways by the soonest', () => {
    const routes = tableOf(
      putExchange('shop', 'fanout'), putExchange('later', 'delayed', { delayMs: 7_000, routesAs: 'fanout' }), putExchange('soon', 'delayed', { delayMs: 2_000, routesAs: 'fanout' }),
      bind('shop', { exchange: 'later' }), bind('shop', { exchange: 'soon' }),
      putQueue('orders'), putQueue('reminders'), putQueue('both'),
      bind('shop', { queue: 'orders' }), bind('later', { queue: 'reminders' }), bind('later', { queue: 'orders' }), bind('later', { queue: 'both' }), bind('soon', { queue: 'both' }),
    );
    const route = routes.route('shop', messageOf());
    expect(Object.fromEntries(route!.queues.map(({ name }, i) => [name, route!.delaysMs?.[i]]))).toEqual({ orders: 0, reminders: 7_000, both: 2_000 });
  });

  it('changes its delay and what it routes as in place, with its bindings', () => {
    const routes = tableOf(putExchange('x', 'delayed', { delayMs: 1_000 }), putQueue('a'), bind('x', { queue: 'a' }, { pattern: 'k' }));
    expect(reached(routes, 'x', { key: 'other' })).toEqual([]);
    routes.apply([putExchange('x', 'delayed', { delayMs: 2_000, routesAs: 'fanout' })]);
    expect(routes.route('x', messageOf({ key: 'other' }))).toMatchObject({ queues: [{ name: 'a' }], delaysMs: [2_000] });
  });
});

describe('a route', () => {
  it('is shared by messages that go the same way, until the topology changes', () => {
    const routes = tableOf(putExchange('x', 'topic'), putQueue('a'), putQueue('b'), bind('x', { queue: 'a' }, { pattern: 'k.*' }));
    const first = routes.route('x', messageOf({ key: 'k.1' }));
    expect(routes.route('x', messageOf({ key: 'k.1' }))).toBe(first);
    expect(routes.route('x', messageOf({ key: 'k.2' }))).toBe(first);
    routes.apply([bind('x', { queue: 'b' }, { pattern: '#' })]);
    expect(reached(routes, 'x', { key: 'k.1' })?.sort()).toEqual(['a', 'b']);
  });

  it('to many queues is shared too, by keys and by content', () => {
    const routes = tableOf(
      putExchange('t', 'topic'), putExchange('f', 'filter'), putQueue('a'), putQueue('b'),
      bind('t', { queue: 'a' }, { pattern: '#' }), bind('t', { queue: 'b' }, { pattern: 'k.#' }), bind('f', { queue: 'a' }), bind('f', { queue: 'b' }, { filter: { body: { n: [{ numeric: ['>', 0] }] } } }),
    );
    expect(routes.route('t', messageOf({ key: 'k.1' }))).toBe(routes.route('t', messageOf({ key: 'k.2' })));
    expect(routes.route('f', jsonMessage({ n: 1 }))).toBe(routes.route('f', jsonMessage({ n: 2 })));
    expect(routes.route('f', jsonMessage({ n: 0 }))?.queues).toHaveLength(1);
  });

  it('holds the definitions in force', () => {
    const routes = tableOf(putExchange('x', 'fanout'), putQueue('a'), bind('x', { queue: 'a' }));
    expect(routes.route('x', messageOf())?.queues[0]?.leaseMs).toBe(30_000);
    routes.apply([putQueue('a', { leaseMs: 1 }), putExchange('x', 'fanout', { alternate: 'y' })]);
    expect(routes.route('x', messageOf())).toMatchObject({ exchanges: [{ alternate: 'y' }], queues: [{ leaseMs: 1 }] });
    expect(routes.routeToQueue('a')?.queues[0]?.leaseMs).toBe(1);
  });

  it('that depended on more than the key is not remembered by key', () => {
    const routes = tableOf(putExchange('x', 'fanout'), putExchange('h', 'headers'), putQueue('a'), bind('x', { exchange: 'h' }), bind('h', { queue: 'a' }, { headers: { v: '1' } }));
    expect(reached(routes, 'x', { key: 'k', headers: { v: '1' } })).toEqual(['a']);
    expect(reached(routes, 'x', { key: 'k', headers: { v: '2' } })).toEqual([]);
  });

  it('of an exchange that another one follows depends on the key if the other does', () => {
    const routes = tableOf(putExchange('x', 'fanout'), putExchange('d', 'direct'), putQueue('a'), bind('x', { exchange: 'd' }), bind('d', { queue: 'a' }, { pattern: 'k' }));
    expect(reached(routes, 'x', { key: 'k' })).toEqual(['a']);
    expect(reached(routes, 'x', { key: 'other' })).toEqual([]);
  });

  it('is refused to a message whose filters would take too long', () => {
    const filters = Array.from({ length: 40 }, (_, i) => bind('x', { queue: 'a' }, { filter: { body: { list: [{ suffix: `${i}!` }, { prefix: `${i}?` }] } } }));
    const routes = tableOf(putExchange('x', 'filter'), putQueue('a'), ...filters);
    expect(() => routes.route('x', jsonMessage({ list: Array.from({ length: 10_000 }, () => 'x') }))).toThrow(expect.objectContaining({ code: 'routing_too_costly' }));
    expect(routes.route('x', jsonMessage({ list: ['x', '7!'] }))?.queues).toHaveLength(1);
  });
});
