import { describe, expect, it } from '@jest/globals';
import { exchangeInput, type Exchange, type ExchangeInput, type ExchangeKind } from '@waybill/contracts';
import { bindingBodyOf, emptyBinding, filterFault } from './binding-draft.js';
import { exchangeBodyOf, exchangeDraftOf, exchangeFacts, exchangeRules, usualExchange } from './exchange-draft.js';

const base = { id: 'x_1', name: 'orders', alternate: null, hashOn: null, delaySeconds: null, routesAs: null, builtIn: false, bindings: 0, createdAt: '2026-01-01T00:00:00.000Z' };
const exchange = (settings: ExchangeInput): Exchange & { kind: ExchangeKind } => ({ ...base, ...settings });

describe('the form of an exchange', () => {
  it.each<ExchangeInput>([
    { kind: 'topic', alternate: 'morgue', hashOn: null, delaySeconds: null, routesAs: null },
    { kind: 'consistent-hash', alternate: null, hashOn: { header: 'customer' }, delaySeconds: null, routesAs: null },
    { kind: 'consistent-hash', alternate: null, hashOn: 'group', delaySeconds: null, routesAs: null },
    { kind: 'delayed', alternate: null, hashOn: null, delaySeconds: 60, routesAs: 'filter' },
    { kind: 'delayed', alternate: null, hashOn: 'key', delaySeconds: 0, routesAs: 'consistent-hash' },
  ])('gives back what it was filled with: %j', (settings) => {
    expect(exchangeBodyOf(exchangeDraftOf(exchange(settings)))).toEqual(settings);
    expect(exchangeInput.parse(settings)).toEqual(settings);
  });

  it('leaves out the settings of other kinds', () => {
    expect(exchangeBodyOf({ ...usualExchange, kind: 'fanout', hashOn: 'header', header: 'x', delaySeconds: 5, routesAs: 'filter' })).toEqual({ kind: 'fanout', alternate: null, hashOn: null, delaySeconds: null, routesAs: null });
  });

  it('asks for a header only where one is hashed, and for whole seconds only where there is a delay', () => {
    expect(exchangeRules.header('', { ...usualExchange, kind: 'consistent-hash', hashOn: 'header' })).toContain('Enter the header');
    expect(exchangeRules.header('', { ...usualExchange, hashOn: 'header' })).toBeNull();
    expect(exchangeRules.delaySeconds('', { ...usualExchange, kind: 'delayed' })).toContain('whole seconds');
    expect(exchangeRules.delaySeconds(31_536_001, { ...usualExchange, kind: 'delayed' })).toContain('whole seconds');
    expect(exchangeRules.delaySeconds('', usualExchange)).toBeNull();
  });

  it('says what is set', () => {
    expect(exchangeFacts(exchange({ kind: 'topic', alternate: null, hashOn: null, delaySeconds: null, routesAs: null }))).toEqual([]);
    expect(exchangeFacts(exchange({ kind: 'delayed', alternate: 'morgue', hashOn: { header: 'a' }, delaySeconds: 120, routesAs: 'consistent-hash' })).map(({ value }) => value)).toEqual(['2 min', 'consistent-hash', 'the header a', 'morgue']);
  });
});

describe('the form of a binding', () => {
  const draft = { ...emptyBinding('headers'), destination: 'queue:mail' };

  it('says only what the exchange looks at', () => {
    expect(bindingBodyOf({ ...draft, absent: ['test'] }, 'headers')).toEqual({ destination: { queue: 'mail' }, headers: {}, match: 'all', absent: ['test'] });
    expect(bindingBodyOf({ ...draft, pattern: 'a', filter: '{"body":{"a":[1]}}' }, 'topic')).toEqual({ destination: { queue: 'mail' }, pattern: 'a' });
    expect(bindingBodyOf({ ...draft, pattern: 'a', filter: '{"body":{"a":[1]}}' }, 'filter')).toEqual({ destination: { queue: 'mail' }, filter: { body: { a: [1] } } });
    expect(bindingBodyOf({ ...draft, filter: ' ' }, 'filter')).toEqual({ destination: { queue: 'mail' } });
    expect(bindingBodyOf({ ...draft, destination: 'exchange:next', weight: 3 }, 'consistent-hash')).toEqual({ destination: { exchange: 'next' }, weight: 3 });
    expect(bindingBodyOf({ ...draft, split: 'canary', weight: 5 }, 'fanout')).toEqual({ destination: { queue: 'mail' }, split: 'canary', weight: 5 });
    expect(bindingBodyOf({ ...draft, weight: 5 }, 'fanout')).toEqual({ destination: { queue: 'mail' } });
  });

  it('takes a filter that is an object in JSON, or none', () => {
    for (const text of ['', ' ', '{}', '{"body":{}}']) expect(filterFault(text)).toBeNull();
    for (const text of ['{', '[]', '1', 'null', '"a"']) expect(filterFault(text)).not.toBeNull();
  });
});
