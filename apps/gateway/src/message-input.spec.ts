import { describe, expect, it } from '@jest/globals';
import { WaybillError } from '@waybill/kernel';
import { batchOf } from './batch-input.js';
import { checkName, messageOf } from './message-input.js';

const rules = { exchange: 'events', bodyLimitBytes: 100, nowMs: Date.UTC(2026, 0, 1) };
const refusal = (code: string) => expect.objectContaining({ code });
const batch = (messages: unknown, more: object = {}) => Buffer.from(JSON.stringify({ messages, ...more }));

describe('a message of JSON', () => {
  it('is text or base64 with its properties', () => {
    expect(messageOf({ body: 'ä', contentType: 'text/plain', headers: { 'X-A': '1' }, delaySeconds: 2, ttlSeconds: 3, group: 'g' }, rules)).toEqual({
      properties: {
        key: '', contentType: 'text/plain', exchange: 'events', priority: 0, headers: { 'x-a': '1' }, group: 'g',
        dedupId: undefined, replyTo: undefined, correlationId: undefined, traceparent: undefined, expiresAtMs: rules.nowMs + 3000,
      },
      body: Buffer.from('ä'), delayMs: 2000, ttlMs: 3000,
    });
    expect([...messageOf({ body: 'AAE=', bodyEncoding: 'base64' }, rules).body]).toEqual([0, 1]);
    expect([...messageOf({ body: 'AAE', bodyEncoding: 'base64' }, rules).body]).toEqual([0, 1]);
  });

  it.each([
    ['no body', {}, 'request_invalid'],
    ['no object', 'x', 'request_invalid'],
    ['an array', [], 'request_invalid'],
    ['an unknown field', { body: 'x', prioritty: 1 }, 'request_invalid'],
    ['a body that is no text', { body: { deep: [] } }, 'request_invalid'],
    ['a body that is too long', { body: 'x'.repeat(101) }, 'request_body_too_large'],
    ['base64 that is not', { body: 'a*b', bodyEncoding: 'base64' }, 'request_invalid'],
    ['base64 that is cut', { body: 'AAAAA', bodyEncoding: 'base64' }, 'request_invalid'],
    ['base64 padded wrongly', { body: 'AA=', bodyEncoding: 'base64' }, 'request_invalid'],
    ['a key over its bytes', { body: 'x', key: 'ä'.repeat(200) }, 'pattern_too_long'],
    ['an empty group', { body: 'x', group: '' }, 'request_invalid'],
    ['a group over its bytes', { body: 'x', group: 'ä'.repeat(100) }, 'request_invalid'],
    ['a NUL in the group', { body: 'x', group: 'a\0b' }, 'text_invalid'],
    ['a newline in a header', { body: 'x', headers: { a: 'b\r\nc: d' } }, 'text_invalid'],
    ['half a character in the key', { body: 'x', key: '\ud800' }, 'text_invalid'],
    ['half a character in the body', { body: '\ud800' }, 'text_invalid'],
    ['the same header twice', { body: 'x', headers: { 'X-A': '1', 'x-a': '2' } }, 'header_duplicated'],
    ['a header that is no name', { body: 'x', headers: { 'a b': '1' } }, 'request_invalid'],
    ['too many headers', { body: 'x', headers: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`h${i}`, ''])) }, 'request_invalid'],
    ['a negative delay', { body: 'x', delaySeconds: -1 }, 'delay_invalid'],
    ['an absurd delay', { body: 'x', delaySeconds: 1e300 }, 'delay_invalid'],
    ['a date that is none', { body: 'x', notBefore: '2026-13-01T00:00:00Z' }, 'delay_invalid'],
    ['a date past the limit', { body: 'x', expiresAt: '2099-01-01T00:00:00Z' }, 'delay_invalid'],
    ['a date that has passed', { body: 'x', expiresAt: '2025-01-01T00:00:00Z' }, 'delay_invalid'],
    ['an absurd priority', { body: 'x', priority: 1e9 }, 'request_invalid'],
  ])('with %s is refused', (_name, input, code) => {
    expect(() => messageOf(input, rules)).toThrow(refusal(code));
  });

  it('keeps a header called like a property of every object', () => {
    const { properties } = messageOf(JSON.parse('{"body":"x","headers":{"__proto__":"a","constructor":"b"}}'), rules);
    expect(Object.keys(properties.headers)).toEqual(expect.arrayContaining(['constructor']));
    expect(Object.getPrototypeOf(properties.headers)).toBeNull();
  });
});

describe('a batch', () => {
  it('gives the messages in order', () => {
    expect(batchOf(batch([{ body: 'a' }, { body: 'b' }]), rules)).toMatchObject({ mode: 'all', messages: [{ body: Buffer.from('a') }, { body: Buffer.from('b') }] });
  });

  it.each([
    ['a body over the limit of one message', [{ body: 'ok' }, { body: 'x'.repeat(101) }], 1],
    ['an unknown field', [{ body: 'x', prioritty: 1 }], 0],
    ['a negative delay', [{ body: 'x', delaySeconds: -1 }], 0],
    ['a message that is no object', ['x'], 0],
  ])('with %s is refused whole and names the message', (_name, messages, index) => {
    expect(() => batchOf(batch(messages), rules)).toThrow(expect.objectContaining({ code: 'batch_invalid', params: expect.objectContaining({ index }) }));
  });

  it('in mode each keeps what fits and says what does not', () => {
    const { messages } = batchOf(batch([{ body: 'x', priority: 99 }, { body: 'ok' }, { body: 'x', ttlSeconds: 0 }], { mode: 'each' }), rules);
    expect(messages.map((message) => (message instanceof WaybillError ? message.code : 'fits'))).toEqual(['request_invalid', 'fits', 'delay_invalid']);
  });

  it.each([
    ['{', 'request_malformed_json'], ['[]', 'request_invalid'], ['{"messages":{}}', 'request_invalid'], ['{"messages":[]}', 'request_invalid'], ['null', 'request_invalid'],
    ['{"messages":[{"body":"x"}],"mode":"some"}', 'request_invalid'], ['{"messages":[{"body":"x"}],"more":1}', 'request_invalid'],
    [`{"messages":${'['.repeat(100)}${']'.repeat(100)}}`, 'body_too_deep'], [JSON.stringify({ messages: Array(1001).fill({ body: '' }) }), 'batch_too_large'],
  ])('of %.40s is refused with %s', (text, code) => {
    expect(() => batchOf(Buffer.from(text), rules)).toThrow(refusal(code));
  });

  it('that is not UTF-8 is refused', () => {
    expect(() => batchOf(Buffer.concat([Buffer.from('{"messages":[{"body":"'), Buffer.from([0xff]), Buffer.from('"}]}')]), rules)).toThrow(refusal('text_invalid'));
  });
});

describe('names', () => {
  it.each(['', '.a', 'a b', 'a/b', 'a{b}', 'ä', 'a\n', 'a'.repeat(128), '__proto__'])('refuse %j', (name) => {
    expect(() => checkName(name)).toThrow(refusal('name_invalid'));
  });
  it.each(['a', 'A.b-c_9', '0', 'a'.repeat(127)])('allow %j', (name) => {
    expect(checkName(name)).toBe(name);
  });
});
