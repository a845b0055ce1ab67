import type { QueueRef } from '@waybill/broker';
import { purge, receive, settle } from '@waybill/contracts';
import type { Operation, Parsed } from '@waybill/contracts';
import { measured, parseInput, routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { receivedMessage } from './delivery-reply.js';
import { resultsOf, settlementsOf } from './settle-input.js';

export interface ConsumeDoor {
  readonly broker: BrokerWiring;
  readonly authenticator: Authenticator;
  readonly onDelivered: (messages: number) => void;
  readonly onSettled: (receipts: number) => void;
}

/** Receive, settle and purge. */
export function consumeRoutes(door: ConsumeDoor) {
  const { broker } = door;
  return async (scope: FastifyInstance): Promise<void> => {
    queueRoute(door, scope, receive, async (queue, { body: { max, waitSeconds, leaseSeconds } }, reply) => {
      const { deadlineMs, deliveries } = await broker.consumer.receive(queue, {
        max,
        waitMs: waitSeconds * 1000,
        leaseMs: leaseSeconds === undefined ? undefined : leaseSeconds * 1000,
        signal: waitSeconds > 0 ? hangUpOf(reply) : undefined,
      });
      door.onDelivered(deliveries.length);
      const leaseUntil = new Date(deadlineMs).toISOString();
      return { messages: deliveries.map((delivery) => receivedMessage(queue.id, leaseUntil, delivery)) };
    });

    queueRoute(door, scope, settle, async (queue, { body }) => {
      const asked = settlementsOf(queue, body);
      const settlements = asked.flatMap(({ settlement }) => ('action' in settlement ? [settlement] : []));
      const outcomes = settlements.length > 0 ? await broker.queues.settle(queue, settlements) : [];
      door.onSettled(outcomes.length);
      return { results: resultsOf(asked, outcomes) };
    });

    queueRoute(door, scope, purge, async (queue, { body: { state } }) => ({
      purged: await (state === 'ready' ? broker.queues.purgeReady(queue) : broker.queues.purgeDead(queue)),
    }));
  };
}

type QueueOperation = typeof receive | typeof settle | typeof purge;
type Handle<O extends Operation> = (queue: QueueRef, input: Parsed<O>, reply: FastifyReply) => Promise<unknown>;

function queueRoute<O extends QueueOperation>({ broker, authenticator }: ConsumeDoor, scope: FastifyInstance, operation: O, handle: Handle<O>): void {
  const permission = operation.permission;
  if (permission === 'public' || permission === 'signed_in') throw new Error(`${operation.id} must name a permission`);
  scope.post(routePath(operation.path), { config: { ...measured, operation: operation.id } }, async (request: FastifyRequest, reply: FastifyReply) => {
    const { namespaceId } = await authenticator.authenticate(request, permission);
    // A call without a body takes the defaults.
    const input = parseInput<Operation>(operation, { params: request.params, query: request.query, body: request.body ?? {} }) as Parsed<O>;
    await broker.active.touch(namespaceId);
    const { queue: name } = request.params as { queue: string };
    const answer = await broker.consumer.on(namespaceId, name, (queue) => handle(queue, input, reply));
    return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(answer));
  });
}

/** Aborts when the client closes the connection before it got its answer. */
function hangUpOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
