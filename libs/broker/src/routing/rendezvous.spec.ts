import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BindingDefinition, HashOn } from '../topology-change.js';
import { bindingOf, messageOf, seededRandom } from '../testing/topology.js';
import { HashMatcher } from './hash-matcher.js';
import { MessageView } from './message-view.js';
import type { RoutedMessage } from './matcher.js';
import { drawn, fallsTo } from './rendezvous.js';

const keys = Array.from({ length: 4_000 }, (_, i) => `order.${i}`);
const weighted = (id: string, weight: number): BindingDefinition => bindingOf(id, 'x', { queue: id }, { weight });

function matcherOf(bindings: readonly BindingDefinition[], hashOn?: HashOn): HashMatcher {
  const matcher = new HashMatcher(hashOn);
  for (const binding of bindings) matcher.add(binding);
  return matcher;
}

const goesTo = (matcher: HashMatcher, more: Partial<RoutedMessage>) => matcher.match(new MessageView(messageOf(more))).map(({ id }) => id);
const all = (matcher: HashMatcher) => keys.map((key) => goesTo(matcher, { key })[0] as string);

function counted(ids: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

const bindingSets = fc.uniqueArray(fc.record({ id: fc.stringMatching(/^b_[a-z0-9]{1,8}$/), weight: fc.integer({ min: 1, max: 20 }) }), { minLength: 1, maxLength: 12, selector: ({ id }) => id });

describe('a consistent-hash exchange', () => {
  it('sends each message to exactly one binding, and without bindings to none', () => {
    const matcher = matcherOf([weighted('a', 1), weighted('b', 3), weighted('c', 1)]);
    for (const key of keys) expect(goesTo(matcher, { key })).toHaveLength(1);
    expect(goesTo(new HashMatcher(), { key: 'k' })).toEqual([]);
  });

  it('shares the keys by weight', () => {
    const counts = counted(all(matcherOf([weighted('a', 1), weighted('b', 1), weighted('c', 2), weighted('d', 4)])));
    for (const [id, share] of [['a', 1 / 8], ['b', 1 / 8], ['c', 1 / 4], ['d', 1 / 2]] as const) {
      // Four standard deviations of 4,000 draws.
      expect(Math.abs((counts[id] ?? 0) / keys.length - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / keys.length));
    }
  });

  it('moves only keys of its own share when a binding comes or goes', () => {
    fc.assert(
      fc.property(bindingSets, fc.integer({ min: 1, max: 20 }), (set, weight) => {
        const before = set.map((one) => weighted(one.id, one.weight));
        const matcher = matcherOf(before);
        const first = all(matcher);
        const added = weighted('b_ADDED', weight);
        matcher.add(added);
        const second = all(matcher);
        const moved = second.filter((id, i) => id !== first[i]);
        expect(new Set(moved)).toEqual(new Set(moved.length > 0 ? ['b_ADDED'] : []));
        const share = weight / before.reduce((sum, one) => sum + (one.weight ?? 1), weight);
        expect(Math.abs(moved.length / keys.length - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / keys.length));
        matcher.remove(added);
        expect(all(matcher)).toEqual(first);
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  it('decides alike in every process, whatever order the bindings came in', () => {
    fc.assert(
      fc.property(bindingSets, fc.array(fc.string(), { minLength: 1, maxLength: 20 }), (set, some) => {
        const bindings = set.map((one) => weighted(one.id, one.weight));
        const [one, other] = [matcherOf(bindings), matcherOf([...bindings].reverse())];
        for (const key of some) expect(goesTo(one, { key })).toEqual(goesTo(other, { key }));
      }),
    );
    expect(all(matcherOf([weighted('a', 1), weighted('b', 2)])).slice(0, 12).join('')).toBe('babbbbbbbabb');
  });

  it('hashes what it is told to, and the key where the message has none of it', () => {
    const bindings = Array.from({ length: 50 }, (_, i) => weighted(`b_${i}`, 1));
    const byKey = matcherOf(bindings);
    const cases: [HashOn, (value: string) => Partial<RoutedMessage>][] = [
      ['group', (group) => ({ group })],
      ['dedup-id', (dedupId) => ({ dedupId })],
      ['correlation-id', (correlationId) => ({ correlationId })],
      [{ header: 'Customer' }, (customer) => ({ headers: { customer } })],
    ];
    for (const [hashOn, having] of cases) {
      const matcher = matcherOf(bindings, hashOn);
      expect(matcher.reads).toBe('message');
      for (const value of keys.slice(0, 20)) {
        expect(goesTo(matcher, { key: 'ignored', ...having(value) })).toEqual(goesTo(byKey, { key: value }));
        expect(goesTo(matcher, { key: value })).toEqual(goesTo(byKey, { key: value }));
      }
    }
    expect(byKey.reads).toBe('key');
  });

  it('forgets a binding removed twice once', () => {
    const matcher = matcherOf([weighted('a', 1), weighted('b', 1)]);
    matcher.remove(weighted('a', 1));
    matcher.remove(weighted('a', 1));
    expect(new Set(all(matcher))).toEqual(new Set(['b']));
    expect(matcher.reason(weighted('b', 1), new MessageView(messageOf({ key: 'k' })), true)).toBe('the routing key "k" falls to this binding; the weight of this one is 1 of 1');
  });
});

describe('a choice by weight', () => {
  it('falls on each binding as often as its weight says', () => {
    const bindings = [weighted('old', 95), weighted('new', 5)];
    const random = seededRandom(1);
    const counts = counted(Array.from({ length: 20_000 }, () => drawn(bindings, random).id));
    expect(counts['new']).toBeGreaterThan(880);
    expect(counts['new']).toBeLessThan(1_120);
  });

  it('stays within the bindings at both ends of chance', () => {
    const bindings = [weighted('a', 1), weighted('b', 2)];
    expect(drawn(bindings, () => 0).id).toBe('a');
    expect(drawn(bindings, () => 1 - Number.EPSILON / 2).id).toBe('b');
  });

  it('by text agrees with the matcher of many', () => {
    fc.assert(
      fc.property(bindingSets, fc.string(), (set, key) => {
        const bindings = set.map((one) => weighted(one.id, one.weight));
        expect([fallsTo(key, bindings).id]).toEqual(goesTo(matcherOf(bindings), { key }));
      }),
    );
  });
});
