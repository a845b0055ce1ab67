import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { emptyHeaders, formatReceipt, positionOf, timeOfMs } from '@waybill/broker';
import type { Delivery, MessageProperties, Position } from '@waybill/broker';
import type { ReceivedMessage } from '@waybill/contracts';

const textual = /^text\/|[/+](json|xml|yaml|x-www-form-urlencoded|javascript|graphql|x-ndjson)\b/i;

type Shown = Omit<ReceivedMessage, 'receipt' | 'deliveryCount' | 'leaseUntil' | 'body' | 'bodyEncoding'>;

/** What travels with a message, as the contract shows it. The id tells when it was published, even of a message that was moved since. */
export function shownProperties(id: string, position: Position, properties: MessageProperties): Shown {
  const { exchange, key, contentType, priority, headers, group, dedupId, replyTo, correlationId, traceparent, expiresAtMs, death } = properties;
  return {
    id,
    publishedAt: new Date(timeOfMs(positionOf(id) ?? position)).toISOString(),
    exchange: exchange ?? null,
    key,
    contentType,
    priority,
    headers,
    ...(group === undefined ? {} : { group }),
    ...(dedupId === undefined ? {} : { dedupId }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() }),
    ...(death === undefined ? {} : { death: { reason: death.reason, queue: death.queue, at: new Date(death.atMs).toISOString(), deliveries: death.deliveries } }),
  };
}

/** utf8 for textual content types that are valid UTF-8, base64 otherwise. */
export function bodyEncodingOf(contentType: string, body: Buffer): ReceivedMessage['bodyEncoding'] {
  return textual.test(contentType) && isUtf8(body) ? 'utf8' : 'base64';
}

/** When and through what a message was leased. `leaseUntil` is RFC 3339; `mark` is appended to the receipt. */
export interface LeasedFrom {
  readonly queueId: string;
  readonly leaseUntil: string;
  readonly mark?: string;
}

/** A delivery as JSON text (ReceivedMessage of the contract). Base64 needs no escaping, so a large body is written once. */
export function messageJson({ queueId, leaseUntil, mark = '' }: LeasedFrom, delivery: Delivery): string {
  const { deliveries, properties, body } = delivery;
  const receipt = formatReceipt(queueId, delivery.receipt) + mark;
  const encoding = bodyEncodingOf(properties.contentType, body);
  const text = encoding === 'utf8' ? JSON.stringify(body.toString('utf8')) : `"${body.toString('base64')}"`;
  const lease = `{"receipt":"${receipt}","deliveryCount":${deliveries},"leaseUntil":"${leaseUntil}",`;
  return `${lease}${propertiesJson(delivery)},"body":${text},"bodyEncoding":"${encoding}"}`;
}

/** The fields of {@link shownProperties} without the braces. Most messages have few of them: those are written straight away. */
function propertiesJson(delivery: Delivery): string {
  const { id, position, properties } = delivery;
  if (!isPlainDelivery(delivery)) return JSON.stringify(shownProperties(id, position, properties)).slice(1, -1);
  const { exchange, key, contentType, priority, headers } = properties;
  const shownHeaders = headers === emptyHeaders ? '{}' : JSON.stringify(headers);
  return (
    `"id":"${id}","publishedAt":"${publishedText(id, position, properties)}","exchange":${exchange === undefined ? 'null' : JSON.stringify(exchange)},"key":${JSON.stringify(key)},` +
    `"contentType":${JSON.stringify(contentType)},"priority":${priority},"headers":${shownHeaders}`
  );
}

const rare = ['group', 'dedupId', 'replyTo', 'correlationId', 'traceparent', 'expiresAtMs', 'death'] as const;

/** Whether the message has nothing but what every message has. */
export function isPlainDelivery({ properties }: Delivery): boolean {
  for (const name of rare) if (properties[name] !== undefined) return false;
  return true;
}

/** When a message was published, RFC 3339, also one that was moved since. */
export function publishedText(id: string, position: Position, properties: MessageProperties): string {
  return timeText(properties.id === undefined ? position : (positionOf(id) ?? position));
}

let lastTime = { ms: 0, text: '' };

/** Messages that are received together were often published together. */
function timeText(position: Position): string {
  const ms = timeOfMs(position);
  if (lastTime.ms !== ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}

/** Length of an answer above which it is sent in pieces rather than joined. */
export const pieceLimit = 1024 * 1024;

/** The answer of a receive as JSON text, in pieces when it is long; `more` is what it has beside the messages. */
export function receivedJson(leased: LeasedFrom, deliveries: readonly Delivery[], more: Readonly<Record<string, unknown>>): string | Readable {
  const rest = JSON.stringify(more);
  const tail = rest === '{}' ? ']}' : `],${rest.slice(1)}`;
  const texts = deliveries.map((delivery) => messageJson(leased, delivery));
  if (texts.reduce((sum, { length }) => sum + length, 0) <= pieceLimit) return `{"messages":[${texts.join(',')}${tail}`;
  return Readable.from(pieces(texts, tail), { objectMode: false });
}

function* pieces(texts: readonly string[], tail: string): Generator<Buffer> {
  let before = '{"messages":[';
  for (const text of texts) {
    yield Buffer.from(before + text);
    before = ',';
  }
  yield Buffer.from(tail);
}
