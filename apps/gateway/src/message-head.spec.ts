import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { headOf } from './message-head.js';

const nowMs = Date.UTC(2026, 0, 1);
/** As Node hands headers over: joined by name, and raw. */
const sent = (pairs: readonly (readonly [string, string])[]) => {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) headers[name.toLowerCase()] = name.toLowerCase() in headers ? `${headers[name.toLowerCase()]}, ${value}` : value;
  return { headers, rawHeaders: pairs.flat() };
};
const head = (headers: Record<string, string>) => headOf(sent(Object.entries(headers)), 'events', nowMs);
const refusal = (code: string) => expect.objectContaining({ code });
const latin1 = (text: string) => Buffer.from(text).toString('latin1');

describe('what the headers of a publish say', () => {
  it('is the properties; absent ones are absent', () => {
    expect(head({ 'waybill-key': 'a.b', 'waybill-priority': '3', 'waybill-h-x-y': 'z', 'content-type': 'text/plain', host: 'h', accept: '*/*' })).toEqual({
      properties: {
        key: 'a.b', priority: 3, contentType: 'text/plain', exchange: 'events', headers: { 'x-y': 'z' },
        group: undefined, dedupId: undefined, replyTo: undefined, correlationId: undefined, traceparent: undefined, expiresAtMs: undefined,
      },
      times: undefined, idempotencyKey: undefined, cloudEvent: false, keyed: true,
    });
  });

  it('is decoded from UTF-8, which Node hands over as Latin-1', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (key) => {
        expect(head({ 'waybill-key': latin1(key) }).properties.key).toBe(key);
      }),
    );
  });

  it('never lets through what is not UTF-8 or has control characters, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
        const value = Buffer.from(bytes.map((byte) => (byte < 0x20 || byte === 0x7f ? 0x80 : byte))).toString('latin1');
        let group: string | undefined;
        try {
          group = head({ 'waybill-group': value }).properties.group;
        } catch (error) {
          expect(error).toEqual(refusal('text_invalid'));
          return;
        }
        expect(Buffer.from(group as string).toString('latin1')).toBe(value);
        expect(group).not.toMatch(/[\u0080-\u009f]/);
      }),
    );
  });

  it('turns times into milliseconds from now', () => {
    expect(head({ 'waybill-delay': '1.5', 'waybill-ttl': '60' })).toMatchObject({ times: { delayMs: 1500, ttlMs: 60_000 }, properties: { expiresAtMs: nowMs + 60_000 } });
    expect(head({ 'waybill-not-before': '2026-01-01T01:00:00Z', 'waybill-expires-at': '2026-01-02T00:00:00.5Z' }).times).toEqual({ delayMs: 3_600_000, ttlMs: 86_400_500 });
    expect(head({ 'waybill-not-before': '2020-01-01T00:00:00Z' }).times).toEqual({ delayMs: 0, ttlMs: undefined });
    expect(head({ 'waybill-delay': '31622400' }).times).toEqual({ delayMs: 31_622_400_000, ttlMs: undefined });
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
    ['waybill-unknown', 'x', 'request_header_invalid'],
    ['idempotency-key', 'x'.repeat(129), 'request_header_invalid'],
    ['content-type', `text/${'x'.repeat(251)}`, 'request_header_invalid'],
    ['waybill-delay', '-1', 'delay_invalid'],
    ['waybill-delay', '1e3', 'delay_invalid'],
    ['waybill-delay', 'NaN', 'delay_invalid'],
    ['waybill-delay', '0x10', 'delay_invalid'],
    ['waybill-delay', '31622400.1', 'delay_invalid'],
    ['waybill-delay', '9'.repeat(400), 'delay_invalid'],
    ['waybill-ttl', '0', 'delay_invalid'],
    ['waybill-ttl', '31622401', 'delay_invalid'],
    ['waybill-not-before', 'tomorrow', 'delay_invalid'],
    ['waybill-not-before', '2026-02-30T00:00:00Z', 'delay_invalid'],
    ['waybill-not-before', '2026-01-01T00:00:00+02:00', 'delay_invalid'],
    ['waybill-not-before', '2027-01-03T00:00:00Z', 'delay_invalid'],
    ['waybill-expires-at', '2025-12-31T23:59:59Z', 'delay_invalid'],
    ['waybill-expires-at', '9999-12-31T23:59:59Z', 'delay_invalid'],
  ])('is refused with %s: %.20s', (header, value, code) => {
    expect(() => head({ [header]: latin1(value) })).toThrow(refusal(code));
  });

  it.each([
    [{ 'waybill-delay': '1', 'waybill-not-before': '2026-01-02T00:00:00Z' }],
    [{ 'waybill-ttl': '1', 'waybill-expires-at': '2026-01-02T00:00:00Z' }],
    [{ 'waybill-delay': '60', 'waybill-ttl': '60' }],
  ])('is refused when two times contradict each other: %j', (headers) => {
    expect(() => head(headers)).toThrow(refusal('delay_invalid'));
  });

  it.each(['waybill-key', 'Waybill-Group', 'waybill-h-a', 'idempotency-key', 'ce-id', 'content-type', 'traceparent'])('is refused when %s is sent twice', (name) => {
    expect(() => headOf(sent([['host', 'h'], [name, 'a'], [name.toLowerCase(), 'a']]), undefined, nowMs)).toThrow(refusal('header_duplicated'));
  });

  it('may repeat headers that mean nothing here', () => {
    expect(headOf(sent([['accept', 'a'], ['accept', 'b'], ['waybill-key', 'k']]), undefined, nowMs).properties.key).toBe('k');
  });

  it('has at most 64 headers of the sender', () => {
    const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`waybill-h-${i}`, 'x']));
    expect(Object.keys(head(headers(64)).properties.headers)).toHaveLength(64);
    expect(() => head(headers(65))).toThrow(refusal('request_header_invalid'));
  });

  it('keeps a header called like a property of every object', () => {
    expect(Object.keys(head({ 'waybill-h-__proto__': 'x', 'waybill-h-constructor': 'y' }).properties.headers).sort()).toEqual(['__proto__', 'constructor']);
  });

  it('ignores a trace context that is too long, as its specification wants', () => {
    expect(head({ traceparent: 'x'.repeat(129) }).properties.traceparent).toBeUndefined();
  });
});
