import { isUtf8 } from 'node:buffer';
import { formatReceipt, messageIdOf, timeOfMs } from '@waybill/broker';
import type { Delivery } from '@waybill/broker';
import type { ReceivedMessage } from '@waybill/contracts';

const textual = /^text\/|[/+](json|xml|yaml|x-www-form-urlencoded|javascript|graphql|x-ndjson)\b/i;

/** A delivery as the contract shows it. `leaseUntil`: when the lease ends, RFC 3339. */
export function receivedMessage(queueId: string, leaseUntil: string, { position, deliveries, properties, body }: Delivery): ReceivedMessage {
  const { exchange, key, contentType, priority, headers, group, dedupId, replyTo, correlationId, traceparent } = properties;
  const asText = textual.test(contentType) && isUtf8(body);
  return {
    id: messageIdOf(position),
    receipt: formatReceipt(queueId, position, deliveries),
    deliveryCount: deliveries,
    leaseUntil,
    publishedAt: new Date(timeOfMs(position)).toISOString(),
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
    body: body.toString(asText ? 'utf8' : 'base64'),
    bodyEncoding: asText ? 'utf8' : 'base64',
  };
}
