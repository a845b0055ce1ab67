import { randomBytes } from 'node:crypto';
import {
  ActiveNamespaces as Marks, DeadLetterForwarder, ForwardStore, MarkedNamespaces, MessageMover, MessageStore, Publisher, QueueBrowser, QueueControl, scheduleMarksKey,
  ScheduleRunner, ScheduleStore, SnapshotStore, taskMarksKey, TaskRunner, TaskStore, TopologyCache,
} from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import { systemClock } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import type { TopologyService } from '@waybill/topology';
import type { ActiveNamespaces } from './active-namespaces.js';
import { DeadLetterForwardProcessor } from './dead-letter-forward.processor.js';
import { IdleQueueProcessor } from './idle-queue.processor.js';
import type { JobProcessor } from './job.processor.js';
import { MessageTaskTurns } from './message-task-turns.js';
import { MessageTaskProcessor } from './message-task.processor.js';
import { ScheduleProcessor } from './schedule.processor.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface OperationsOptions {
  readonly redis: Redis;
  readonly active: ActiveNamespaces;
  readonly topology: TopologyService;
  readonly logLimitBytes: number;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
}

/** What moves, publishes and deletes by itself, in the order message-tasks, schedules, dead-letter-forward, idle-queues. */
export function operationProcessors({ redis, active, topology, logLimitBytes, logger, metrics }: OperationsOptions): readonly JobProcessor[] {
  const topologies = new TopologyCache(new SnapshotStore(redis));
  const publisher = new Publisher(topologies, new MessageStore(redis, logLimitBytes));
  const mover = new MessageMover(publisher);
  const browser = new QueueBrowser(redis);
  const control = new QueueControl(redis);
  const touching = new Marks(redis, logger);
  const tasks = new TaskStore(redis);
  const schedules = new ScheduleStore(redis);
  const runner = new TaskRunner(tasks, browser, mover, control, systemClock);
  const turns = new MessageTaskTurns(new MarkedNamespaces(redis, taskMarksKey), tasks, runner, systemClock, randomBytes(8).toString('hex'));
  const room = { marks: new MarkedNamespaces(redis, scheduleMarksKey), store: schedules, runner: new ScheduleRunner(schedules, publisher) };
  return [
    new MessageTaskProcessor(turns, touching, systemClock, logger, metrics),
    new ScheduleProcessor(room, touching, logger, metrics),
    new DeadLetterForwardProcessor(active, new DeadLetterForwarder(new ForwardStore(redis), browser, mover, topologies, systemClock), logger, metrics),
    new IdleQueueProcessor(topology, control, logger, metrics),
  ];
}
