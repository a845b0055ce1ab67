import { compileMessageFilter } from '@waybill/broker';
import type { MarkedNamespaces, MessageBrowser, MessageFilter, MessageTask, PublishTarget, QueueEntry, QueuePurge, QueueRef, TaskSource, TaskSpec, TaskStore } from '@waybill/broker';
import { cancelTask, getTask, listTasks, move, purge, redrive } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { Unchanged } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import type { DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import type { DataDoor } from './data-route.js';
import { dataRoute, queueRoute } from './data-route.js';
import { browsedMessage } from './entry-reply.js';
import { taskReply } from './task-reply.js';

export interface TaskDoor extends DataDoor {
  readonly broker: DataDoor['broker'] & Pick<BrokerWiring, 'topologies'>;
  readonly browser: MessageBrowser<QueueEntry>;
  readonly tasks: TaskStore;
  readonly marks: MarkedNamespaces;
  readonly purge: QueuePurge;
}

/** Redrive, move and purge: a worker does it, the answer is the task. With `dryRun` nothing is done. */
export function taskRoutes(door: TaskDoor) {
  const { tasks } = door;
  return async (scope: FastifyInstance): Promise<void> => {
    queueRoute(door, scope, redrive, async (queue, { body: { filter, dryRun, to = { queue: queue.name }, ratePerSecond = null } }, caller) => {
      if (dryRun) return new Unchanged(await preview(door, queue, 'dead', filter));
      return { task: taskReply(await start(door, caller, queue, { kind: 'redrive', from: 'dead', filter, to, ratePerSecond })) };
    });

    queueRoute(door, scope, move, async (queue, { body: { filter, dryRun, state, to, ratePerSecond = null } }, caller) => {
      if (dryRun) return new Unchanged(await preview(door, queue, state, filter));
      return { task: taskReply(await start(door, caller, queue, { kind: 'move', from: state, filter, to, ratePerSecond })) };
    });

    queueRoute(door, scope, purge, async (queue, { body: { filter, dryRun, state } }, caller) => {
      if (dryRun) return preview(door, queue, state, filter ?? {});
      if (filter === undefined) return { purged: await door.purge.purge(queue, state) };
      return { task: taskReply(await start(door, caller, queue, { kind: 'purge', from: state, filter, to: null, ratePerSecond: null })) };
    });

    dataRoute(door, scope, listTasks, async ({ query: { after, limit } }, { namespaceId }) => {
      const { items, next } = await tasks.list(namespaceId, after, limit);
      return { items: items.map(taskReply), next };
    });
    dataRoute(door, scope, getTask, async ({ params }, { namespaceId }) => taskReply(await tasks.get(namespaceId, params.task)));
    dataRoute(door, scope, cancelTask, async ({ params }, { namespaceId }) => taskReply(await tasks.cancel(namespaceId, params.task)));
  };
}

async function preview({ browser }: TaskDoor, queue: QueueRef, state: TaskSource, filter: MessageFilter) {
  const { sample, ...counts } = await browser.preview(queue, state, compileMessageFilter(filter));
  return { dryRun: true as const, ...counts, sample: sample.map((entry) => browsedMessage(entry, 'head')) };
}

/** Fails with `exchange_not_found` or `queue_not_found` when the target is not there, `limit_reached` when too many tasks run. */
async function start(door: TaskDoor, caller: DataCaller, queue: QueueRef, wanted: Pick<TaskSpec, 'kind' | 'from' | 'filter' | 'to' | 'ratePerSecond'>): Promise<MessageTask> {
  const { namespaceId: ns } = caller;
  if (wanted.to) await requireTarget(door, ns, wanted.to);
  const definition = door.broker.topologies.get(ns).table.queue(queue.name);
  const inOrder = wanted.from === 'dead' || (wanted.from === 'ready' && definition?.kind === 'standard' && !definition.fair);
  const task = await door.tasks.create(ns, { ...wanted, queue: queue.name, queueId: queue.id, inOrder, askedBy: caller.actor.id });
  await door.marks.mark(ns);
  return task;
}

/** A name that is unknown here may have been confirmed by the API a moment ago. */
export async function requireTarget({ broker }: Pick<TaskDoor, 'broker'>, ns: DataCaller['namespaceId'], to: PublishTarget): Promise<void> {
  const topology = broker.topologies.get(ns);
  await topology.refresh();
  if ('exchange' in to && !topology.table.exchange(to.exchange)) throw new WaybillError('exchange_not_found', to);
  if ('queue' in to && !topology.table.queue(to.queue)) throw new WaybillError('queue_not_found', to);
}
