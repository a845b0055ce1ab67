import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bindingOf, jsonMessage, messageOf } from '../testing/topology.js';
import type { BindingDefinition } from '../topology-change.js';
import { compileFilter } from './filter-compiler.js';
import { FilterMatcher } from './filter-matcher.js';
import type { Filter, FilterNode, FilterTest } from './filter.js';
import { HeadersMatcher } from './headers-matcher.js';
import { MessageView } from './message-view.js';
import type { RoutedMessage } from './matcher.js';

const filtered = (id: string, filter?: Filter): BindingDefinition => bindingOf(id, 'x', { queue: id }, { filter });

function matcherOf(bindings: readonly BindingDefinition[]): FilterMatcher {
  const matcher = new FilterMatcher();
  for (const binding of bindings) matcher.add(binding);
  return matcher;
}

function asked(matcher: { match(view: MessageView): readonly BindingDefinition[] }, message: RoutedMessage): { ids: string[]; steps: number } {
  const view = new MessageView(message);
  return { ids: matcher.match(view).map(({ id }) => id).sort(), steps: view.spent };
}

const values = fc.oneof(fc.constantFrom('a', 'b', 1, 2, true, null));
const tests: fc.Arbitrary<FilterTest[]> = fc.array(fc.oneof({ weight: 4, arbitrary: values }, { weight: 1, arbitrary: fc.constantFrom({ exists: false }, { exists: true }, { prefix: 'a' }, { 'anything-but': 'a' }) }), { minLength: 1, maxLength: 3 });
const names = fc.constantFrom('p', 'q', 'r');
const nodes: fc.Arbitrary<FilterNode> = fc.letrec<{ node: FilterNode; leaf: FilterTest[] }>((tie) => ({
  leaf: tests,
  node: fc.dictionary(names, fc.oneof({ maxDepth: 2 }, tie('leaf'), tie('node')), { minKeys: 1, maxKeys: 3 }) as fc.Arbitrary<FilterNode>,
})).node;
const flat = fc.dictionary(names, tests, { minKeys: 1, maxKeys: 2 });
const filters: fc.Arbitrary<Filter | undefined> = fc.option(
  fc.oneof(fc.record({ body: nodes }), fc.record({ headers: flat }), fc.record({ headers: flat, body: nodes }), fc.record({ $or: fc.tuple(fc.record({ headers: flat }), fc.record({ body: nodes })) })),
  { nil: undefined, freq: 8 },
);
const bodies = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, values, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(names, tie('value'), { maxKeys: 3 }),
})).object;

describe('a filter exchange', () => {
  it('finds by its index what asking every filter finds, while bindings come and go', () => {
    fc.assert(
      fc.property(fc.array(filters, { maxLength: 15 }), fc.array(fc.nat(14), { maxLength: 5 }), bodies, fc.dictionary(names, fc.constantFrom('a', 'b')), (list, gone, body, headers) => {
        const bindings = list.map((filter, i) => filtered(`b${i}`, filter));
        const matcher = matcherOf(bindings);
        for (const i of gone) matcher.remove(filtered(`b${i}`));
        const message = jsonMessage(body, { headers });
        const expected = bindings.filter(({ filter }, i) => !gone.includes(i) && (filter === undefined || compileFilter(filter).holds(new MessageView(message))));
        expect(asked(matcher, message).ids).toEqual(expected.map(({ id }) => id).sort());
      }),
      { numRuns: 1_000 },
    );
  });

  it('asks only the bindings that want the value a message has', () => {
    const byCustomer = Array.from({ length: 20_000 }, (_, i) => filtered(`b${i}`, { headers: { kind: ['order'] }, body: { type: ['created'], customer: { id: [`c${i}`] }, total: [{ numeric: ['>', 10] }] } }));
    const { ids, steps } = asked(matcherOf(byCustomer), jsonMessage({ type: 'created', customer: { id: 'c777' }, total: 11 }, { headers: { kind: 'order' } }));
    expect(ids).toEqual(['b777']);
    expect(steps).toBeLessThan(50);
  });

  it('asks few bindings when they differ in one of several values, on any part of the message', () => {
    const byPair = Array.from({ length: 5_000 }, (_, i) => filtered(`b${i}`, { properties: { key: [`k${i}`, `l${i}`] } }));
    const byHeader = Array.from({ length: 5_000 }, (_, i) => filtered(`h${i}`, { headers: { [`header-${i}`]: ['on'] } }));
    const { ids, steps } = asked(matcherOf([...byPair, ...byHeader]), messageOf({ key: 'l9', headers: { 'header-7': 'on' } }));
    expect(ids).toEqual(['b9', 'h7']);
    expect(steps).toBeLessThan(50);
  });

  it('reads the body only if a filter looks into it, and once', () => {
    let reads = 0;
    const message = { ...messageOf({ headers: { v: '1' } }), get body() { reads += 1; return Buffer.from('{"a":1}'); } };
    expect(asked(matcherOf([filtered('b', { headers: { v: ['1'] } })]), message).ids).toEqual(['b']);
    expect(reads).toBe(0);
    const looking = [1, 2, 3].map((n) => filtered(`b${n}`, { headers: { v: ['1'] }, body: { a: [{ numeric: ['<', n] }] } }));
    expect(asked(matcherOf(looking), message).ids).toEqual(['b2', 'b3']);
    expect(reads).toBe(1);
  });

  it('lets a filter that no longer compiles match nothing, and says so', () => {
    const broken = { ...filtered('broken'), filter: { body: { a: [{ regex: '.' }] } } as unknown as Filter };
    const matcher = matcherOf([broken, filtered('good')]);
    const view = new MessageView(jsonMessage({ a: 1 }));
    expect(matcher.match(view).map(({ id }) => id)).toEqual(['good']);
    expect(matcher.reason(broken, view, false)).toMatch(/^the filter is not valid and matches nothing: this operator does not exist/);
    matcher.remove(broken);
    matcher.add(filtered('broken'));
    expect(asked(matcher, jsonMessage({ a: 1 })).ids).toEqual(['broken', 'good']);
  });
});

describe('a headers exchange', () => {
  const wanted = fc.record({ headers: fc.dictionary(fc.constantFrom('p', 'Q', 'r'), fc.constantFrom('1', '2'), { maxKeys: 3 }), match: fc.constantFrom('all' as const, 'any' as const), absent: fc.uniqueArray(fc.constantFrom('p', 'q', 'S'), { maxLength: 2 }) });
  const carried = fc.dictionary(fc.constantFrom('p', 'q', 'r', 's'), fc.constantFrom('1', '2'));

  it('finds what asking every binding finds, while bindings come and go', () => {
    fc.assert(
      fc.property(fc.array(wanted, { maxLength: 12 }), fc.array(fc.nat(11), { maxLength: 4 }), carried, (list, gone, headers) => {
        const matcher = new HeadersMatcher();
        const bindings = list.map((more, i) => bindingOf(`b${i}`, 'x', { queue: 'q' }, more));
        for (const binding of bindings) matcher.add(binding);
        for (const i of gone) matcher.remove(bindingOf(`b${i}`, 'x', { queue: 'q' }));
        const fits = ({ headers: wants, match, absent = [] }: BindingDefinition): boolean => {
          const held = Object.entries(wants).map(([name, value]) => headers[name.toLowerCase()] === value);
          return absent.every((name) => headers[name.toLowerCase()] === undefined) && (held.length === 0 || (match === 'all' ? held.every(Boolean) : held.some(Boolean)));
        };
        expect(asked(matcher, messageOf({ headers })).ids).toEqual(bindings.filter((binding, i) => !gone.includes(i) && fits(binding)).map(({ id }) => id).sort());
      }),
      { numRuns: 500 },
    );
  });

  it('asks only the bindings that want a value a message has', () => {
    const matcher = new HeadersMatcher();
    for (let i = 0; i < 20_000; i += 1) matcher.add(bindingOf(`b${i}`, 'x', { queue: 'q' }, { headers: { kind: 'order', customer: `c${i}` }, match: i % 2 ? 'all' : 'any' }));
    const { ids, steps } = asked(matcher, messageOf({ headers: { customer: 'c77' } }));
    expect(ids).toEqual([]);
    expect(steps).toBeLessThan(20);
    expect(asked(matcher, messageOf({ headers: { customer: 'c76' } })).ids).toEqual(['b76']);
  });
});
