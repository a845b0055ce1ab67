import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonMessage, messageOf } from '../testing/topology.js';
import { compileFilter } from './filter-compiler.js';
import { filterLimits } from './filter.js';
import type { Filter, FilterNode, FilterTest } from './filter.js';
import type { Note, RoutedMessage } from './matcher.js';
import { MessageView } from './message-view.js';

const holds = (filter: Filter, message: RoutedMessage): boolean => compileFilter(filter).holds(new MessageView(message));
const bodyHolds = (body: FilterNode, value: unknown): boolean => holds({ body }, jsonMessage(value));
const valueHolds = (test: FilterTest, value: unknown): boolean => bodyHolds({ v: [test] }, { v: value });

function whyNot(filter: Filter, message: RoutedMessage): string {
  const note: Note = { reason: '' };
  expect(compileFilter(filter).holds(new MessageView(message), note)).toBe(false);
  return note.reason;
}

describe('a test of a filter', () => {
  // What the EventBridge user guide lists under "comparison operators", each with a value that fits and some that do not.
  const operators: [string, FilterTest, unknown[], unknown[]][] = [
    ['a text', 'Rotterdam', ['Rotterdam'], ['rotterdam', 'Rotterdam ', '', 5, null]],
    ['the empty text', '', [''], [' ', null, 0]],
    ['a number', 100, [100, 1e2, 100.0], ['100', 100.1, -100]],
    ['null', null, [null], ['null', 0, false]],
    ['a boolean', false, [false], ['false', 0, null, true]],
    ['prefix', { prefix: 'eu-' }, ['eu-west', 'eu-'], ['EU-west', 'west-eu-', 'eu', 5]],
    ['prefix without case', { prefix: { 'equals-ignore-case': 'Eu-' } }, ['eu-west', 'EU-', 'eU-1'], ['e', 'west-eu-']],
    ['suffix', { suffix: '.pdf' }, ['bill.pdf', '.pdf'], ['bill.PDF', 'pdf', 'bill.pdf2', null]],
    ['suffix without case', { suffix: { 'equals-ignore-case': '.PDF' } }, ['bill.pdf', '.Pdf'], ['pdf', 'bill.pdf2']],
    ['equals-ignore-case', { 'equals-ignore-case': 'Straße ΟΔΟΣ' }, ['straße οδος', 'STRAßE οδοσ'], ['strasse οδος', 'straße οδος ', 1]],
    ['wildcard', { wildcard: 'dir/*.png' }, ['dir/a.png', 'dir/.png', 'dir/sub/b.png.png'], ['dir/a.gif', 'dir.png', 'x/dir/a.png', 'dir/a.png ']],
    ['wildcard with several', { wildcard: '*/lib/*/v2*' }, ['/lib//v2', 'usr/lib/x/v2/y', 'a/lib/lib/v2/v2'], ['/lib/v2', 'lib/x/v2']],
    ['wildcard alone', { wildcard: '*' }, ['', 'anything'], [5, null]],
    ['wildcard without any', { wildcard: 'a' }, ['a'], ['ab', 'ba']],
    ['wildcard whose ends must not overlap', { wildcard: 'aba*aba' }, ['abaaba', 'abaXaba'], ['aba', 'ababa']],
    ['wildcard with an escaped star', { wildcard: '2\\*3*\\\\' }, ['2*3\\', '2*34\\'], ['2x3\\', '2*3', '2\\*3\\']],
    ['numeric equality', { numeric: ['=', 301.8] }, [301.8, 3.018e2], [301, '301.8']],
    ['numeric with one bound', { numeric: ['<', 0] }, [-0.5], [0, 1, '-1', null]],
    ['a numeric range', { numeric: ['>', 10, '<=', 20] }, [10.5, 20], [10, 20.001, '15', null, true]],
    ['a numeric range the other way round', { numeric: ['<', 20, '>=', 10] }, [10, 19], [9, 20]],
    ['anything-but a text', { 'anything-but': 'new' }, ['old', '', 5, null, true], ['new']],
    ['anything-but a number', { 'anything-but': 5 }, [6, '5'], [5]],
    ['anything-but a list', { 'anything-but': ['new', 'old'] }, ['other', 5], ['new', 'old']],
    ['anything-but numbers', { 'anything-but': [1, 2] }, [3, '1'], [1, 2]],
    ['anything-but a prefix', { 'anything-but': { prefix: 'eu-' } }, ['us-east', 5], ['eu-west']],
    ['anything-but prefixes', { 'anything-but': { prefix: ['eu-', 'us-'] } }, ['ap-1'], ['eu-west', 'us-east']],
    ['anything-but a suffix', { 'anything-but': { suffix: '.png' } }, ['a.gif'], ['a.png']],
    ['anything-but a wildcard', { 'anything-but': { wildcard: '*/lib/*' } }, ['lib/', '/lib'], ['/lib/', 'a/lib/b']],
    ['anything-but without case', { 'anything-but': { 'equals-ignore-case': ['New', 'Old'] } }, ['newer'], ['NEW', 'old']],
    ['exists', { exists: true }, ['', 0, null, false, [1]], [{ a: 1 }, [], [{}]]],
    ['does not exist', { exists: false }, [{ a: 1 }, [], [{}]], ['', null]],
  ];

  it.each(operators)('%s takes what fits it and nothing else', (_name, test, fitting, others) => {
    for (const value of fitting) expect([value, valueHolds(test, value)]).toEqual([value, true]);
    for (const value of others) expect([value, valueHolds(test, value)]).toEqual([value, false]);
  });

  it('on a field that is missing holds for exists: false only', () => {
    for (const [, test] of operators) expect([test, bodyHolds({ v: [test] }, {})]).toEqual([test, JSON.stringify(test) === '{"exists":false}']);
  });

  it('on an array holds when it holds for one of the elements, however deep they lie', () => {
    expect(bodyHolds({ tags: ['a', 'b'] }, { tags: ['x', ['y', ['b']]] })).toBe(true);
    expect(bodyHolds({ tags: ['a', 'b'] }, { tags: ['x', { y: 'a' }] })).toBe(false);
    expect(bodyHolds({ tags: [{ 'anything-but': 'a' }] }, { tags: ['a', 'b'] })).toBe(true);
    expect(bodyHolds({ tags: [{ 'anything-but': 'a' }] }, { tags: ['a', 'a'] })).toBe(false);
  });
});

describe('a wildcard', () => {
  it('matches as trying every way would', () => {
    const tried = (pattern: string, text: string): boolean =>
      pattern === '' ? text === '' : pattern.startsWith('*') ? tried(pattern.slice(1), text) || (text !== '' && tried(pattern, text.slice(1))) : text[0] === pattern[0] && tried(pattern.slice(1), text.slice(1));
    const patterns = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 }).map((list) => list.join('').replace(/\*+/g, '*')).filter((text) => text.split('*').length <= 6);
    const texts = fc.array(fc.constantFrom('a', 'b'), { maxLength: 12 }).map((list) => list.join(''));
    fc.assert(fc.property(patterns, texts, (pattern, text) => expect(valueHolds({ wildcard: pattern }, text)).toBe(tried(pattern, text))), { numRuns: 1_000 });
  });

  it('costs steps in proportion to the text, at worst', () => {
    const spent = (characters: number): number => {
      const view = new MessageView(jsonMessage({ v: 'a'.repeat(characters) }));
      expect(compileFilter({ body: { v: [{ wildcard: `*${'a'.repeat(50)}b*${'a'.repeat(50)}b*` }] } }).holds(view)).toBe(false);
      return view.spent;
    };
    expect(spent(64_000)).toBeLessThanOrEqual(1_010);
    expect(spent(640_000)).toBeLessThanOrEqual(10_010);
  });
});

describe('a filter', () => {
  const order = { kind: 'order', customer: { country: 'NL', vip: true }, total: 120.5, note: null, items: [{ sku: 'A1', count: 2 }, { sku: 'B2', count: 9 }] };

  it('wants all of its fields', () => {
    expect(bodyHolds({ kind: ['order', 'offer'], customer: { country: ['NL'], vip: [true] }, total: [{ numeric: ['>', 100] }] }, order)).toBe(true);
    expect(bodyHolds({ kind: ['order'], customer: { country: ['NL'], vip: [false] } }, order)).toBe(false);
    expect(bodyHolds({ kind: ['order'], customer: { country: { code: ['NL'] } } }, order)).toBe(false);
  });

  it('below an array wants them in one and the same element', () => {
    expect(bodyHolds({ items: { sku: ['B2'], count: [{ numeric: ['>', 5] }] } }, order)).toBe(true);
    expect(bodyHolds({ items: { sku: ['A1'], count: [{ numeric: ['>', 5] }] } }, order)).toBe(false);
    expect(bodyHolds({ items: { sku: ['A1'] } }, { items: [[{ sku: 'A1' }]] })).toBe(true);
    expect(bodyHolds({ items: { sku: [{ exists: false }] } }, { items: [] })).toBe(true);
    expect(bodyHolds({ a: ['x'] }, [{ a: 'y' }, { a: 'x' }])).toBe(true);
  });

  it('with $or wants one of the alternatives, beside everything else', () => {
    const filter: FilterNode = { kind: ['order'], $or: [{ total: [{ numeric: ['>', 1_000] }] }, { customer: { vip: [true] }, note: [null] }] };
    expect(bodyHolds(filter, order)).toBe(true);
    expect(bodyHolds(filter, { ...order, note: 'x' })).toBe(false);
    expect(bodyHolds(filter, { ...order, note: 'x', total: 2_000 })).toBe(true);
    expect(bodyHolds(filter, { ...order, kind: 'offer' })).toBe(false);
    expect(bodyHolds({ a: { $or: [{ b: [1] }, { $or: [{ c: [1] }, { d: [1] }] }] } }, { a: { d: 1 } })).toBe(true);
  });

  it('reads headers in any case, and properties', () => {
    const message = messageOf({ key: 'order.eu.7', headers: { region: 'eu' }, group: 'g1', priority: 7, body: Buffer.from('not JSON') });
    expect(holds({ headers: { Region: ['eu'] }, properties: { key: [{ prefix: 'order.' }], priority: [{ numeric: ['>=', 5] }], group: [{ exists: true }], correlationId: [{ exists: false }] } }, message)).toBe(true);
    expect(holds({ headers: { region: [{ exists: false }] } }, message)).toBe(false);
    expect(holds({ properties: { contentType: ['text/plain'] } }, message)).toBe(false);
    expect(holds({ headers: { toString: [{ exists: true }] } }, message)).toBe(false);
    expect(holds({ $or: [{ body: { a: [1] } }, { headers: { region: ['eu'] } }] }, message)).toBe(true);
  });

  it('on the body matches no message whose body cannot be read, not even one that must lack a field', () => {
    for (const body of [undefined, Buffer.from('plain text'), Buffer.from('5'), Buffer.from('['.repeat(65) + ']'.repeat(65))]) expect(holds({ body: { a: [{ exists: false }] } }, messageOf({ body }))).toBe(false);
  });

  it('is not fooled by names every object has', () => {
    expect(bodyHolds({ toString: [{ exists: true }] }, {})).toBe(false);
    expect(bodyHolds({ toString: [{ exists: true }] }, { toString: 'x' })).toBe(true);
    expect(bodyHolds({ valueOf: { name: ['valueOf'] } }, {})).toBe(false);
    expect(holds({ body: { a: [1] } }, messageOf({ body: Buffer.from('{"__proto__":{"a":1}}') }))).toBe(false);
  });

  it('says what kept a message out', () => {
    expect(whyNot({ body: { total: [{ numeric: ['>', 200] }, 'free'] } }, jsonMessage(order))).toBe('body.total is 120.5, the filter wants numeric > 200 or "free"');
    expect(whyNot({ body: { customer: { name: ['x'] } } }, jsonMessage(order))).toBe('body.customer.name is missing, the filter wants "x"');
    expect(whyNot({ body: { items: { count: [5] } } }, jsonMessage(order))).toBe('no element of body.items fits (2 looked at); the last: body.items.count is 9, the filter wants 5');
    expect(whyNot({ headers: { region: [{ prefix: 'eu' }] } }, messageOf({ headers: { region: 'us' } }))).toBe('headers.region is "us", the filter wants prefix "eu"');
    expect(whyNot({ body: { a: [1] } }, messageOf({ body: Buffer.from('hello') }))).toBe('the body is not JSON');
    expect(whyNot({ body: { $or: [{ a: [1] }, { b: [{ exists: true }] }] } }, jsonMessage({}))).toBe('no alternative of $or in body holds; the last: body.b is missing, the filter wants any value');
    expect(whyNot({ body: { v: [1, 2, 3, 4, 5, 6, 7] } }, jsonMessage({ v: 'x'.repeat(200) }))).toMatch(/^body\.v is "x{76}\.\.\., the filter wants 1 or 2 or 3 or 4 or 5 or one of 2 more$/);
  });
});

describe('a filter that cannot be', () => {
  const deep = (levels: number): unknown => (levels === 0 ? [1] : { a: deep(levels - 1) });
  const bad: [string, unknown, string, RegExp][] = [
    ['no object', 'x', '', /object/],
    ['an array', [], '', /object/],
    ['null', null, '', /object/],
    ['nothing in it', {}, '', /empty/],
    ['an unknown part', { detail: { a: [1] } }, '', /"detail" is not a part/],
    ['an empty part', { body: {} }, 'body', /empty/],
    ['no tests', { body: { a: [] } }, 'body.a', /empty/],
    ['a bare value', { body: { a: 1 } }, 'body.a', /array/],
    ['null as value', { body: { a: null } }, 'body.a', /array/],
    ['a nested array', { body: { a: [[1]] } }, 'body.a[0]', /operator/],
    ['an unknown operator', { body: { a: [{ cidr: '10.0.0.0/8' }] } }, 'body.a[0].cidr', /does not exist/],
    ['a regular expression', { body: { a: [{ regex: '.*' }] } }, 'body.a[0].regex', /does not exist/],
    ['two operators at once', { body: { a: [{ prefix: 'a', suffix: 'b' }] } }, 'body.a[0]', /one operator/],
    ['no operator', { body: { a: [{}] } }, 'body.a[0]', /one operator/],
    ['an operator of the prototype', { body: { a: [{ constructor: 'x' }] } }, 'body.a[0].constructor', /does not exist/],
    ['a prefix that is no text', { body: { a: [{ prefix: 5 }] } }, 'body.a[0].prefix', /text/],
    ['an empty prefix', { body: { a: [{ prefix: '' }] } }, 'body.a[0].prefix', /exists/],
    ['a prefix with another operator in it', { body: { a: [{ prefix: { suffix: 'x' } }] } }, 'body.a[0].prefix', /equals-ignore-case/],
    ['stars beside each other', { body: { a: [{ wildcard: 'a**b' }] } }, 'body.a[0].wildcard', /cannot follow/],
    ['too many stars', { body: { a: [{ wildcard: '*a*b*c*d*e*' }] } }, 'body.a[0].wildcard', /at most 5/],
    ['a lone backslash', { body: { a: [{ wildcard: 'a\\n*' }] } }, 'body.a[0].wildcard', /backslash/],
    ['a backslash at the end', { body: { a: [{ wildcard: 'a\\' }] } }, 'body.a[0].wildcard', /backslash/],
    ['a long wildcard', { body: { a: [{ wildcard: 'a'.repeat(257) }] } }, 'body.a[0].wildcard', /256/],
    ['exists of a text', { body: { a: [{ exists: 'true' }] } }, 'body.a[0].exists', /true or false/],
    ['a numeric text', { body: { a: [{ numeric: ['>', '5'] }] } }, 'body.a[0].numeric', /number/],
    ['an unknown comparison', { body: { a: [{ numeric: ['!=', 5] }] } }, 'body.a[0].numeric', /operator/],
    ['a comparison of the prototype', { body: { a: [{ numeric: ['toString', 5] }] } }, 'body.a[0].numeric', /operator/],
    ['two lower bounds', { body: { a: [{ numeric: ['>', 1, '>=', 2] }] } }, 'body.a[0].numeric', /lower and an upper/],
    ['an empty range', { body: { a: [{ numeric: ['>', 5, '<', 5] }] } }, 'body.a[0].numeric', /less than/],
    ['half a range', { body: { a: [{ numeric: ['>', 5, '<'] }] } }, 'body.a[0].numeric', /operator/],
    ['a number that is none', { body: { a: [Number.NaN] } }, 'body.a[0]', /number from/],
    ['an infinite number', { body: { a: [{ numeric: ['<', Number.POSITIVE_INFINITY] }] } }, 'body.a[0].numeric', /number from/],
    ['an absurd number', { body: { a: [1e300] } }, 'body.a[0]', /number from/],
    ['anything-but nothing', { body: { a: [{ 'anything-but': [] }] } }, 'body.a[0].anything-but', /empty/],
    ['anything-but mixed', { body: { a: [{ 'anything-but': ['a', 1] }] } }, 'body.a[0].anything-but', /not both/],
    ['anything-but null', { body: { a: [{ 'anything-but': null }] } }, 'body.a[0].anything-but', /text/],
    ['anything-but a range', { body: { a: [{ 'anything-but': { numeric: ['>', 1] } }] } }, 'body.a[0].anything-but.numeric', /anything-but takes/],
    ['anything-but twice', { body: { a: [{ 'anything-but': { 'anything-but': 'a' } }] } }, 'body.a[0].anything-but.anything-but', /anything-but takes/],
    ['one alternative', { body: { $or: [{ a: [1] }] } }, 'body.$or', /at least two/],
    ['an alternative that is a test', { body: { $or: [{ a: [1] }, 5] } }, 'body.$or[1]', /object/],
    ['alternatives at the top with nothing in them', { $or: [{ body: { a: [1] } }, {}] }, '$or[1]', /empty/],
    ['a field of the prototype', JSON.parse('{"body":{"__proto__":{"a":[1]}}}'), 'body', /cannot name/],
    ['a field without a name', { body: { '': [1] } }, 'body', /cannot name/],
    ['an unknown property', { properties: { body: ['x'] } }, 'properties', /not a property/],
    ['fields below a header', { headers: { a: { b: [1] } } }, 'headers.a', /single values/],
    ['a header twice', { headers: { A: ['x'], a: ['y'] } }, 'headers.a', /twice/],
    ['NUL', { body: { a: ['\0'] } }, 'body.a[0]', /NUL/],
    ['half a surrogate pair', { body: { ['\ud800']: ['x'] } }, 'body', /surrogates/],
    ['a long text', { body: { a: ['x'.repeat(1_025)] } }, 'body.a[0]', /1024/],
    ['a long name', { body: { ['x'.repeat(257)]: [1] } }, 'body', /256/],
    ['too deep', { body: deep(9) }, 'body.a.a.a.a.a.a.a.a', /8 levels/],
    ['endlessly deep', { body: deep(5_000) }, 'body.a.a.a.a.a.a.a.a', /8 levels/],
    ['too many tests', { body: { a: Array.from({ length: 301 }, (_, i) => i) } }, 'body.a[300]', /300 tests/],
    ['too many values in anything-but', { body: { a: [{ 'anything-but': Array.from({ length: 301 }, (_, i) => i) }] } }, 'body.a[0].anything-but', /300 tests/],
    ['too much text', { body: { a: Array.from({ length: 20 }, (_, i) => String(i).padEnd(1_000)) } }, 'body.a[16]', /16384 characters/],
  ];

  it.each(bad)('is refused: %s', (_name, filter, path, reason) => {
    expect(() => compileFilter(filter)).toThrow(expect.objectContaining({ code: 'filter_invalid', params: { path, reason: expect.stringMatching(reason) } }));
  });

  it('is refused by its code whatever it is; what is taken never throws later', () => {
    const anything = fc.oneof(fc.anything(), fc.record({ body: fc.jsonValue() }), fc.record({ headers: fc.dictionary(fc.string(), fc.array(fc.jsonValue())) }));
    fc.assert(
      fc.property(anything, fc.jsonValue(), (filter, body) => {
        let compiled;
        try {
          compiled = compileFilter(filter);
        } catch (error) {
          expect(error).toMatchObject({ code: 'filter_invalid' });
          return;
        }
        expect(typeof compiled.holds(new MessageView(jsonMessage(body)))).toBe('boolean');
      }),
      { numRuns: 1_000 },
    );
  });

  it('as large and deep as the limits is taken', () => {
    expect(() => compileFilter({ body: deep(filterLimits.levels) })).not.toThrow();
    expect(() => compileFilter({ body: { a: Array.from({ length: filterLimits.tests }, (_, i) => i) } })).not.toThrow();
    expect(() => compileFilter({ body: { a: [{ wildcard: '*a*b*c*d*' }, filterLimits.number, -filterLimits.number] } })).not.toThrow();
  });
});
