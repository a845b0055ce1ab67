import type { Readable } from 'node:stream';
import type { Delivery, QueueRef } from '@waybill/broker';
import { acceptAndPublish, cborContentType, receive, settle } from '@waybill/contracts';
import type { Operation, Parsed } from '@waybill/contracts';
import { encodeCbor, measured, parseInput, routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptAndPublishJson } from './accept-and-publish.js';
import type { AcceptAndPublishKit } from './accept-and-publish.js';
import type { Authenticator, DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { answersCbor, takeCbor } from './cbor-door.js';
import { receivedCbor } from './delivery-cbor.js';
import { receivedJson } from './delivery-reply.js';
import { acceptAndReceive } from './receiving.js';
import type { Settling } from './settling.js';

export interface ConsumeDoor extends AcceptAndPublishKit {
  readonly broker: BrokerWiring;
  readonly authenticator: Authenticator;
  readonly settling: Settling;
  /** With the bodies that lie outside the message store; those that do not fit into one answer went back to the queue. */
  readonly loadBodies: (queue: QueueRef, deliveries: readonly Delivery[], settled: boolean) => Promise<readonly Delivery[]>;
  readonly onDelivered: (messages: number) => void;
}

/** It carries up to a hundred messages; the body of each obeys the inline limit. */
const acceptAndPublishLimitBytes = 8 * 1024 * 1024;
const json = 'application/json; charset=utf-8';

/** Receive, settle, and accept with a publish. */
export function consumeRoutes(door: ConsumeDoor) {
  return async (scope: FastifyInstance): Promise<void> => {
    takeCbor(scope);
    queueRoute(door, scope, receive, async (queue, { body }, caller, reply) => {
      const { received, more } = await acceptAndReceive(door, queue, body, caller, reply);
      door.onDelivered(received.deliveries.length);
      const deliveries = await door.loadBodies(queue, received.deliveries, body.autoAccept);
      const leased = { queueId: queue.id, leaseUntil: new Date(received.deadlineMs).toISOString() };
      return answersCbor(reply) ? receivedCbor(leased, deliveries, more) : receivedJson(leased, deliveries, more);
    });

    queueRoute(door, scope, settle, async (queue, { body }, _caller, reply) => {
      const answer = { results: await door.settling.settle(queue, body) };
      return answersCbor(reply) ? encodeCbor(answer) : JSON.stringify(answer);
    });

    await scope.register(async (jsonOnly) => {
      jsonOnly.removeContentTypeParser(cborContentType);
      queueRoute(door, jsonOnly, acceptAndPublish, (queue, { body }, caller) => acceptAndPublishJson(door, caller, queue, body), acceptAndPublishLimitBytes);
    });
  };
}

type QueueOperation = typeof receive | typeof settle | typeof acceptAndPublish;
type Handle<O extends Operation> = (queue: QueueRef, input: Parsed<O>, caller: DataCaller, reply: FastifyReply) => Promise<string | Buffer | Readable>;

function queueRoute<O extends QueueOperation>({ broker, authenticator }: ConsumeDoor, scope: FastifyInstance, operation: O, handle: Handle<O>, bodyLimit?: number): void {
  const permission = operation.permission;
  if (permission === 'public' || permission === 'signed_in') throw new Error(`${operation.id} must name a permission`);
  const options = { config: { ...measured, operation: operation.id }, ...(bodyLimit === undefined ? {} : { bodyLimit }) };
  scope.post(routePath(operation.path), options, async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = await authenticator.authenticate(request, permission);
    // A call without a body takes the defaults.
    const input = parseInput<Operation>(operation, { params: request.params, query: request.query, body: request.body ?? {} }) as Parsed<O>;
    await broker.active.touch(caller.namespaceId);
    const { queue: name } = request.params as { queue: string };
    const answer = await broker.consumer.on(caller.namespaceId, name, (queue) => handle(queue, input, caller, reply));
    if (!reply.hasHeader('content-type')) reply.header('content-type', json);
    return reply.send(answer);
  });
}
