import type { OutgoingMessage, PublishTarget } from '@waybill/broker';
import { batchContentType, publish, publishToQueue } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from './authenticate.js';
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

    scope.post<{ Params: { exchange: string } }>(routePath(publish.path), { config: { operation: publish.id } }, (request, reply) => {
      const exchange = checkName(request.params.exchange);
      return accept(door, request, reply, { exchange }, exchange);
    });
    scope.post<{ Params: { queue: string } }>(routePath(publishToQueue.path), { config: { operation: publishToQueue.id } }, (request, reply) =>
      accept(door, request, reply, { queue: checkName(request.params.queue) }, undefined),
    );
  };
}

const noBody = Buffer.alloc(0);

async function accept(door: PublishDoor, request: FastifyRequest, reply: FastifyReply, target: PublishTarget, exchange: string | undefined): Promise<string> {
  const { broker } = door;
  const known = door.authenticator.authenticate(request, 'messages:publish');
  const { namespaceId } = known instanceof Promise ? await known : known;
  broker.memory.check();
  const body = (request.body as Buffer | undefined) ?? noBody;
  const isBatch = request.headers['content-type']?.startsWith(batchContentType) ?? false;
  const messages: OutgoingMessage[] = isBatch ? batchOf(body, exchange, door.inlineLimitBytes) : [{ properties: propertiesOf(request.headers, exchange), body }];
  const marking = broker.active.touch(namespaceId);
  if (marking) await marking;
  const published = await broker.publisher.publish(namespaceId, target, messages);
  door.onPublished(published.length);
  reply.code(201).header('content-type', json);
  const [first] = published;
  if (isBatch) return `{"messages":[${published.map(receiptJson).join(',')}]}`;
  if (!first) throw new WaybillError('internal_error');
  return receiptJson(first);
}

