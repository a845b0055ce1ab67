import type { NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { QueueRef, QueueStore } from './redis/queue.store.js';
import type { WakeListener } from './redis/wake.store.js';
import type { TopologyCache } from './topology-cache.js';
import { handBack, missedWakeMs, nothingReceived, WaitingLine } from './waiting-line.js';
import type { Received, ReceiveRequest } from './waiting-line.js';

/**
 * Leases messages and lets consumers wait for them. Consumers of one queue stand in a line here: a wake serves them
 * one after the other until the queue is empty, so a message does not set off a stampede of claims.
 */
export class Consumer {
  readonly #lines = new Map<string, WaitingLine>();

  constructor(
    private readonly topologies: TopologyCache,
    private readonly store: QueueStore,
    private readonly wakes: Pick<WakeListener, 'listen'>,
    private readonly lookAgainMs = missedWakeMs,
  ) {}

  /**
   * Runs `work` on the queue of that name. An unknown name is looked up in the newest topology before it fails with
   * `queue_not_found`; a queue that was deleted and created again is found under its new id.
   */
  async on<T>(ns: NamespaceId, name: string, work: (queue: QueueRef) => Promise<T>): Promise<T> {
    const topology = this.topologies.get(ns);
    const find = (): QueueRef | undefined => {
      const queue = topology.table.queue(name);
      return queue && { ns, id: queue.id, name };
    };
    const known = find();
    if (known) {
      try {
        return await work(known);
      } catch (error) {
        // Work on one queue may name another one that is not there.
        if (!(error instanceof WaybillError && error.code === 'queue_not_found' && error.params['queue'] === name)) throw error;
      }
    }
    await topology.refresh();
    const newest = find();
    if (!newest || newest.id === known?.id) throw new WaybillError('queue_not_found', { queue: name });
    return work(newest);
  }

  /** Leases what is there, or waits up to `waitMs` for it. Resolves with no deliveries when the time is over. */
  async receive(queue: QueueRef, request: ReceiveRequest): Promise<Received> {
    if (request.waitMs <= 0) return this.#claim(queue, request);
    const { accept = [], ...rest } = request;
    if (accept.length === 0) return this.#wait(queue, request);
    // What is to be accepted does not stand in line: its leases could end while it waits.
    const first = await this.#claim(queue, request);
    if (request.signal?.aborted) {
      await handBack(this.store, queue, first.deliveries);
      return first;
    }
    if (first.deliveries.length > 0) return first;
    return { ...(await this.#wait(queue, rest)), outcomes: first.outcomes };
  }

  /** Called by the wake listener. */
  wake(queueIds: readonly string[] | 'all'): void {
    const lines = queueIds === 'all' ? this.#lines.values() : queueIds.map((id) => this.#lines.get(id));
    for (const line of lines) line?.serve();
  }

  /** Answers everyone who waits with nothing, so that a process that stops need not wait for them. */
  release(): void {
    for (const line of [...this.#lines.values()]) line.release();
  }

  async #claim(queue: QueueRef, request: ReceiveRequest): Promise<Received> {
    const claim = await this.store.claim(queue, request);
    return claim.kind === 'claimed' ? { ...claim, paused: false } : { ...nothingReceived, paused: claim.paused, outcomes: claim.outcomes };
  }

  async #wait(queue: QueueRef, request: ReceiveRequest): Promise<Received> {
    const leave = await this.wakes.listen(queue.ns);
    try {
      return await this.#line(queue).wait(request);
    } finally {
      leave();
    }
  }

  #line(queue: QueueRef): WaitingLine {
    let line = this.#lines.get(queue.id);
    if (!line) {
      line = new WaitingLine(queue, this.store, () => this.#lines.delete(queue.id), this.lookAgainMs);
      this.#lines.set(queue.id, line);
    }
    return line;
  }
}
