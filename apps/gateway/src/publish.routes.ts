import type { PublishedMessage, PublishTarget } from '@waybill/broker';
import { batchContentType, publish, publishToQueue } from '@waybill/contracts';
import { routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { batchOf, checkName, propertiesOf } from './message-input.js';
import { receiptJson } from './publish-reply.js';

/** A batch carries many bodies; each still obeys the limit of one. */
const batchBodyLimitBytes = 8 * 1024 * 1024;
const json = 'application/json; charset=utf-8';

export interface PublishDoor {
  readonly broker: BrokerWiring;
  readonly authenticator: Authenticator;
  readonly inlineLimitBytes: number;
  readonly onPublished: (messages: number) => void;
}

/**
 * The hot path: raw Fastify handlers. Bodies stay Buffers whatever their content type. The routes are not in the HTTP
 * histogram, which would cost a label lookup per message; `waybill_messages_published_total` counts them.
 */
export function publishRoutes(door: PublishDoor) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.removeAllContentTypeParsers();
    const keepBytes = (_request: FastifyRequest, body: Buffer, done: (error: null, body: Buffer) => void) => done(null, body);
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: door.inlineLimitBytes }, keepBytes);
    scope.addContentTypeParser(batchContentType, { parseAs: 'buffer', bodyLimit: batchBodyLimitBytes }, keepBytes);

    const config = (operation: string) => ({ config: { lean: true, operation } });
    scope.post<{ Params: { exchange: string } }>(routePath(publish.path), config(publish.id), (request, reply) => {
      const exchange = checkName(request.params.exchange);
      accept(door, request, reply, { exchange }, exchange);
    });
    scope.post<{ Params: { queue: string } }>(routePath(publishToQueue.path), config(publishToQueue.id), (request, reply) => {
      accept(door, request, reply, { queue: checkName(request.params.queue) }, undefined);
    });
  };
}

const noBody = Buffer.alloc(0);

/** Answers by callback: a promise handed to the framework for every message costs the hot path several turns. */
function accept(door: PublishDoor, request: FastifyRequest, reply: FastifyReply, target: PublishTarget, exchange: string | undefined): void {
  const { broker } = door;
  const { headers } = request.raw;
  const isBatch = headers['content-type']?.startsWith(batchContentType) ?? false;
  const store = ({ namespaceId }: DataCaller): Promise<PublishedMessage[]> => {
    broker.memory.check();
    const body = (request.body as Buffer | undefined) ?? noBody;
    const messages = isBatch ? batchOf(body, exchange, door.inlineLimitBytes) : [{ properties: propertiesOf(headers, exchange), body }];
    const marking = broker.active.touch(namespaceId);
    return marking ? marking.then(() => broker.publisher.publish(namespaceId, target, messages)) : broker.publisher.publish(namespaceId, target, messages);
  };
  const answer = (published: PublishedMessage[]): void => {
    door.onPublished(published.length);
    const [first] = published;
    const text = isBatch || first === undefined ? `{"messages":[${published.map(receiptJson).join(',')}]}` : receiptJson(first);
    reply.code(201).header('content-type', json).send(text);
  };
  const refuse = (error: unknown): void => void reply.send(error);

  const caller = door.authenticator.authenticate(request, 'messages:publish');
  (caller instanceof Promise ? caller.then(store) : store(caller)).then(answer, refuse);
}
