import type { Logger, NamespaceId } from '@waybill/kernel';
import type { ActiveSubscription, SubscriptionFeed, SubscriptionNudges } from '../subscriptions/subscription-feed.js';
import { PushEngine } from './push-engine.js';
import type { PushJobs, PushParts } from './push-ports.js';
import { PushSweep } from './push-sweep.js';
import { SubscriptionDirectory } from './subscription-directory.js';
import { WakeSubscriptions } from './wake-subscriptions.js';
import type { Wakes } from './wake-subscriptions.js';

export interface PushOptions {
  readonly feed: SubscriptionFeed;
  readonly nudges: SubscriptionNudges;
  readonly jobs: PushJobs;
  readonly parts: PushParts;
  /** Opens the hearing of wakes; what is heard goes to `onWake`. */
  readonly wakes: (onWake: (ns: NamespaceId, queueIds: readonly string[] | 'all') => void) => Wakes;
  readonly ready: ConstructorParameters<typeof PushSweep>[1];
  readonly logger: Logger;
}

export interface OpenPush {
  readonly engine: PushEngine;
  readonly sweep: PushSweep;
  readonly directory: SubscriptionDirectory;
}

/** Wires the engine to what it hears from. Nothing runs before `directory.start()`. */
export function openPush({ feed, nudges, jobs, parts, wakes, ready, logger }: PushOptions): OpenPush {
  // Wakes may have been missed there: looked at once, when the gap is over, not once for each namespace of it.
  const gaps = new Set<NamespaceId>();
  const look = (ns: NamespaceId) => {
    if (gaps.size === 0) setImmediate(() => void lookAtGaps());
    gaps.add(ns);
  };
  const lookAtGaps = () => {
    const within = new Set(gaps);
    gaps.clear();
    return lookAt(within);
  };
  const lookAt = async (within?: ReadonlySet<NamespaceId>) => {
    await sweep.run(within).catch((error: unknown) => logger.warn('push.sweep_failed', { error: error as Error }));
  };
  const listening = new WakeSubscriptions(wakes((ns, queueIds) => (queueIds === 'all' ? look(ns) : engine.wake(queueIds))), logger, look);
  const joined = (one: ActiveSubscription | undefined): NamespaceId | undefined => one?.subscription.namespaceId;
  const directory = new SubscriptionDirectory(feed, nudges, logger, {
    known(before, now) {
      const [left, entered] = [joined(before), joined(now)];
      if (left === entered) return;
      if (entered !== undefined) listening.join(entered);
      if (left !== undefined) listening.part(left);
    },
    loaded: () => void lookAt(),
    changed: (id, active) => engine.change(id, active),
  });
  const engine = new PushEngine(directory, jobs, parts);
  const sweep = new PushSweep(directory, ready, engine);
  return { engine, sweep, directory };
}
