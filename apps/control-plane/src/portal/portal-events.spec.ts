import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventOf, patternsOf, scopeOn } from './portal-events.js';

const exchange = (kind: 'topic' | 'direct' | 'fanout' | 'headers' | 'filter' | 'consistent-hash' | 'delayed' | 'default', routesAs: 'topic' | 'direct' | 'fanout' | null = null) => ({ name: 'shop', kind, routesAs });

describe('an exchange for a portal', () => {
  it('routes by key', () => {
    expect(scopeOn(exchange('topic'), 'acme')).toEqual({ keyPrefix: 'acme', wildcards: true });
    expect(scopeOn(exchange('direct'), '')).toEqual({ keyPrefix: '', wildcards: false });
    expect(scopeOn(exchange('delayed', 'topic'), 'acme').wildcards).toBe(true);
    expect(scopeOn(exchange('delayed', 'direct'), 'acme').wildcards).toBe(false);
  });

  it.each([exchange('fanout'), exchange('headers'), exchange('filter'), exchange('consistent-hash'), exchange('default'), exchange('delayed', 'fanout')])('is not $kind $routesAs', (unsuitable) => {
    expect(() => scopeOn(unsuitable, 'acme')).toThrow(expect.objectContaining({ code: 'exchange_unsuitable' }));
  });
});

describe('events of a customer', () => {
  const scope = { keyPrefix: 'acme.eu', wildcards: true };

  it('are patterns under the prefix, each once', () => {
    expect(patternsOf(['#', 'order.*', '#'], scope)).toEqual(['acme.eu.#', 'acme.eu.order.*']);
    expect(patternsOf(['order.created'], { keyPrefix: '', wildcards: true })).toEqual(['order.created']);
  });

  it('never leave the prefix, whatever is asked for', () => {
    fc.assert(fc.property(fc.string(), (event) => patternsOf([event], scope).every((pattern) => pattern.startsWith('acme.eu.'))));
  });

  it('are read back as they were chosen', () => {
    fc.assert(fc.property(fc.string(), (event) => expect(patternsOf([event], scope).map((pattern) => eventOf(pattern, scope.keyPrefix))).toEqual([event])));
    expect(eventOf('acme.europe.x', 'acme.eu')).toBeNull();
  });

  it('have no wildcards where they would be taken literally', () => {
    const direct = { keyPrefix: 'acme', wildcards: false };
    expect(patternsOf(['order.created'], direct)).toEqual(['acme.order.created']);
    for (const event of ['#', 'order.*', '*.x']) expect(() => patternsOf([event], direct)).toThrow(expect.objectContaining({ code: 'pattern_invalid' }));
  });
});
