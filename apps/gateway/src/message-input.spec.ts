import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { batchOf, checkName, propertiesOf } from './message-input.js';

const refusal = (code: string) => expect.objectContaining({ code });
const batch = (messages: unknown) => Buffer.from(JSON.stringify({ messages }));

describe('properties of a single message', () => {
  it('come from the waybill headers; absent ones are absent', () => {
    expect(propertiesOf({ 'waybill-key': 'a.b', 'waybill-priority': '3', 'waybill-h-x-y': 'z', 'content-type': 'text/plain' }, 'events')).toEqual({
      key: 'a.b', priority: 3, contentType: 'text/plain', exchange: 'events', headers: { 'x-y': 'z' },
      group: undefined, dedupId: undefined, replyTo: undefined, correlationId: undefined, traceparent: undefined,
    });
  });

  it('decode UTF-8, which Node hands over as Latin-1', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (key) => {
        expect(propertiesOf({ 'waybill-key': Buffer.from(key).toString('latin1') }, undefined).key).toBe(key);
      }),
    );
  });

  it.each([
    ['waybill-key', 'k'.repeat(256), 'pattern_too_long'],
    ['waybill-key', 'ä'.repeat(200), 'pattern_too_long'],
    ['waybill-priority', '10', 'request_header_invalid'],
    ['waybill-priority', '-1', 'request_header_invalid'],
    ['waybill-priority', '1e0', 'request_header_invalid'],
    ['waybill-group', '', 'request_header_invalid'],
    ['waybill-group', 'g'.repeat(129), 'request_header_invalid'],
    ['waybill-reply-to', 'r'.repeat(256), 'request_header_invalid'],
    ['waybill-h-', 'x', 'request_header_invalid'],
    ['waybill-h-big', 'x'.repeat(4097), 'request_header_invalid'],
  ])('refuse %s: %.12s with %s', (header, value, code) => {
    const latin1 = Buffer.from(value).toString('latin1');
    expect(() => propertiesOf({ [header]: latin1 }, undefined)).toThrow(refusal(code));
  });

  it('refuse more than 64 headers of the sender', () => {
    const headers = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`waybill-h-${i}`, 'x']));
    expect(() => propertiesOf(headers, undefined)).toThrow(refusal('request_header_invalid'));
  });

  it('keep a header called like a property of every object', () => {
    const { headers } = propertiesOf({ 'waybill-h-__proto__': 'x', 'waybill-h-constructor': 'y' }, undefined);
    expect(Object.keys(headers).sort()).toEqual(['__proto__', 'constructor']);
  });
});

describe('a batch', () => {
  it('gives the messages in order, text and base64', () => {
    const messages = batchOf(batch([{ body: 'ä', contentType: 'text/plain', headers: { 'X-A': '1' } }, { body: 'AAE=', bodyEncoding: 'base64', key: 'k' }]), 'x', 100);
    expect(messages.map(({ body }) => [...body])).toEqual([[0xc3, 0xa4], [0, 1]]);
    expect(messages[0]?.properties).toMatchObject({ headers: { 'x-a': '1' }, exchange: 'x', key: '', priority: 0 });
  });

  it.each([
    ['a body over the limit of one message', [{ body: 'ok' }, { body: 'x'.repeat(101) }], 1],
    ['an unknown field', [{ body: 'x', prioritty: 1 }], 0],
    ['a key over its limit', [{ body: 'x', key: 'ä'.repeat(200) }], 0],
    ['base64 that is not', [{ body: 'a*b', bodyEncoding: 'base64' }], 0],
    ['no body', [{}], 0],
    ['a message that is no object', ['x'], 0],
  ])('with %s is refused whole and names the message', (_name, messages, index) => {
    expect(() => batchOf(batch(messages), undefined, 100)).toThrow(expect.objectContaining({ code: 'batch_invalid', params: expect.objectContaining({ index }) }));
  });

  it.each([['{', 'request_malformed_json'], ['[]', 'request_invalid'], ['{"messages":{}}', 'request_invalid'], ['{"messages":[]}', 'request_invalid'], ['null', 'request_invalid']])(
    'of %s is refused with %s',
    (text, code) => {
      expect(() => batchOf(Buffer.from(text), undefined, 100)).toThrow(refusal(code));
    },
  );
});

describe('names', () => {
  it.each(['', '.a', 'a b', 'a/b', 'a{b}', 'ä', 'a\n', 'a'.repeat(128), '__proto__'])('refuse %j', (name) => {
    expect(() => checkName(name)).toThrow(refusal('name_invalid'));
  });
  it.each(['a', 'A.b-c_9', '0', 'a'.repeat(127)])('allow %j', (name) => {
    expect(checkName(name)).toBe(name);
  });
});
