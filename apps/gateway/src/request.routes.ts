import { randomBytes } from 'node:crypto';
import { decodeRecord, messageIdOf } from '@waybill/broker';
import type { StoredReply } from '@waybill/broker';
import { request as requestOperation } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { measured, parseInput, routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { headOf, invalidHeader } from './message-head.js';
import { store } from './publish-door.js';
import type { PublishDoor } from './publish-door.js';
import { singleMessage } from './reply-address.js';

/** Publish and wait for the reply. */
export function requestRoute(door: PublishDoor, scope: FastifyInstance): void {
  scope.post(routePath(requestOperation.path), { config: { ...measured, operation: requestOperation.id } }, async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = await door.authenticator.authenticate(request, 'messages:publish');
    const { params, query } = parseInput(requestOperation, { params: request.params, query: request.query });
    const head = headOf(request.raw, params.exchange, door.clock.nowMs());
    if (head.idempotencyKey !== undefined) throw invalidHeader('idempotency-key', 'the answer to a request is given once and not kept');
    if (head.properties.replyTo !== undefined) throw invalidHeader('waybill-reply-to', 'a request has an address of its own');
    const message = singleMessage(door, request, head);

    const address = await door.replies.open(caller.namespaceId, query.timeoutSeconds * 1000);
    try {
      const properties = { ...message.properties, replyTo: address.name, correlationId: message.properties.correlationId ?? randomBytes(16).toString('hex') };
      const [published] = await store(door, { caller, target: params, exchange: params.exchange }, [{ ...message, properties }], { publishedBy: caller.actor.id });
      // A duplicate is not delivered again, so nobody would learn this address.
      if (published?.outcome !== 'stored' || published.stored.length === 0) throw new WaybillError('request_unroutable');
      door.onPublished(1);
    } catch (error) {
      await address.close();
      throw error;
    }
    const found = await address.wait(hangUpOf(reply));
    if (!found) throw new WaybillError('request_timed_out', { seconds: query.timeoutSeconds });
    return answer(reply, found);
  });
}

/** The reply as it was published: body and content type, properties as headers. */
function answer(reply: FastifyReply, { position, record }: StoredReply): FastifyReply {
  const { properties, body } = decodeRecord(record);
  const { key, contentType, headers, correlationId, group, priority, traceparent } = properties;
  const given: Record<string, string | undefined> = {
    'waybill-message-id': messageIdOf(position), 'waybill-key': key || undefined, 'waybill-correlation-id': correlationId, 'waybill-group': group,
    'waybill-priority': priority === 0 ? undefined : String(priority), traceparent,
  };
  for (const [name, value] of Object.entries(headers)) given[`waybill-h-${name}`] = value;
  for (const [name, value] of Object.entries(given)) if (value !== undefined) reply.header(name, asHeader(value));
  // The body is another party's: no browser may take it for a page of ours.
  return reply.header('content-type', asHeader(contentType)).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store').send(body);
}

/** Header bytes are UTF-8, which Node writes from Latin-1. */
const asHeader = (value: string): string => Buffer.from(value, 'utf8').toString('latin1');

/** Aborts when the client closes the connection before it got its answer. */
function hangUpOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
