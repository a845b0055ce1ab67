import { encodeRecord, messageIdOf } from '@waybill/broker';
import type { OutgoingMessage } from '@waybill/broker';
import type { PublishReceipt } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { FastifyRequest } from 'fastify';
import { structuredEvent, withBinaryEvent } from './cloud-event.js';
import { headOf } from './message-head.js';
import type { MessageHead } from './message-head.js';
import type { PublishDoor } from './publish-door.js';
import type { MarkedBody } from './request-body.js';

/**
 * Sends an answer to the address of a request: receipt as JSON text. It is counted like a publish. Fails with
 * `reply_gone` when nobody waits there any more, also when the answer was given before.
 */
export async function publishReply(door: PublishDoor, request: FastifyRequest, address: string): Promise<string> {
  const { namespaceId } = await door.authenticator.authenticate(request, 'messages:publish');
  door.broker.memory.check();
  const head = headOf(request.raw, undefined, door.clock.nowMs());
  if (head.times) throw new WaybillError('request_header_invalid', { header: 'waybill-delay', reason: 'a reply is given at once: it has no times' });
  const { properties, body } = singleMessage(door, request, head);
  const { bytes, kib } = encodeRecord(properties, body);
  await door.broker.active.touch(namespaceId);
  const position = await door.replies.put(namespaceId, address, bytes);
  if (position === undefined) throw new WaybillError('reply_gone');
  door.onPublished(1);
  const receipt: PublishReceipt = { id: messageIdOf(position), exchanges: [], queues: [address], units: { messages: 1, kibIn: kib, exchangePasses: 0, queuePasses: 0 } };
  return JSON.stringify(receipt);
}

/** The one message of a request or a reply: any content type but those that carry many; within the inline limit. */
export function singleMessage(door: PublishDoor, request: FastifyRequest, head: MessageHead): OutgoingMessage {
  const body = (request.body as Buffer | MarkedBody | undefined) ?? Buffer.alloc(0);
  const times = { delayMs: head.times?.delayMs, ttlMs: head.times?.ttlMs };
  if (Buffer.isBuffer(body)) return { properties: (head.cloudEvent ? withBinaryEvent(head, request.raw.headers, { dedup: false }) : head).properties, body, ...times };
  switch (body.kind) {
    case 'event':
      return structuredEvent(head, body.bytes, { dedup: false });
    case 'refused':
      throw body.error;
    case 'large':
      throw new WaybillError('request_body_too_large', { limitBytes: door.inlineLimitBytes });
    default:
      throw new WaybillError('request_content_type_unsupported');
  }
}
