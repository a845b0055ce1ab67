import type { Delivery } from '@waybill/broker';
import { positionOf, timeOfMs } from '@waybill/broker';
import type { OutgoingMessage } from '../destination.js';

/** When a message was published first, ms since the epoch. */
export function publishedAtMs({ properties, position }: Pick<Delivery, 'properties' | 'position'>): number {
  // One that was moved kept the id it was published under; otherwise the position is the id.
  return timeOfMs(properties.id === undefined ? position : (positionOf(properties.id) ?? position));
}

export function outgoingOf(delivery: Delivery, body: Uint8Array): OutgoingMessage {
  const { id, properties } = delivery;
  const { key, contentType, headers, exchange, group, correlationId, traceparent } = properties;
  return { id, key, contentType, headers, exchange, group, correlationId, traceparent, publishedAtMs: publishedAtMs(delivery), body };
}
