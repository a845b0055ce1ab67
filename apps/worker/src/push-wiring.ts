import { ActiveNamespaces as Marks, PushStore, WakeListener } from '@waybill/broker';
import type { PushRef } from '@waybill/broker';
import type { BodyStore } from '@waybill/body-store';
import { AlertMails, AlertRecipientStore, AttemptStore, destinationKinds, openEgress, openMailer, openMailParts, openPush, openSubscriptions, OpenSenders, RequestMails, RequestMailStore, SecretBox } from '@waybill/delivery';
import type { OpenPush, PushMeter, Subscriptions } from '@waybill/delivery';
import type { Clock, Logger, Timers } from '@waybill/kernel';
import type { Config } from '@waybill/platform';
import type { ActiveNamespaces } from './active-namespaces.js';
import { attemptWork } from './attempt-wiring.js';
import type { JobProcessor } from './job.processor.js';
import { PushAttemptProcessor } from './push-attempt.processor.js';
import type { BullPushJobs } from './push-jobs.js';
import { PushProcessor } from './push.processor.js';
import { PushSweepProcessor } from './push-sweep.processor.js';
import { RecipientMailProcessor } from './recipient-mail.processor.js';
import type { Stores } from './stores.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface PushWiring {
  readonly stores: Stores;
  readonly config: Config;
  readonly bodies: BodyStore | undefined;
  readonly jobs: BullPushJobs;
  readonly active: ActiveNamespaces;
  readonly clock: Clock & Timers;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
}

export interface PushRoom {
  readonly push: OpenPush;
  readonly turns: PushProcessor;
  readonly senders: OpenSenders;
  readonly alertMails: AlertMails;
  readonly subscriptions: Subscriptions;
  /** In the order push-sweep, push-attempts, recipient-mails. */
  readonly processors: readonly JobProcessor[];
}

/** Marks the namespace before its messages are moved, as gateways do. */
class TouchingQueues extends PushStore {
  constructor(
    redis: Stores['redis'],
    private readonly marks: Marks,
  ) {
    super(redis);
  }

  override async begin(ref: PushRef): ReturnType<PushStore['begin']> {
    await this.marks.touch(ref.queue.ns);
    return super.begin(ref);
  }
}

/** Push delivery on its stores: the engine, what it hears from, and the jobs around it. */
export function wirePush({ stores, config, bodies, jobs, active, clock, logger, metrics }: PushWiring): PushRoom {
  const { database, redis, subscriber } = stores;
  const mail = openMailParts(config, redis, logger);
  const kinds = destinationKinds({ egress: openEgress({ allow: config.egressAllow, ports: config.egressPorts }), mail });
  const { feed, nudges, subscriptions } = openSubscriptions({ database, redis, subscriber, kinds, box: new SecretBox(config.secretsKeys), logger });
  const senders = new OpenSenders(kinds, feed, clock);
  const attempts = new AttemptStore(database);
  const mailer = openMailer(mail.installation?.server, config.mailFrom, logger);
  const alertMails = new AlertMails(new AlertRecipientStore(database), mailer, logger);
  const queues = new TouchingQueues(redis, new Marks(redis, logger));
  const push = openPush({
    feed, nudges, jobs, ready: queues, logger,
    wakes: (onWake) => new WakeListener(subscriber, onWake),
    parts: {
      queues, senders, health: feed, alerts: attempts, meter: meterOf(metrics), clock, timers: clock, logger, attemptLimitBytes: config.pushAttemptLimitBytes, random: Math.random,
      notices: alertMails,
      bodies: async ({ properties: { storedBody } }) => (storedBody && bodies ? bodies.get(storedBody.id) : undefined),
    },
  });
  metrics.showPush(() => push.engine.figures());
  return {
    push,
    turns: new PushProcessor(push.engine, jobs, senders, logger),
    senders,
    alertMails,
    subscriptions,
    processors: [
      new PushSweepProcessor(active, push.sweep, clock, logger, metrics),
      new PushAttemptProcessor(active, attemptWork({ database, redis, keptDays: config.pushAttemptRetentionDays, attempts, clock, logger, metrics }), clock, logger, metrics),
      new RecipientMailProcessor(new RequestMails(new RequestMailStore(database), mailer, mail.links, clock, logger), logger, metrics),
    ],
  };
}

function meterOf(metrics: WorkerMetrics): PushMeter {
  return {
    called(outcome, durationMs) {
      metrics.pushCalls.inc({ outcome });
      metrics.pushCallSeconds.observe(durationMs / 1_000);
    },
    waited: (waitMs) => metrics.pushWaitSeconds.observe(Math.max(0, waitMs) / 1_000),
    alerted: (percent) => metrics.pushAlerts.inc({ percent: String(percent) }),
  };
}
