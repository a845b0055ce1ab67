import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import { openBodyStore } from '@waybill/body-store';
import { BodyReferences, keys, LeaseReclaimer, MarkedNamespaces, MessageLogStore, QueueStore, scheduleMarksKey, taskMarksKey } from '@waybill/broker';
import type { Clock, Logger, Timers } from '@waybill/kernel';
import { MessageLogDrain, SegmentStore } from '@waybill/message-log';
import { UsageCounterStore } from '@waybill/metering';
import type { Config } from '@waybill/platform';
import { openTopology } from '@waybill/topology';
import { Queue } from 'bullmq';
import { ActiveNamespaces } from './active-namespaces.js';
import { ActiveSweepProcessor } from './active-sweep.processor.js';
import { billingProcessors, workerBilling, workerExports } from './billing-wiring.js';
import { BodySweepProcessor } from './body-sweep.processor.js';
import { JobRuns } from './job-runs.service.js';
import type { JobProcessor } from './job.processor.js';
import { intervalsMs, jobNames, jobsPrefix } from './jobs.js';
import { LeaseReclaimProcessor } from './lease-reclaim.processor.js';
import { MessageLogDrainProcessor } from './message-log-drain.processor.js';
import { MessageLogRetentionProcessor } from './message-log-retention.processor.js';
import { operationProcessors } from './operations-wiring.js';
import { BullPushJobs, pushQueueName } from './push-jobs.js';
import type { PushJobData } from './push-jobs.js';
import { PushProcessor } from './push.processor.js';
import { wirePush } from './push-wiring.js';
import type { Stores } from './stores.js';
import { stripeOf, stripeProcessors } from './stripe-wiring.js';
import { tenantEraser } from './eraser-wiring.js';
import { TopologyRelayProcessor } from './topology-relay.processor.js';
import { UsageDrainProcessor } from './usage-drain.processor.js';
import { openUsage } from './usage-wiring.js';
import { WorkerMetrics } from './worker-metrics.js';

/** The jobs, wired to the rooms they work for. */
@Module({})
export class WorkerModule {
  static on(stores: Stores, config: Config, logger: Logger, clock: Clock & Timers): DynamicModule {
    const { database, redis, jobsRedis } = stores;
    const metrics = new WorkerMetrics();
    const counters = new UsageCounterStore(redis, keys);
    const active = new ActiveNamespaces(redis, counters);
    const segments = new SegmentStore(database);
    const usage = openUsage({ database, redis, counters, active, logger, metrics });
    const topology = openTopology({ database, redis, logger });
    const marks = { tasks: new MarkedNamespaces(redis, taskMarksKey), schedules: new MarkedNamespaces(redis, scheduleMarksKey) };
    const bodies = config.bodyStoreUrl && openBodyStore(config.bodyStoreUrl.reveal());
    const pushQueue = new Queue<PushJobData>(pushQueueName, { connection: jobsRedis, prefix: jobsPrefix });
    const room = wirePush({ stores, config, bodies, jobs: new BullPushJobs(pushQueue), active, clock, logger, metrics });
    // Each is asked by the other, but not before both are there.
    const stripe = stripeOf(config, { database, clock, logger, relieved: (tenantId) => billing.relieved(tenantId) });
    const billing = workerBilling({ database, redis, config, logger, clock, stripe });
    const eraser = tenantEraser({ database, redis, config, logger, topology: topology.service, subscriptions: room.subscriptions });
    // In the order of jobNames.
    const processors: readonly JobProcessor[] = [
      new UsageDrainProcessor(active, usage.drain, logger, metrics),
      new LeaseReclaimProcessor(active, new LeaseReclaimer(new QueueStore(redis)), logger, metrics),
      new TopologyRelayProcessor(topology.publisher, logger, metrics),
      new ActiveSweepProcessor(active, database, marks, logger, metrics),
      new MessageLogDrainProcessor(active, new MessageLogDrain(new MessageLogStore(redis), segments, logger), clock, logger, metrics),
      new MessageLogRetentionProcessor(segments, { clock, days: config.messageLogRetentionDays }, logger, metrics),
      ...operationProcessors({ redis, active, topology: topology.service, logLimitBytes: config.messageLogLimitBytes, logger, metrics }),
      new BodySweepProcessor(active, { store: bodies, references: new BodyReferences(redis), clock }, logger, metrics),
      ...usage.processors,
      ...room.processors,
      ...billingProcessors(billing, { stripe, eraser, exports: workerExports(billing, { database, config, logger }) }, logger, metrics),
      ...stripeProcessors(stripe, logger, metrics),
    ];
    const everyMs = intervalsMs(config);
    const runs: FactoryProvider<JobRuns> = {
      provide: JobRuns,
      inject: jobNames.map((name) => getQueueToken(name)),
      useFactory: (...queues: Queue[]) =>
        new JobRuns(jobNames.map((name, i) => ({ name, queue: queues[i]!, processor: processors[i]!, everyMs: everyMs[name] })), stores, { ...room, queue: pushQueue }),
    };
    return {
      module: WorkerModule,
      imports: [
        BullModule.forRoot({ connection: jobsRedis, prefix: jobsPrefix }),
        ...[...jobNames, pushQueueName].map((name) => BullModule.registerQueue({ name })),
      ],
      providers: [
        { provide: WorkerMetrics, useValue: metrics },
        { provide: PushProcessor, useValue: room.turns },
        ...processors.map((processor) => ({ provide: processor.constructor as new () => JobProcessor, useValue: processor })),
        runs,
      ],
    };
  }
}
