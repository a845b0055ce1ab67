import { getQueueFigures, listQueueFigures } from '@waybill/contracts';
import type { QueueFigures } from '@waybill/contracts';
import type { NamespaceId } from '@waybill/kernel';
import { measured, parseInput, routePath } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import type { Authenticator } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';

/** Depths, ages and totals of queues. */
export function figureRoutes({ broker, authenticator }: { broker: BrokerWiring; authenticator: Authenticator }) {
  const figuresOf = (ns: NamespaceId, name: string): Promise<QueueFigures> =>
    broker.consumer.on(ns, name, async (queue) => ({ name, ...(await broker.queues.figures(queue)) }));

  return async (scope: FastifyInstance): Promise<void> => {
    scope.get(routePath(getQueueFigures.path), { config: { ...measured, operation: getQueueFigures.id } }, async (request) => {
      const { namespaceId } = await authenticator.authenticate(request, 'queues:read');
      const { params } = parseInput(getQueueFigures, request);
      return figuresOf(namespaceId, params.queue);
    });

    scope.get(routePath(listQueueFigures.path), { config: { ...measured, operation: listQueueFigures.id } }, async (request) => {
      const { namespaceId } = await authenticator.authenticate(request, 'queues:read');
      const { query } = parseInput(listQueueFigures, request);
      const topology = broker.topologies.get(namespaceId);
      await topology.refresh();
      const { after } = query;
      const names = topology.table.queues().map(({ name }) => name);
      const start = after === undefined ? 0 : names.findIndex((name) => name > after);
      const wanted = start < 0 ? [] : names.slice(start, start + query.limit);
      const items = await Promise.all(wanted.map((name) => figuresOf(namespaceId, name)));
      const more = start >= 0 && start + query.limit < names.length;
      return { items, next: more ? (wanted.at(-1) ?? null) : null, at: new Date().toISOString() };
    });
  };
}
