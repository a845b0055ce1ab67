import { randomUUID } from 'node:crypto';
import type { Moment } from './outgoing-message.js';

/** A CloudEvents 1.0 event. `id` and `time` are made when they are missing; other attributes are extensions. */
export interface CloudEvent {
  readonly source: string;
  readonly type: string;
  readonly id?: string;
  readonly specversion?: '1.0';
  readonly subject?: string;
  readonly time?: Moment;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: unknown;
  /** Bytes as base64, instead of `data`. */
  readonly data_base64?: string;
  readonly [extension: string]: unknown;
}

type Attributes = Record<string, unknown>;

/** JSON event format, CloudEvents 1.0 §3. */
export function structured(event: CloudEvent): Attributes {
  const time = event.time instanceof Date ? event.time.toISOString() : (event.time ?? new Date().toISOString());
  const usual = event.data === undefined ? {} : { datacontenttype: 'application/json' };
  return { ...usual, ...event, specversion: '1.0', id: event.id ?? randomUUID(), time };
}

/** HTTP binding, binary mode: attributes are `ce-*` headers, the data is the body (CloudEvents 1.0, HTTP §3.1). */
export function binary(event: CloudEvent): { headers: Record<string, string>; body: string | Uint8Array } {
  const { data, data_base64: bytes, datacontenttype, ...attributes } = structured(event) as Attributes & { data_base64?: string; datacontenttype?: string };
  const headers: Record<string, string> = { 'content-type': datacontenttype ?? 'application/octet-stream' };
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) headers[`ce-${name}`] = percentEncoded(String(value));
  }
  if (bytes !== undefined) return { headers, body: Buffer.from(bytes, 'base64') };
  if (data === undefined) return { headers, body: '' };
  const isText = typeof data === 'string' && !/[/+]json\b/i.test(headers['content-type'] ?? '');
  return { headers, body: isText ? data : JSON.stringify(data) };
}

/** CloudEvents HTTP binding §3.1.3.2: space, quote, percent and all that is not printable ASCII. */
function percentEncoded(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) => Buffer.from(character, 'utf8').reduce((text, byte) => `${text}%${byte.toString(16).toUpperCase().padStart(2, '0')}`, ''));
}
