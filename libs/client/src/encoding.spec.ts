import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { binary, structured } from './cloud-event.js';
import { eventsOf } from './consuming/event-stream.js';
import { linesOf, textLines } from './json-lines.js';
import { editsOf, headersOf, inputOf } from './outgoing-message.js';
import { ServerClock } from './time.js';
import { HeldTime } from './testing/held-time.js';

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

describe('headers of a message', () => {
  it('are Latin-1 that reads as the text in UTF-8, or absent as a whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const headers = headersOf({ body: 'x', group: text, headers: { Own: text } });
        if (headers === undefined) return expect(text).toMatch(/[\p{Cc}]|^ | $/u);
        expect(() => new Headers(headers)).not.toThrow();
        expect(Buffer.from(headers['waybill-group'] ?? '', 'latin1').toString('utf8')).toBe(text);
        expect(headers['waybill-h-own']).toBe(headers['waybill-group']);
      }),
    );
  });

  it('name every property', () => {
    const at = new Date('2026-01-02T03:04:05Z');
    expect(headersOf({ json: 1, key: 'k', priority: 9, delaySeconds: 1, notBefore: at, ttlSeconds: 2, expiresAt: at, group: 'g', dedupId: 'd', replyTo: 'r', correlationId: 'c', traceparent: 't' })).toEqual({
      'content-type': 'application/json', 'waybill-key': 'k', 'waybill-priority': '9', 'waybill-delay': '1', 'waybill-not-before': '2026-01-02T03:04:05.000Z', 'waybill-ttl': '2',
      'waybill-expires-at': '2026-01-02T03:04:05.000Z', 'waybill-group': 'g', 'waybill-dedup-id': 'd', 'waybill-reply-to': 'r', 'waybill-correlation-id': 'c', traceparent: 't',
    });
  });
});

describe('a message of a batch', () => {
  it('carries any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const { body, bodyEncoding } = inputOf({ body: bytes });
        expect(new Uint8Array(Buffer.from(body, bodyEncoding))).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  it('has nothing that was not given', () => {
    expect(inputOf({ body: 'x', key: undefined })).toEqual({ body: 'x', contentType: 'text/plain; charset=utf-8' });
  });

  it('as an edit leaves the body alone unless one is given', () => {
    expect(editsOf({ priority: 3 })).toEqual({ priority: 3 });
    expect(editsOf({ json: { a: 1 } })).toEqual({ body: '{"a":1}', contentType: 'application/json' });
  });
});

describe('lines', () => {
  it('come out as they went in, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }), { maxLength: 20 }), fc.integer({ min: 1, max: 40 }), async (objects, size) => {
        const bytes = Buffer.concat(await all(linesOf(objects) as AsyncIterable<Uint8Array>));
        const lines = await all(textLines(inPieces(bytes, size)));
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(objects);
      }),
    );
  });

  it('end with a carriage return too, and the last one without an end', async () => {
    expect(await all(textLines(inPieces(Buffer.from('a\r\n\r\nb'), 1)))).toEqual(['a', '', 'b']);
  });
});

describe('server-sent events', () => {
  it('are read by the standard, comments left out', async () => {
    const text = ': hello\n\nevent: message\nid: 1\ndata: {"a":\ndata: 1}\n\ndata:x\n\nevent: end\n\ndata: cut off';
    expect(await all(eventsOf(textLines(inPieces(Buffer.from(text), 3))))).toEqual([{ event: 'message', data: '{"a":\n1}' }, { event: 'message', data: 'x' }]);
  });
});

describe('a CloudEvent', () => {
  it('gets id, time and version', () => {
    expect(structured({ source: '/s', type: 't', data: { a: 1 } })).toMatchObject({ specversion: '1.0', source: '/s', type: 't', datacontenttype: 'application/json', data: { a: 1 }, id: expect.any(String), time: expect.stringMatching(/Z$/) });
  });

  it('in binary mode has attributes as percent-encoded headers', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (subject) => {
        const { headers } = binary({ source: '/s', type: 't', subject });
        expect(headers['ce-subject']).toMatch(/^[\x21\x23-\x7e]+$/);
        expect(Buffer.from(decodeURIComponent(headers['ce-subject'] ?? '')).toString()).toBe(Buffer.from(subject).toString());
      }),
    );
  });

  it('in binary mode has its data as the body', () => {
    expect(binary({ source: 's', type: 't', data: { a: 1 } }).body).toBe('{"a":1}');
    expect(binary({ source: 's', type: 't', datacontenttype: 'text/plain', data: 'plain' }).body).toBe('plain');
    expect(binary({ source: 's', type: 't', datacontenttype: 'image/png', data_base64: 'AP8=' }).body).toEqual(Buffer.from([0, 255]));
  });
});

describe("the server's clock", () => {
  it('is known to a second after one answer and better after more', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 20 }), (ahead, pauses) => {
        const time = new HeldTime();
        const clock = new ServerClock(time);
        for (const pause of pauses) {
          time.advance(pause);
          clock.observe(new Date(time.now() + ahead).toUTCString(), time.now());
        }
        const moment = new Date(time.now() + ahead + 30_000).toISOString();
        expect(Math.abs(clock.until(moment) - 30_000)).toBeLessThanOrEqual(500);
      }),
    );
  });

  it('is taken for ours until an answer came, and learnt anew when a clock was set', () => {
    const time = new HeldTime();
    const clock = new ServerClock(time);
    expect(clock.until(new Date(time.now() + 5_000).toISOString())).toBe(5_000);
    clock.observe(new Date(time.now()).toUTCString(), time.now());
    clock.observe(new Date(time.now() + 3_600_000).toUTCString(), time.now());
    expect(Math.abs(clock.until(new Date(time.now() + 3_605_000).toISOString()) - 5_000)).toBeLessThanOrEqual(1_000);
  });
});
