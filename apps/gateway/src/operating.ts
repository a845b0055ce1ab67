import { MarkedNamespaces, MessageBrowser, QueueBrowser, QueueControl, QueuePurge, scheduleMarksKey, ScheduleStore, taskMarksKey, TaskStore } from '@waybill/broker';
import { systemClock } from '@waybill/kernel';
import type { FastifyInstance } from 'fastify';
import type { Authenticator } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { browseRoutes } from './browse.routes.js';
import type { BrowseDoor } from './browse.routes.js';
import { figureRoutes } from './figures.routes.js';
import { operateRoutes } from './operate.routes.js';
import { scheduleRoutes } from './schedules.routes.js';
import { taskRoutes } from './tasks.routes.js';

export interface OperatingOptions extends Pick<BrowseDoor, 'loadBody'> {
  readonly broker: BrokerWiring;
  readonly authenticator: Authenticator;
  readonly inlineLimitBytes: number;
  readonly onPublished: (messages: number) => void;
}

/** Everything that looks at queues and changes them as a whole: browse, tasks, dead letters, groups, schedules, figures. */
export async function registerOperating(fastify: FastifyInstance, options: OperatingOptions): Promise<void> {
  const { receiving } = options.broker;
  const found = new QueueBrowser(receiving);
  const control = new QueueControl(receiving);
  const browser = new MessageBrowser(found);
  const kit = { ...options, browser, control, clock: systemClock };
  await fastify.register(browseRoutes(kit));
  await fastify.register(operateRoutes(kit));
  await fastify.register(taskRoutes({ ...kit, tasks: new TaskStore(receiving), marks: new MarkedNamespaces(receiving, taskMarksKey), purge: new QueuePurge(receiving, options.broker.queues, found, control) }));
  await fastify.register(scheduleRoutes({ ...kit, schedules: new ScheduleStore(receiving), marks: new MarkedNamespaces(receiving, scheduleMarksKey) }));
  await fastify.register(figureRoutes(options));
}
