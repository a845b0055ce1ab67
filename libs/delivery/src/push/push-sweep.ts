import type { PushRef } from '@waybill/broker';
import type { NamespaceId } from '@waybill/kernel';
import type { ActiveSubscription } from '../subscriptions/subscription-feed.js';
import type { PushEngine } from './push-engine.js';

const perRoundTrip = 500;

/** Finds subscriptions with work whose wake was lost, or whose job was: the message store alone says what there is to do. */
export class PushSweep {
  constructor(
    private readonly subscriptions: { all(): Iterable<ActiveSubscription> },
    private readonly queues: { ready(refs: readonly PushRef[]): Promise<boolean[]> },
    private readonly engine: Pick<PushEngine, 'wakeSubscription'>,
  ) {}

  /** Those of some namespaces, or all of them. Returns how many were looked at, and how many have work. */
  async run(within?: ReadonlySet<NamespaceId>): Promise<{ subscriptions: number; working: number }> {
    const refs: PushRef[] = [];
    for (const { subscription } of this.subscriptions.all()) {
      const { id, namespaceId, queueId, queue } = subscription;
      if (within === undefined || within.has(namespaceId)) refs.push({ subscriptionId: id, queue: { ns: namespaceId, id: queueId, name: queue } });
    }
    let working = 0;
    for (let from = 0; from < refs.length; from += perRoundTrip) {
      const some = refs.slice(from, from + perRoundTrip);
      const ready = await this.queues.ready(some);
      for (const [i, ref] of some.entries()) {
        if (!ready[i]) continue;
        working += 1;
        this.engine.wakeSubscription(ref.subscriptionId as ActiveSubscription['subscription']['id']);
      }
    }
    return { subscriptions: refs.length, working };
  }
}
