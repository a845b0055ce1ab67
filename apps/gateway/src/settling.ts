import type { AcceptOutcome, QueueRef, Receipt, Settlement, SettleOutcome } from '@waybill/broker';
import type { BrokerWiring } from './broker-wiring.js';
import { resultsOf, settlementsOf } from './settle-input.js';
import type { Asked, SettleRequest, SettleResult } from './settle-input.js';
import type { StreamNews, StreamNotices } from './stream-notices.js';

export interface Accepted {
  readonly accepted: number;
  readonly notAccepted: readonly SettleResult[];
}

/** Carries out settle calls and settle frames, and tells the streams whose leases ended. */
export class Settling {
  constructor(
    private readonly broker: Pick<BrokerWiring, 'queues' | 'topologies'>,
    private readonly notices: Pick<StreamNotices, 'tell'>,
    private readonly onSettled: (receipts: number) => void,
  ) {}

  /** One result per receipt, in the order accept, release, reject, extend, defer. Fails with `queue_not_found` or an error of the store. */
  async settle(queue: QueueRef, request: SettleRequest): Promise<SettleResult[]> {
    const asked = settlementsOf(queue, this.broker.topologies.get(queue.ns).table.queue(queue.name)?.retry, request);
    return this.#carriedOut(queue, asked, async (settlements) => (settlements.length > 0 ? this.broker.queues.settle(queue, settlements) : []));
  }

  /**
   * Accepts through `carryOut`, which is given the receipts that can be, and answers what became of them. How many are accepted, now or
   * before, and the results of the others.
   */
  async accept(queue: QueueRef, receipts: readonly string[], carryOut: (receipts: readonly Receipt[]) => Promise<readonly AcceptOutcome[]>): Promise<Accepted> {
    const asked = settlementsOf(queue, undefined, { accept: receipts as string[], release: [], reject: [], extend: [], defer: [] });
    const results = await this.#carriedOut(queue, asked, async (settlements) => (await carryOut(settlements.map(({ receipt }) => receipt))).map((outcome) => ({ outcome })));
    const notAccepted = results.filter(({ outcome }) => outcome === 'failed');
    return { accepted: results.length - notAccepted.length, notAccepted };
  }

  /** `carryOut` is given what can be sent to the store. */
  async #carriedOut(queue: QueueRef, asked: readonly Asked[], carryOut: (settlements: readonly Settlement[]) => Promise<readonly SettleOutcome[]>): Promise<SettleResult[]> {
    const outcomes = await carryOut(asked.flatMap(({ settlement }) => ('action' in settlement ? [settlement] : [])));
    this.onSettled(outcomes.length);
    this.notices.tell(queue.ns, newsOf(asked, outcomes));
    return resultsOf(asked, outcomes);
  }
}

/** What streams must hear: a lease that ended makes room, one that was extended takes its room for longer. */
function newsOf(asked: readonly Asked[], outcomes: readonly SettleOutcome[]): StreamNews[] {
  const news: StreamNews[] = [];
  let next = 0;
  for (const { mark, receipt, settlement } of asked) {
    if (!('action' in settlement)) continue;
    const done = outcomes[next++];
    if (mark === undefined || done === undefined || done.outcome === 'deferred_key_taken') continue;
    news.push(done.outcome === 'extended' ? { mark, receipt, untilMs: done.deadlineMs } : { mark, receipt });
  }
  return news;
}
