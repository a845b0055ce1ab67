import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Edge } from './loops.js';
import { exchangesLeadingTo } from './loops.js';

/** Plain model: nodes without an edge in are taken away until none is left; what stays lies on or behind a loop. */
function hasLoop(edges: readonly Edge[]): boolean {
  let rest = [...edges];
  for (;;) {
    const entered = new Set(rest.map((edge) => edge.destination));
    const kept = rest.filter((edge) => entered.has(edge.source));
    if (kept.length === rest.length) return rest.length > 0;
    rest = kept;
  }
}

const node = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const edge = fc.record({ source: node, destination: node });

describe('exchangesLeadingTo', () => {
  it('tells exactly the batches that would close a loop', () => {
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 12 }), node, fc.array(node, { minLength: 1, maxLength: 4 }), (edges, source, destinations) => {
        fc.pre(!hasLoop(edges));
        const upstream = exchangesLeadingTo(source, edges);
        const refused = destinations.some((destination) => upstream.has(destination));
        const added = destinations.map((destination) => ({ source, destination }));
        expect(refused).toBe(hasLoop([...edges, ...added]));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses an exchange bound to itself', () => {
    expect(exchangesLeadingTo('a', []).has('a')).toBe(true);
  });

  it('walks a chain of 100,000 exchanges', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => ({ source: `x${i}`, destination: `x${i + 1}` }));
    expect(exchangesLeadingTo('x100000', chain).size).toBe(100_001);
  });
});
