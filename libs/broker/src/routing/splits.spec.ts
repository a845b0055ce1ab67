import { describe, expect, it } from '@jest/globals';
import { bind, messageOf, putExchange, putQueue, seededRandom } from '../testing/topology.js';
import type { TopologyChange } from '../topology-change.js';
import { RoutingTable } from './routing-table.js';

const canary = (...more: TopologyChange[]): RoutingTable => {
  const routes = new RoutingTable(seededRandom(7));
  routes.apply([
    putExchange('x', 'topic'), putQueue('old'), putQueue('new'), putQueue('audit'),
    bind('x', { queue: 'old' }, { pattern: 'order.#', split: 'canary', weight: 90 }), bind('x', { queue: 'new' }, { pattern: 'order.eu.#', split: 'canary', weight: 10 }), bind('x', { queue: 'audit' }, { pattern: '#' }), ...more,
  ]);
  return routes;
};
const reached = (routes: RoutingTable, key: string, group?: string) => routes.route('x', messageOf({ key, group }))?.queues.map(({ name }) => name).sort();

describe('a split', () => {
  it('takes one of the bindings that match, by weight, and leaves the others alone', () => {
    const routes = canary();
    let fresh = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const queues = reached(routes, 'order.eu.1') ?? [];
      expect(queues).toHaveLength(2);
      expect(queues).toContain('audit');
      if (queues.includes('new')) fresh += 1;
    }
    expect(fresh).toBeGreaterThan(880);
    expect(fresh).toBeLessThan(1_120);
  });

  it('with one binding that matches takes it always, whatever its weight', () => {
    const routes = canary();
    for (let i = 0; i < 100; i += 1) expect(reached(routes, 'order.us.1')).toEqual(['audit', 'old']);
  });

  it('keeps the messages of a group together', () => {
    const routes = canary();
    const first = new Map(Array.from({ length: 2_000 }, (_, i) => [`customer ${i}`, reached(routes, 'order.eu.1', `customer ${i}`)]));
    for (const [group, queues] of first) expect(reached(routes, `order.eu.${group}`, group)).toEqual(queues);
    const fresh = [...first.values()].filter((queues) => queues?.includes('new')).length;
    expect(fresh).toBeGreaterThan(140);
    expect(fresh).toBeLessThan(260);
  });

  it('chooses for each split by itself', () => {
    const routes = canary(bind('x', { queue: 'left' }, { pattern: '#', split: 'side' }), bind('x', { queue: 'right' }, { pattern: '#', split: 'side' }), putQueue('left'), putQueue('right'));
    const ways = new Set(Array.from({ length: 400 }, () => reached(routes, 'order.eu.1')?.join(' ')));
    expect([...ways].sort()).toEqual(['audit left new', 'audit left old', 'audit new right', 'audit old right']);
  });

  it('is no split any more when its bindings are gone', () => {
    const routes = new RoutingTable(() => 0);
    const bindings = [bind('x', { queue: 'a' }, { split: 's' }), bind('x', { queue: 'b' }, { split: 's' })];
    routes.apply([putExchange('x', 'fanout'), putQueue('a'), putQueue('b'), ...bindings]);
    expect(reached(routes, '')).toEqual(['a']);
    for (const change of bindings) if ('put' in change && change.put === 'binding') routes.apply([{ put: 'binding', binding: { ...change.binding, split: undefined } }]);
    expect(reached(routes, '')).toEqual(['a', 'b']);
  });
});
