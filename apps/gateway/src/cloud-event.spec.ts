import { describe, expect, it } from '@jest/globals';
import { eventBatch, structuredEvent, withBinaryEvent } from './cloud-event.js';
import { headOf } from './message-head.js';

const options = { dedup: false };
const head = (headers: Record<string, string> = {}) => headOf({ headers, rawHeaders: Object.entries(headers).flat() }, 'events', 0);
const attributes = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'order.created' };
const headersOf = (event: Record<string, string>) => Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, value]));
const binary = (event: Record<string, string>, more: Record<string, string> = {}, dedup = false) => {
  const headers = { 'content-type': 'application/json', ...headersOf(event), ...more };
  return withBinaryEvent(head(headers), headers, { dedup });
};
const structured = (event: unknown, more: Record<string, string> = {}) => structuredEvent(head(more), Buffer.from(JSON.stringify(event)), options);
const invalid = (attribute: string) => expect.objectContaining({ code: 'cloudevent_invalid', params: expect.objectContaining({ attribute }) });

describe('a CloudEvent in binary mode', () => {
  it('is routed by its type and carries its attributes as headers', () => {
    expect(binary({ ...attributes, subject: 'o/1', partitionkey: 'p' }).properties).toMatchObject({
      key: 'order.created', contentType: 'application/json', group: 'p', dedupId: undefined,
      headers: { 'ce-specversion': '1.0', 'ce-id': 'A-1', 'ce-source': '/shop', 'ce-type': 'order.created', 'ce-subject': 'o/1', 'ce-partitionkey': 'p' },
    });
  });

  it('obeys the headers of the sender before its own attributes', () => {
    const { properties } = binary({ ...attributes, subject: 's', partitionkey: 'p' }, { 'waybill-key': 'mine', 'waybill-group': 'g', 'waybill-h-x': 'y' });
    expect(properties).toMatchObject({ key: 'mine', group: 'g', headers: { x: 'y', 'ce-id': 'A-1' } });
    expect(binary(attributes, { 'waybill-key': '' }).properties.key).toBe('');
  });

  it('has its subject as group when there is no partition key, unless that is too long', () => {
    expect(binary({ ...attributes, subject: 's' }).properties.group).toBe('s');
    expect(binary({ ...attributes, subject: 's'.repeat(129) }).properties.group).toBeUndefined();
  });

  it('asked to, has a dedup id of its source and id', () => {
    const of = (event: Record<string, string>) => binary({ ...attributes, ...event }, {}, true).properties.dedupId;
    expect(of({})).toMatch(/^[\w-]{43}$/);
    expect(of({})).toBe(of({ type: 'other' }));
    expect(new Set([of({}), of({ id: 'A-2' }), of({ source: '/s' })]).size).toBe(3);
    expect(binary(attributes, { 'waybill-dedup-id': 'd' }, true).properties.dedupId).toBe('d');
  });

  it('may quote and percent-encode its attributes', () => {
    expect(binary({ ...attributes, subject: '%C3%A4%20%22', extension: '"a \\"b\\""' }).properties.headers).toMatchObject({ 'ce-subject': 'ä "', 'ce-extension': 'a "b"' });
  });

  it.each([
    ['id', { id: '' }], ['source', { source: '' }], ['specversion', { specversion: '0.3' }], ['subject', { subject: '' }],
    ['time', { time: 'yesterday' }], ['time', { time: '2026-02-31' }], ['datacontenttype', { datacontenttype: 'text/plain' }],
    ['subject', { subject: '%ff' }], ['partitionkey', { partitionkey: 'p'.repeat(129) }], ['bad-name', { 'bad-name': 'x' }],
  ])('with a wrong %s is refused', (attribute, wrong) => {
    expect(() => binary({ ...attributes, ...wrong } as Record<string, string>)).toThrow(invalid(attribute));
  });

  it('with a type too long for a routing key is refused', () => {
    expect(() => binary({ ...attributes, type: 't'.repeat(256) })).toThrow(expect.objectContaining({ code: 'pattern_too_long' }));
  });
});

describe('a CloudEvent in structured mode', () => {
  it('keeps its bytes, and has its attributes as headers like the binary mode', () => {
    const text = ' {"specversion":"1.0","id":"A-1","source":"/shop","type":"order.created","count":3,"ok":true,"none":null,"data":{"n":12345678901234567890}} ';
    const { properties, body } = structuredEvent(head({ 'content-type': 'application/cloudevents+json; charset=utf-8' }), Buffer.from(text), options);
    expect(body.toString()).toBe(text);
    expect(properties).toMatchObject({ key: 'order.created', contentType: 'application/cloudevents+json', headers: { 'ce-id': 'A-1', 'ce-count': '3', 'ce-ok': 'true' } });
    expect(properties.headers).not.toHaveProperty('ce-none');
  });

  it('may carry its data in base64', () => {
    expect(structured({ ...attributes, data_base64: 'AAE=' }).properties.key).toBe('order.created');
  });

  it.each([
    ['data_base64', { data_base64: '***' }], ['data_base64', { data_base64: 'AAE=', data: 1 }], ['id', { id: null }], ['type', { type: undefined }],
    ['extra', { extra: { nested: 1 } }], ['extra', { extra: 1.5 }], ['Extra', { Extra: 'x' }], ['datacontenttype', { datacontenttype: '' }],
  ])('with a wrong %s is refused', (attribute, wrong) => {
    expect(() => structured({ ...attributes, ...wrong })).toThrow(invalid(attribute));
  });

  it.each([[[], 'request_invalid'], ['x', 'request_invalid'], [null, 'request_invalid']])('that is %j is refused', (event, code) => {
    expect(() => structured(event)).toThrow(expect.objectContaining({ code }));
  });

  it('whose data is nested too deep is refused', () => {
    const deep = `{"specversion":"1.0","id":"1","source":"s","type":"t","data":${'['.repeat(100)}${']'.repeat(100)}}`;
    expect(() => structuredEvent(head(), Buffer.from(deep), options)).toThrow(expect.objectContaining({ code: 'body_too_deep' }));
  });
});

describe('a batch of CloudEvents', () => {
  const limits = { messages: 3, bodyBytes: 200 };
  const batch = (events: unknown, more: Record<string, string> = {}) => eventBatch(head(more), Buffer.from(JSON.stringify(events)), options, limits);

  it('gives each event as if it had come alone', () => {
    const messages = batch([{ ...attributes, id: '1' }, { ...attributes, id: '2', type: 'other' }]);
    expect(messages.map(({ properties, body }) => [properties.key, properties.contentType, JSON.parse(body.toString()).id])).toEqual([
      ['order.created', 'application/cloudevents+json', '1'], ['other', 'application/cloudevents+json', '2'],
    ]);
  });

  it.each([
    ['no array', {}, 'request_invalid'], ['no events', [], 'request_invalid'], ['too many', Array(4).fill(attributes), 'batch_too_large'],
    ['one that is wrong', [attributes, {}], 'cloudevent_invalid'], ['one that is too long', [{ ...attributes, data: 'x'.repeat(200) }], 'request_body_too_large'],
  ])('of %s is refused', (_name, events, code) => {
    expect(() => batch(events)).toThrow(expect.objectContaining({ code }));
  });

  it('has no dedup id for all of them', () => {
    expect(() => batch([attributes], { 'waybill-dedup-id': 'd' })).toThrow(expect.objectContaining({ code: 'request_header_invalid' }));
  });
});
