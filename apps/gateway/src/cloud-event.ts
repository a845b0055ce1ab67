import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { MessageProperties, OutgoingMessage } from '@waybill/broker';
import { cloudEventContentType } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { elementsOf, parsedJson } from '@waybill/platform';
import type { MessageHead } from './message-head.js';
import { checkRoutingKey, isBase64, ownHeaderLimits, propertyLimits } from './message-input.js';
import { headerText, plainText } from './message-text.js';

/** CloudEvents 1.0: attributes by name, as text. */
type Attributes = ReadonlyMap<string, string>;

export interface EventOptions {
  /** `?dedup=id`: source and id, which name an event (CloudEvents §3.1.1), are its dedup id. */
  readonly dedup: boolean;
}

const prefix = 'ce-';
const attributeName = /^[a-z0-9]{1,64}$/;
/** RFC 3339 §5.6. */
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
const refuse = (attribute: string, reason: string): never => {
  throw new WaybillError('cloudevent_invalid', { attribute: attribute.slice(0, 64), reason });
};

/** Binary mode: the attributes are headers, the body is the data (HTTP protocol binding §3.1). Fails with `cloudevent_invalid`. */
export function withBinaryEvent(head: MessageHead, headers: IncomingHttpHeaders, options: EventOptions): MessageHead {
  const attributes = new Map<string, string>();
  for (const header in headers) {
    if (!header.startsWith(prefix)) continue;
    const name = header.slice(prefix.length);
    if (name === 'datacontenttype') refuse(name, 'in binary mode it is the Content-Type header');
    attributes.set(checkAttribute(name), plainText(unescaped(name, headerText(headers[header] as string, header)), header));
  }
  return { ...head, properties: propertiesOf(head, check(attributes), options) };
}

/** Structured mode: one event as JSON; the bytes are kept as they came (JSON event format §3). */
export function structuredEvent(head: MessageHead, bytes: Buffer, options: EventOptions): OutgoingMessage {
  return messageOf(head, bytes, parsedJson(bytes), options);
}

/** A batch: an array of events (JSON batch format §4), in order. Each is stored as if it had come alone. */
export function eventBatch(head: MessageHead, bytes: Buffer, options: EventOptions, limits: { readonly messages: number; readonly bodyBytes: number }): OutgoingMessage[] {
  if (head.properties.dedupId !== undefined) throw new WaybillError('request_header_invalid', { header: 'waybill-dedup-id', reason: 'it names one message, and this is a batch' });
  const events = elementsOf(bytes);
  if (!events || events.length === 0) throw new WaybillError('request_invalid', {}, { issues: [{ path: 'body', message: 'must be an array with at least one event' }] });
  if (events.length > limits.messages) throw new WaybillError('batch_too_large', { limit: limits.messages });
  return events.map(({ bytes: event, value }) => {
    if (event.length > limits.bodyBytes) throw new WaybillError('request_body_too_large', { limitBytes: limits.bodyBytes });
    return messageOf(head, event, value, options);
  });
}

function messageOf(head: MessageHead, bytes: Buffer, event: unknown, options: EventOptions): OutgoingMessage {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) throw new WaybillError('request_invalid', {}, { issues: [{ path: 'body', message: 'must be an event, a JSON object' }] });
  const properties = propertiesOf(head, check(attributesOf(event)), options);
  return { properties: { ...properties, contentType: cloudEventContentType }, body: bytes, delayMs: head.times?.delayMs, ttlMs: head.times?.ttlMs };
}

function attributesOf(event: object): Attributes {
  const { data, data_base64: dataBase64, ...rest } = event as Record<string, unknown>;
  if (dataBase64 !== undefined && dataBase64 !== null) {
    if (data !== undefined) refuse('data_base64', 'an event has data or data_base64, not both');
    if (typeof dataBase64 !== 'string' || !isBase64(dataBase64)) refuse('data_base64', 'it is not base64');
  }
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(rest)) {
    if (value === null) continue;
    const whole = typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 0x8000_0000;
    if (typeof value !== 'string' && typeof value !== 'boolean' && !whole) refuse(name, 'the value is a text, a whole number or a boolean');
    attributes.set(checkAttribute(name), plainText(String(value), name));
  }
  return attributes;
}

function checkAttribute(name: string): string {
  if (!attributeName.test(name)) refuse(name, 'names have lower-case letters and digits');
  return name;
}

/** CloudEvents §3.1: what must be there, and what must not be empty. */
function check(attributes: Attributes): Attributes {
  for (const name of ['specversion', 'id', 'source', 'type']) if (!attributes.get(name)) refuse(name, 'it is missing');
  if (attributes.get('specversion') !== '1.0') refuse('specversion', 'it must be 1.0');
  for (const name of ['subject', 'dataschema', 'datacontenttype', 'partitionkey']) if (attributes.get(name) === '') refuse(name, 'it is empty');
  const moment = attributes.get('time');
  if (moment !== undefined && (!time.test(moment) || Number.isNaN(Date.parse(moment)))) refuse('time', 'it is not a time of RFC 3339');
  const partition = attributes.get('partitionkey');
  if (partition !== undefined && Buffer.byteLength(partition) > propertyLimits.group) refuse('partitionkey', `it has at most ${propertyLimits.group} bytes`);
  return attributes;
}

/** Attributes travel as headers `ce-<name>`, so that bindings see both modes alike. What the sender said in waybill-* headers goes first. */
function propertiesOf({ properties, keyed }: MessageHead, attributes: Attributes, { dedup }: EventOptions): MessageProperties {
  const headers: Record<string, string> = Object.assign(Object.create(null) as Record<string, string>, properties.headers);
  for (const [name, value] of attributes) {
    if (Buffer.byteLength(value) > ownHeaderLimits.valueBytes) refuse(name, `it has at most ${ownHeaderLimits.valueBytes} bytes`);
    if (`${prefix}${name}` in headers) throw new WaybillError('header_duplicated', { header: `${prefix}${name}` });
    headers[`${prefix}${name}`] = value;
  }
  if (Object.keys(headers).length > ownHeaderLimits.count) refuse('extensions', `an event with its headers has at most ${ownHeaderLimits.count} of them`);
  return {
    ...properties,
    headers,
    key: keyed ? properties.key : checkRoutingKey(attributes.get('type') as string),
    group: properties.group ?? attributes.get('partitionkey') ?? shortSubject(attributes.get('subject')),
    dedupId: properties.dedupId ?? (dedup ? identityOf(attributes) : undefined),
  };
}

/** A subject is a path as often as a name: one that is too long for a group is none. */
function shortSubject(subject: string | undefined): string | undefined {
  return subject !== undefined && Buffer.byteLength(subject) <= propertyLimits.group ? subject : undefined;
}

/** A source may be longer than a dedup id; the digest of both is not. */
function identityOf(attributes: Attributes): string {
  return createHash('sha256').update(`${attributes.get('source')}\n${attributes.get('id')}`).digest('base64url');
}

/** HTTP protocol binding §3.1.3.2: quoted or not, with percent-encoded characters. */
function unescaped(name: string, value: string): string {
  const bare = value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).replace(/\\(["\\])/g, '$1') : value;
  if (!bare.includes('%')) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return refuse(name, 'it is not percent-encoded UTF-8');
  }
}
