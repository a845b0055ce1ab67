import type { QueueRef } from '@waybill/broker';
import type { Operation, Parsed, Reply } from '@waybill/contracts';
import { measured, parseInput, routePath, Unchanged } from '@waybill/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator, DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';

export interface DataDoor {
  readonly broker: Pick<BrokerWiring, 'active' | 'consumer'>;
  readonly authenticator: Authenticator;
}

type Answer<O extends Operation> = Reply<O> | Unchanged<Reply<O>>;
type Handle<O extends Operation> = (input: Parsed<O>, caller: DataCaller) => Promise<Answer<O>>;
type QueueHandle<O extends Operation> = (queue: QueueRef, input: Parsed<O>, caller: DataCaller) => Promise<Answer<O>>;

/** Serves a contracted call of the data plane that is not on the hot path: who asks, what they may, the input, the status. */
export function dataRoute<O extends Operation>({ broker, authenticator }: DataDoor, scope: FastifyInstance, operation: O, handle: Handle<O>): void {
  const { permission, id, method, path, status, statusUnchanged } = operation;
  if (permission === 'public' || permission === 'signed_in') throw new Error(`${id} must name a permission`);
  scope.route({
    method, url: routePath(path), config: { ...measured, operation: id },
    handler: async (request: FastifyRequest, reply) => {
      const caller = await authenticator.authenticate(request, permission);
      // A call without a body takes the defaults.
      const body = operation.body === undefined ? undefined : (request.body ?? {});
      const input = parseInput<Operation>(operation, { params: request.params, query: request.query, body }) as Parsed<O>;
      await broker.active.touch(caller.namespaceId);
      const answer = await handle(input, caller);
      if (answer instanceof Unchanged) return reply.code(statusUnchanged ?? status).send(answer.reply);
      return reply.code(status).send(answer);
    },
  });
}

/** The same for a call on one queue; fails with `queue_not_found`. */
export function queueRoute<O extends Operation>(door: DataDoor, scope: FastifyInstance, operation: O, handle: QueueHandle<O>): void {
  dataRoute(door, scope, operation, (input, caller) => {
    const { queue: name } = input.params as unknown as { queue: string };
    return door.broker.consumer.on(caller.namespaceId, name, (queue) => handle(queue, input, caller));
  });
}
