import { describe, expect, it } from '@jest/globals';
import { messageInput } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { decodeCbor, encodeCbor } from '@waybill/platform';
import fc from 'fast-check';
import { batchOf, cborBatchOf } from './batch-input.js';
import { checkName, messageOf, outgoingMessageOf } from './message-input.js';

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

describe('a message of CBOR', () => {
  const inCbor = (message: unknown) => messageOf(decodeCbor(encodeCbor(message)), rules);

  it('has bytes as they are, or text as in JSON', () => {
    expect(inCbor({ body: Buffer.from([0xff, 0]), key: 'k' })).toMatchObject({ body: Buffer.from([0xff, 0]), properties: { key: 'k', contentType: 'application/octet-stream', headers: {} } });
    expect(inCbor({ body: Buffer.from('x'), contentType: 'text/plain', headers: { 'X-A': '1' }, ttlSeconds: 3, group: 'g' })).toEqual(messageOf({ body: 'x', contentType: 'text/plain', headers: { 'X-A': '1' }, ttlSeconds: 3, group: 'g' }, rules));
    expect(inCbor({ body: 'ä' })).toEqual(messageOf({ body: 'ä' }, rules));
    expect([...inCbor({ body: 'AAE=', bodyEncoding: 'base64' }).body]).toEqual([0, 1]);
    expect(inCbor({ body: Buffer.alloc(100), priority: 1 }).body).toHaveLength(100);
  });

  it.each([
    ['bytes', Buffer.from('x'), 'request_invalid'],
    ['a body of bytes with an encoding', { body: Buffer.from('x'), bodyEncoding: 'utf8' }, 'request_invalid'],
    ['a body that is too long', { body: Buffer.alloc(101) }, 'request_body_too_large'],
    ['a body that is too long beside other properties', { body: Buffer.alloc(101), priority: 1 }, 'request_body_too_large'],
    ['bytes for a key', { body: 'x', key: Buffer.from('k') }, 'request_invalid'],
    ['bytes for a content type', { body: Buffer.from('x'), contentType: Buffer.from('k') }, 'request_invalid'],
    ['bytes for a header', { body: Buffer.from('x'), headers: { a: Buffer.from('k') } }, 'request_invalid'],
    ['bytes for headers', { body: Buffer.from('x'), headers: Buffer.from('k') }, 'request_invalid'],
    ['no number for a priority', { body: Buffer.from('x'), priority: NaN }, 'request_invalid'],
    ['an endless delay', { body: Buffer.from('x'), delaySeconds: Infinity }, 'delay_invalid'],
    ['no number for a time to live', { body: Buffer.from('x'), ttlSeconds: NaN }, 'delay_invalid'],
  ])('with %s is refused', (_name, input, code) => {
    expect(() => inCbor(input)).toThrow(refusal(code));
  });
});

describe('a message that has only body, content type and key', () => {
  const text = fc.oneof(
    fc.constantFrom('', 'text/plain', 'a\tb', 'a\0', '\ud800', '\u0080', 'k'.repeat(255), 'k'.repeat(256), 'ä'.repeat(128), 'ä'.repeat(127), 'x'.repeat(101), 'ä'.repeat(51), '__proto__'),
    fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const odd = fc.constantFrom(null, 1, true, [], {}, { type: 'Buffer', data: [1] });
  const field = fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: odd });
  const outcome = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      const { code, params, issues } = error as WaybillError;
      return { code, params, issues };
    }
  };
  const byContract = (input: unknown) => {
    const parsed = messageInput.safeParse(input);
    return parsed.success ? outgoingMessageOf(parsed.data, rules) : messageOf(Object.assign(Object(input) as object, { priority: undefined }), rules);
  };

  it('is taken and refused exactly as by the contract', () => {
    const input = fc.record({ body: field, contentType: field, key: field }, { requiredKeys: [] });
    fc.assert(fc.property(input, (message) => expect(outcome(() => messageOf({ ...message }, rules))).toEqual(outcome(() => byContract({ ...message })))), { numRuns: 2_000 });
  });

  it('is the same with bytes for its body', () => {
    const input = fc.record({ body: fc.constantFrom('', 'x', 'ä'.repeat(50), 'ä'.repeat(51)), contentType: field, key: field }, { requiredKeys: ['body'] });
    fc.assert(fc.property(input, ({ body, ...rest }) => expect(outcome(() => messageOf({ body: Buffer.from(body), ...rest }, rules))).toEqual(outcome(() => byContract({ body, ...rest })))), { numRuns: 2_000 });
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

describe('a batch in CBOR', () => {
  const read = (batch: unknown) => cborBatchOf(encodeCbor(batch), rules);

  it('gives the messages in order, their bytes a view of what was sent', () => {
    const sent = encodeCbor({ messages: [{ body: Buffer.from('a') }, { body: 'b' }], mode: 'each' });
    const batch = cborBatchOf(sent, rules);
    expect(batch).toMatchObject({ mode: 'each', messages: [{ body: Buffer.from('a') }, { body: Buffer.from('b') }] });
    expect((batch.messages[0] as { body: Buffer }).body.buffer).toBe(sent.buffer);
  });

  it('names the message that spoils it, or keeps what fits', () => {
    const messages = [{ body: Buffer.from('ok') }, { body: Buffer.alloc(101) }, Buffer.from('x')];
    expect(() => read({ messages })).toThrow(expect.objectContaining({ code: 'batch_invalid', params: expect.objectContaining({ index: 1 }) }));
    expect(read({ messages, mode: 'each' }).messages.map((message) => (message instanceof WaybillError ? message.code : 'fits'))).toEqual(['fits', 'request_body_too_large', 'request_invalid']);
  });

  it.each([
    ['', 'request_malformed_cbor'], ['7b7d', 'request_malformed_cbor'], ['80', 'request_invalid'], ['f6', 'request_invalid'], ['5a0000000401020304', 'request_invalid'], ['a0', 'request_invalid'],
    ['a1686d657373616765738140', 'batch_invalid'], [`a1686d65737361676573${'81'.repeat(100)}00`, 'body_too_deep'], ['a1686d6573736167657381a164626f647961', 'request_malformed_cbor'],
    ['a1686d6573736167657381a164626f647961ff', 'text_invalid'], ['a1686d6573736167657381a164626f6479c000', 'request_malformed_cbor'], ['a1686d6573736167657381a164626f6479400000', 'request_malformed_cbor'],
  ])('of %.60s is refused with %s', (hex, code) => {
    expect(() => cborBatchOf(Buffer.from(hex, 'hex'), rules)).toThrow(refusal(code));
  });

  it('of too many messages is refused', () => {
    expect(() => read({ messages: Array(1001).fill({ body: '' }) })).toThrow(refusal('batch_too_large'));
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
