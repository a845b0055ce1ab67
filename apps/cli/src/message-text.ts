import type { Message } from '@waybill/client';
import { printable } from './output.js';

interface Shown {
  readonly body?: string | undefined;
  readonly bodyEncoding?: 'utf8' | 'base64' | undefined;
}

/** The body for people: text as it is, other bytes by their number. */
export function bodyText({ body = '', bodyEncoding = 'utf8' }: Shown): string {
  return bodyEncoding === 'utf8' ? printable(body) : `(${Buffer.from(body, 'base64').length} bytes, base64) ${body}`;
}

/** A received message as the API shows it. */
export function received(message: Message): Record<string, unknown> {
  const { id, receipt, deliveryCount, leaseUntil, publishedAt, exchange, key, contentType, priority, headers, group, dedupId, replyTo, correlationId, traceparent, expiresAt, death } = message;
  const bytes = Buffer.from(message.body);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  return {
    id, receipt, deliveryCount, leaseUntil, publishedAt, exchange, key, contentType, priority, headers, group, dedupId, replyTo, correlationId, traceparent, expiresAt, death,
    body: isText ? text : bytes.toString('base64'), bodyEncoding: isText ? 'utf8' : 'base64',
  };
}
