import type { OutgoingMessage } from '../../destination.js';
import { base64Of, jsonBodyOf, textBodyOf } from '../json-body.js';

export const cloudEventType = 'application/cloudevents+json';
export const cloudEventBatchType = 'application/cloudevents-batch+json';

const attributePrefix = 'ce-';
const attributeName = /^[a-z0-9]{1,64}$/;

/** Attributes of CloudEvents 1.0 by name, without `datacontenttype`. */
type Attributes = Record<string, string>;

/** Whether the message was published as an event in structured mode: then its body is the event. */
export function isStructuredEvent({ contentType }: OutgoingMessage): boolean {
  return contentType.toLowerCase().startsWith(cloudEventType);
}

/** One event as JSON text (CloudEvents JSON event format §3). What was published as an event keeps its attributes. */
export function structuredEvent(message: OutgoingMessage, source: string | undefined): string {
  if (isStructuredEvent(message)) {
    const event = jsonBodyOf(message);
    if (event !== undefined) return event.text;
  }
  const head = JSON.stringify({ ...attributesOf(message, source), datacontenttype: message.contentType });
  return `${head.slice(0, -1)},${dataOf(message)}}`;
}

/** Attributes as headers (CloudEvents HTTP protocol binding §3.1); the body goes as it is. */
export function eventHeaders(message: OutgoingMessage, source: string | undefined): string[] {
  return Object.entries(attributesOf(message, source)).flatMap(([name, value]) => [`${attributePrefix}${name}`, percentEncoded(value)]);
}

function attributesOf(message: OutgoingMessage, source: string | undefined): Attributes {
  const own: Attributes = {};
  for (const name in message.headers) {
    if (!name.startsWith(attributePrefix)) continue;
    const attribute = name.slice(attributePrefix.length);
    if (attributeName.test(attribute) && attribute !== 'datacontenttype' && attribute !== 'data') own[attribute] = message.headers[name] as string;
  }
  if (own['specversion'] !== undefined) return own;
  const { id, key, group, correlationId, exchange, publishedAtMs } = message;
  return {
    specversion: '1.0', id, source: source ?? (exchange === undefined ? 'urn:waybill:queue' : `urn:waybill:exchange:${exchange}`),
    type: key === '' ? 'waybill.message' : key, time: new Date(publishedAtMs).toISOString(),
    ...(group === undefined ? {} : { partitionkey: group }),
    ...(correlationId === undefined ? {} : { correlationid: correlationId }),
  };
}

function dataOf(message: OutgoingMessage): string {
  const json = jsonBodyOf(message);
  if (json !== undefined) return `"data":${json.text}`;
  const text = textBodyOf(message);
  return text === undefined ? `"data_base64":"${base64Of(message.body)}"` : `"data":${JSON.stringify(text)}`;
}

/** HTTP protocol binding §3.1.3.2: everything outside printable ASCII, blank, quote and percent are percent-encoded. */
function percentEncoded(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) => {
    const bytes = Buffer.from(character, 'utf8');
    return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}
