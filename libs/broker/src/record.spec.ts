import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeRecord, encodeRecord } from './record.js';

const text = fc.string({ unit: 'binary', maxLength: 200 });
const maybe = fc.option(text, { nil: undefined });
const properties = fc.record({
  key: text, contentType: text, exchange: maybe, priority: fc.integer({ min: 0, max: 9 }),
  headers: fc.dictionary(fc.stringMatching(/^[a-z0-9-]{1,20}$/), text, { maxKeys: 5 }),
  group: maybe, dedupId: maybe, replyTo: maybe, correlationId: maybe, traceparent: maybe, id: maybe,
  expiresAtMs: fc.option(fc.nat(), { nil: undefined }),
  storedBody: fc.option(fc.record({ id: text, bytes: fc.nat() }), { nil: undefined }),
  death: fc.option(fc.record({ reason: text, queue: text, atMs: fc.nat(), deliveries: fc.nat() }), { nil: undefined }),
});
const body = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes));
const present = (value: object) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));

describe('a record', () => {
  it('gives back properties and body unchanged', () => {
    fc.assert(
      fc.property(properties, body, (given, bytes) => {
        const decoded = decodeRecord(encodeRecord(given, bytes).bytes);
        expect(present(decoded.properties)).toEqual({ ...present(given), headers: { ...given.headers } });
        expect(decoded.body.equals(bytes)).toBe(true);
      }),
    );
  });

  it('is never read when it is cut', () => {
    const { bytes } = encodeRecord({ key: 'order.created', contentType: 'text/plain', priority: 0, headers: { a: 'b' } }, Buffer.alloc(0));
    for (let length = 0; length < bytes.length; length += 1) expect(() => decodeRecord(bytes.subarray(0, length))).toThrow();
  });

  it.each([
    [0, 1], [1, 1], [1014, 1], [1015, 2], [10_240, 11],
  ])('with a body of %i bytes and 10 bytes of properties is metered as %i KiB', (bodyBytes, kib) => {
    const record = encodeRecord({ key: '', contentType: 'text/plain', priority: 0, headers: {} }, Buffer.alloc(bodyBytes));
    expect(record.kib).toBe(kib);
    expect(record.bytes.readUIntBE(1, 3)).toBe(kib);
  });

  it('adds at most 30 bytes to a message with a key and a content type', () => {
    const { bytes } = encodeRecord({ key: 'order.created', contentType: 'application/json', priority: 0, headers: {} }, Buffer.alloc(256));
    expect(bytes.length - 256 - 'order.created'.length - 'application/json'.length).toBeLessThanOrEqual(30);
  });
});
