import type { Reply, settle } from '@waybill/contracts';
import { clockTime } from '../words/time.js';

export type SettleResult = Reply<typeof settle>['results'][number];
export type Action = 'accept' | 'release' | 'reject' | 'extend';

/** What a settlement did, for a person. */
export interface Outcome {
  readonly good: boolean;
  readonly title: string;
  readonly detail: string;
  /** The lease is no longer ours: the message leaves the screen. */
  readonly over: boolean;
}

/** Reads the gateway's result of one receipt; `lease_lost` is said as plainly as success. */
export function outcomeOf(action: Action, result: SettleResult): Outcome {
  switch (result.outcome) {
    case 'accepted':
      return { good: true, over: true, title: 'Accepted', detail: 'The message is done and was removed from the queue.' };
    case 'released':
      return { good: true, over: true, title: 'Released', detail: 'The message goes back to its place in the queue, after the delay of the retry policy if the queue has one, and comes to the next consumer with a higher delivery count.' };
    case 'rejected':
      return { good: true, over: true, title: 'Rejected', detail: 'The message was moved to the dead letters of this queue.' };
    case 'dead_lettered':
      return { good: true, over: true, title: 'Moved to the dead letters', detail: 'The message had reached the delivery limit of this queue, so it did not go back.' };
    case 'deferred':
      return { good: true, over: true, title: 'Set aside', detail: 'The message waits under its key until it is received by it, or goes back to the queue by itself.' };
    case 'extended':
      return { good: true, over: false, title: 'Lease extended', detail: result.leaseUntil === undefined ? 'The lease runs anew from now.' : `The message is yours until ${clockTime(result.leaseUntil)}.` };
    case 'already_settled':
      return { good: true, over: true, title: 'Settled before', detail: 'This lease was settled already; nothing changed.' };
    case 'failed':
      return refused(action, result);
  }
}

function refused(action: Action, { problem }: SettleResult): Outcome {
  if (problem?.code === 'lease_lost') {
    return { good: false, over: true, title: 'The lease was lost', detail: `The lease ran out before you could ${action} the message. It went back to the queue, and another consumer may have it now. Nothing was changed.` };
  }
  return { good: false, over: false, title: problem?.title ?? `Could not ${action} the message`, detail: problem?.detail ?? 'The gateway gave no reason.' };
}
