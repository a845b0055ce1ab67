import type { NamespaceId } from '@waybill/kernel';
import type { QueueStore } from './redis/queue.store.js';

export interface Reclaimed {
  readonly returned: number;
  readonly dead: number;
}

/** Queues looked at in one pass over a namespace, and leases taken back in one script call. */
const bounds = { queues: 100, leases: 100, callsPerQueue: 100 };

/** Takes back leases that ran out and delays that ended where no consumer asks: counts, dead letters and waiting consumers rest on it. */
export class LeaseReclaimer {
  constructor(private readonly store: QueueStore) {}

  async reclaimNamespace(ns: NamespaceId): Promise<Reclaimed> {
    let returned = 0;
    let dead = 0;
    for (const queueId of await this.store.due(ns, bounds.queues)) {
      for (let call = 0; call < bounds.callsPerQueue; call += 1) {
        const result = await this.store.reclaim(ns, queueId, bounds.leases);
        if (result === 'gone') break;
        returned += result.returned;
        dead += result.dead;
        if (!result.more) break;
      }
    }
    return { returned, dead };
  }
}
