import type { OutgoingMessage, PublishedMessage, PublishTarget } from '@waybill/broker';
import { publish, publishToQueue, replyAddressPrefix } from '@waybill/contracts';
import { routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DataCaller } from './authenticate.js';
import { store, storedIn } from './publish-door.js';
import type { PublishCall, PublishDoor } from './publish-door.js';
import { json, receiptJson } from './publish-reply.js';
import { publishOther } from './publish-other.js';
import type { Answer } from './publish-other.js';
import { headOf } from './message-head.js';
import { checkName } from './message-input.js';
import { parseBodies } from './request-body.js';
import type { MarkedBody } from './request-body.js';
import { publishReply } from './reply-address.js';
import { requestRoute } from './request.routes.js';
import { discardRest } from './slow-bodies.js';

/** A batch carries many bodies; each still obeys the limit of one. */
export const batchBodyLimitBytes = 8 * 1024 * 1024;

/**
 * The hot path: raw Fastify handlers. Bodies stay Buffers whatever their content type. The routes are not in the HTTP
 * histogram, which would cost a label lookup per message; `waybill_messages_published_total` counts them.
 */
export function publishRoutes(door: PublishDoor) {
  return async (scope: FastifyInstance): Promise<void> => {
    parseBodies(scope, { inlineBytes: door.inlineLimitBytes, batchBytes: Math.max(batchBodyLimitBytes, door.inlineLimitBytes) });
    const config = (operation: string) => ({ config: { lean: true, operation } });
    scope.post<{ Params: { exchange: string } }>(routePath(publish.path), config(publish.id), (request, reply) => {
      const exchange = checkName(request.params.exchange);
      accept(door, request, reply, { exchange }, exchange);
    });
    scope.post<{ Params: { queue: string } }>(routePath(publishToQueue.path), config(publishToQueue.id), (request, reply) => {
      const queue = checkName(request.params.queue);
      if (queue.startsWith(replyAddressPrefix)) return publishReply(door, request, queue).then((text) => reply.code(201).header('content-type', json).send(text));
      accept(door, request, reply, { queue }, undefined);
    });
    requestRoute(door, scope);
  };
}

const noBody = Buffer.alloc(0);

/** Answers by callback: a promise handed to the framework for every message costs the hot path several turns. */
function accept(door: PublishDoor, request: FastifyRequest, reply: FastifyReply, target: PublishTarget, exchange: string | undefined): void {
  const { raw } = request;
  const refuse = (error: unknown): void => {
    discardRest(raw);
    reply.send(error);
  };
  const carryOut = (caller: DataCaller): void => {
    try {
      const call: PublishCall = { caller, target, exchange };
      const body = (request.body as Buffer | MarkedBody | undefined) ?? noBody;
      const head = Buffer.isBuffer(body) ? headOf(raw, exchange, door.clock.nowMs()) : undefined;
      if (head === undefined || head.cloudEvent || head.idempotencyKey !== undefined || (raw.url as string).includes('?')) {
        publishOther(door, call, request, reply, body, head).then((text) => answer(reply, text), refuse);
        return;
      }
      const message: OutgoingMessage = { properties: head.properties, body: body as Buffer, delayMs: head.times?.delayMs, ttlMs: head.times?.ttlMs };
      store(door, call, [message], { publishedBy: caller.actor.id }).then((published) => {
        door.onPublished(storedIn(published));
        answer(reply, receiptJson(published[0] as PublishedMessage, door.broker.prices.of(caller.namespaceId)));
      }, refuse);
    } catch (error) {
      refuse(error);
    }
  };

  try {
    const caller = door.authenticator.authenticate(request, 'messages:publish');
    if (caller instanceof Promise) caller.then(carryOut, refuse);
    else carryOut(caller);
  } catch (error) {
    refuse(error);
  }
}

function answer(reply: FastifyReply, text: Answer): void {
  if (typeof text === 'string') reply.code(201).header('content-type', json).send(text);
  else reply.code(201).header('content-type', text.contentType).send(text.stream);
}
