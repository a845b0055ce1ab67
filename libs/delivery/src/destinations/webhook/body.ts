import { createHash } from 'node:crypto';
import type { OutgoingMessage } from '../../destination.js';
import { cloudEventBatchType, cloudEventType, eventHeaders, structuredEvent } from './cloud-event.js';
import { base64Of, jsonBodyOf, textBodyOf } from '../json-body.js';
import { JsonTemplate } from '../template.js';
import type { WebhookSettings } from './webhook-settings.js';

/** What one call sends. */
export interface Payload {
  /** `webhook-id`: the same whenever the same messages are sent again. */
  readonly id: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Name, value, …. */
  readonly headers: readonly string[];
}

type Write = (messages: readonly OutgoingMessage[]) => Payload;
const json = 'application/json; charset=utf-8';
const noHeaders: readonly string[] = [];
/** Nearly every value: nothing to rewrite. */
const plainText = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** How messages become a body. Fails with `setting_invalid` for a template that is wrong. */
export function payloadWriter({ format, source, template }: WebhookSettings): Write {
  switch (format) {
    case 'cloudevents':
      return each((message) => structuredEvent(message, source), cloudEventType, cloudEventBatchType);
    case 'template': {
      const ready = new JsonTemplate(template);
      return each((message) => ready.render(message), json, json);
    }
    case 'cloudevents_binary':
      return single((message) => eventHeaders(message, source), each((message) => structuredEvent(message, source), cloudEventType, cloudEventBatchType));
    case 'raw':
      return single(messageHeaders, each(messageJson, json, json));
  }
}

/** One text per message; several as a JSON array. */
function each(textOf: (message: OutgoingMessage) => string, oneType: string, manyType: string): Write {
  return (messages) => {
    const [first] = messages;
    if (messages.length === 1 && first) return { id: first.id, contentType: oneType, body: Buffer.from(textOf(first)), headers: noHeaders };
    return { id: batchId(messages), contentType: manyType, body: Buffer.from(`[${messages.map(textOf).join(',')}]`), headers: noHeaders };
  };
}

/** The body as it was published with headers of `headersOf`; several as `many` writes them. */
function single(headersOf: (message: OutgoingMessage) => string[], many: Write): Write {
  return (messages) => {
    const [first] = messages;
    if (messages.length !== 1 || !first) return many(messages);
    return { id: first.id, contentType: headerText(first.contentType), body: first.body, headers: headersOf(first) };
  };
}

/** Properties of the message under the names with which it is published; the prefix keeps a sender's headers apart from ours. */
function messageHeaders(message: OutgoingMessage): string[] {
  const { key, exchange, group, correlationId, headers } = message;
  const named = ['waybill-message-id', message.id];
  if (key !== '') named.push('waybill-key', headerText(key));
  if (exchange !== undefined) named.push('waybill-exchange', headerText(exchange));
  if (group !== undefined) named.push('waybill-group', headerText(group));
  if (correlationId !== undefined) named.push('waybill-correlation-id', headerText(correlationId));
  for (const name in headers) if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) named.push(`waybill-h-${name}`, headerText(headers[name] as string));
  return named;
}

function messageJson(message: OutgoingMessage): string {
  const { id, key, exchange, group, correlationId, contentType, headers, publishedAtMs } = message;
  const head = JSON.stringify({ id, key, exchange, group, correlationId, contentType, headers, publishedAt: new Date(publishedAtMs).toISOString() });
  const body = jsonBodyOf(message)?.text;
  const text = body === undefined ? textBodyOf(message) : undefined;
  return `${head.slice(0, -1)},${body !== undefined ? `"body":${body}` : text !== undefined ? `"body":${JSON.stringify(text)}` : `"bodyBase64":"${base64Of(message.body)}"`}}`;
}

/** Header bytes are UTF-8, which Node writes from Latin-1; what could end a line never gets so far. */
export function headerText(value: string): string {
  if (plainText.test(value)) return value;
  const bytes = Buffer.from(value, 'utf8').toString('latin1');
  return bytes.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, ' ').trim();
}

function batchId(messages: readonly OutgoingMessage[]): string {
  const digest = createHash('sha256');
  for (const { id } of messages) digest.update(`${id}\n`);
  return `batch_${digest.digest('base64url').slice(0, 27)}`;
}
