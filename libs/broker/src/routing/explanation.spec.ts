import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bind, jsonMessage, messageOf, putExchange, putQueue, seededRandom, tableOf } from '../testing/topology.js';
import type { BindingDefinition, ExchangeDefinition } from '../topology-change.js';
import type { RoutedMessage } from './matcher.js';
import { RoutingTable } from './routing-table.js';

function reasons(routes: RoutingTable, exchange: string, message: RoutedMessage): string[] | undefined {
  return routes.explain(exchange, message)?.exchanges[0]?.bindings.map(({ matched, reason }) => `${matched ? 'yes' : 'no'}: ${reason}`);
}

const words = fc.array(fc.constantFrom('a', 'b', '*', '#'), { minLength: 1, maxLength: 3 }).map((list) => list.join('.'));
const exchanges = ['w', 'x', 'y', 'z'] as const;
const kinds = fc.constantFrom('direct', 'topic', 'fanout', 'headers', 'filter', 'consistent-hash', 'delayed');
const tests = fc.constantFrom(['a'], [1], [{ exists: false as const }], [{ numeric: ['>', 0] }], [{ 'anything-but': 'a' }]);
const filters = fc.option(fc.oneof(fc.record({ body: fc.dictionary(fc.constantFrom('p', 'q'), tests, { minKeys: 1 }) }), fc.record({ headers: fc.dictionary(fc.constantFrom('h', 'i'), tests, { minKeys: 1 }) })), { nil: undefined });
const bindings: fc.Arbitrary<Omit<BindingDefinition, 'id'>[]> = fc.array(
  fc.record({
    source: fc.constantFrom(...exchanges),
    destination: fc.oneof(fc.record({ queue: fc.constantFrom('q1', 'q2', 'q3') }), fc.record({ exchange: fc.constantFrom(...exchanges) })),
    pattern: words,
    headers: fc.dictionary(fc.constantFrom('h', 'i'), fc.constantFrom('1', '2')),
    match: fc.constantFrom('all' as const, 'any' as const),
    absent: fc.subarray(['i', 'j']),
    filter: filters,
    split: fc.constantFrom(undefined, undefined, 's', 't'),
    weight: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 15 },
);
const definitions: fc.Arbitrary<Omit<ExchangeDefinition, 'id' | 'name'>[]> = fc.array(
  fc.record({ kind: kinds, alternate: fc.constantFrom(undefined, ...exchanges, 'default'), hashOn: fc.constantFrom(undefined, 'group' as const, { header: 'h' }), routesAs: fc.constantFrom(undefined, 'headers' as const, 'filter' as const), delayMs: fc.nat(9) }),
  { minLength: exchanges.length, maxLength: exchanges.length },
);
const messages = fc.record({
  key: fc.oneof(words, fc.constantFrom('q1')),
  headers: fc.dictionary(fc.constantFrom('h', 'i', 'j'), fc.constantFrom('1', '2', 'a')),
  group: fc.constantFrom(undefined, 'g1', 'g2'),
  body: fc.oneof(fc.constant(Buffer.from('no JSON')), fc.dictionary(fc.constantFrom('p', 'q'), fc.constantFrom('a', 1, 0, null)).map((value) => Buffer.from(JSON.stringify(value)))),
});

describe('an explanation', () => {
  it('calls exactly those bindings matched by which the message went', () => {
    fc.assert(
      fc.property(definitions, bindings, messages, fc.integer(), (kindsOf, list, more, seed) => {
        const changes = [
          ...exchanges.map((name, i) => ({ put: 'exchange' as const, exchange: { id: `x_${name}`, name, ...(kindsOf[i] as Omit<ExchangeDefinition, 'id' | 'name'>) } })),
          ...['q1', 'q2', 'q3'].map((name) => putQueue(name)),
          ...list.map((binding, i) => ({ put: 'binding' as const, binding: { ...binding, id: `b${i}` } })),
        ];
        const [routing, explaining] = [new RoutingTable(seededRandom(seed)), new RoutingTable(seededRandom(seed))];
        routing.apply(changes);
        explaining.apply(changes);
        const message = messageOf(more);
        const route = routing.route('w', message);
        const explained = explaining.explain('w', message);
        expect(explained?.route).toEqual(route);
        expect(explained?.exchanges.map(({ exchange }) => exchange)).toEqual(route?.exchanges.map(({ name }) => name));
        const queues = new Set(explained?.exchanges.flatMap((passage) => passage.bindings.flatMap(({ matched, destination }) => (matched && 'queue' in destination ? [destination.queue] : []))));
        if (explained?.exchanges.some(({ kind }) => kind === 'default') && more.key === 'q1') queues.add('q1');
        expect(queues).toEqual(new Set(route?.queues.map(({ name }) => name)));
        for (const { exchange, bindings: said, leftOut } of explained?.exchanges ?? []) {
          expect(said.length + leftOut).toBe(list.filter(({ source }) => source === exchange).length);
          for (const { reason } of said) expect(reason).not.toBe('');
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives each kind of exchange its reasons', () => {
    const routes = tableOf(
      putQueue('q'), putExchange('d', 'direct'), bind('d', { queue: 'q' }, { pattern: 'us' }), bind('d', { queue: 'q' }, { pattern: 'eu' }),
      putExchange('t', 'topic'), bind('t', { queue: 'q' }, { pattern: 'eu.#' }), bind('t', { queue: 'q' }, { pattern: 'us' }),
      putExchange('f', 'fanout'), bind('f', { queue: 'q' }),
      putExchange('h', 'headers'), bind('h', { queue: 'q' }, { headers: { region: 'eu' } }), bind('h', { queue: 'q' }, { headers: { tier: '1' } }), bind('h', { queue: 'q' }, { headers: { region: 'us' } }), bind('h', { queue: 'q' }, { absent: ['region'] }), bind('h', { queue: 'q' }, { headers: { a: '1', b: '2' }, match: 'any' }),
      putExchange('c', 'filter'), bind('c', { queue: 'q' }), bind('c', { queue: 'q' }, { filter: { body: { total: [{ numeric: ['>', 10] }] } } }),
    );
    const message = jsonMessage({ total: 5 }, { key: 'eu', headers: { region: 'eu' } });
    expect(reasons(routes, 'd', message)).toEqual(['yes: the key is "eu"', 'no: the key is "eu", the binding wants "us"']);
    expect(reasons(routes, 't', message)).toEqual(['yes: the key "eu" fits the pattern "eu.#"', 'no: word 1 is "eu", the pattern wants "us"']);
    expect(reasons(routes, 'f', message)).toEqual(['yes: a fanout exchange sends every message to every binding']);
    expect(reasons(routes, 'h', message)).toEqual([
      'yes: the headers are as wanted', 'no: header "tier" is missing', 'no: header "region" is "eu", the binding wants "us"',
      'no: header "region" is there, the binding wants it absent', 'no: none of the headers wanted is there: "a", "b"',
    ]);
    expect(reasons(routes, 'c', message)).toEqual(['yes: the binding has no filter, so it takes every message', 'no: body.total is 5, the filter wants numeric > 10']);
    expect(routes.explain('unknown', message)).toBeUndefined();
  });

  it('names the split that a binding lost, and its weight', () => {
    const routes = new RoutingTable(() => 0.5);
    routes.apply([putExchange('x', 'fanout'), putQueue('q'), bind('x', { queue: 'q' }, { split: 'canary', weight: 5 }), bind('x', { queue: 'q' }, { split: 'canary', weight: 95 })]);
    expect(reasons(routes, 'x', messageOf())).toEqual([
      'yes: a fanout exchange sends every message to every binding',
      'no: another binding of the split "canary" was taken; the weight of this one is 5 of 100',
    ]);
  });

  it('says why an alternate exchange or a queue by name took the message', () => {
    const routes = tableOf(putExchange('x', 'direct', { alternate: 'default' }), putQueue('orders'), bind('x', { queue: 'orders' }, { pattern: 'k' }));
    const summaries = (key: string) => routes.explain('x', messageOf({ key }))?.exchanges.map(({ summary }) => summary);
    expect(summaries('k')).toEqual(['the message took 1 of 1 binding']);
    expect(summaries('orders')).toEqual(['no binding matched, so the alternate exchange "default" took the message', 'the key names the queue "orders"']);
    expect(summaries('other')).toEqual(['no binding matched, so the alternate exchange "default" took the message', 'there is no queue "other"']);
  });

  it('is given for every message that can be routed, with reasons left open where they cost too much', () => {
    const slow = Array.from({ length: 150 }, (_, i) => bind('x', { queue: 'q' }, { filter: { body: { list: [{ suffix: '!' }], kind: [`k${i}`] } } }));
    const routes = tableOf(putExchange('x', 'filter'), putQueue('q'), bind('x', { queue: 'q' }), ...slow);
    const message = jsonMessage({ kind: 'other', list: Array.from({ length: 5_000 }, () => 'y') });
    expect(routes.route('x', message)?.queues).toHaveLength(1);
    const said = reasons(routes, 'x', message) ?? [];
    expect(said).toHaveLength(151);
    expect(said[0]).toBe('yes: the binding has no filter, so it takes every message');
    expect(said[1]).toMatch(/^no: body\.list is \["y"/);
    expect(said[150]).toBe('no: the message does not fit; finding out why would take too long');
  });

  it('lists a thousand bindings at most, those taken first, and counts the rest', () => {
    const routes = tableOf(
      putExchange('x', 'topic'), putExchange('y', 'fanout'), putQueue('q'),
      ...Array.from({ length: 1_500 }, (_, i) => bind('x', { queue: 'q' }, { pattern: `k${i}` })),
      bind('x', { exchange: 'y' }, { pattern: '#' }), bind('y', { queue: 'q' }),
    );
    const [first, second] = routes.explain('x', messageOf({ key: 'k1499' }))?.exchanges ?? [];
    expect(first?.bindings).toHaveLength(1_000);
    expect(first?.leftOut).toBe(501);
    expect(first?.bindings.slice(0, 3).map(({ matched }) => matched)).toEqual([true, true, false]);
    expect(second).toMatchObject({ bindings: [], leftOut: 1 });
  });
});
