import { WaybillError } from '@waybill/kernel';
import type { Clock, NamespaceId } from '@waybill/kernel';
import type { MessageProperties } from '../message.js';
import type { QueueDefinition } from '../topology-change.js';
import type { TopologyCache } from '../topology-cache.js';
import type { ForwardingQueue, ForwardStore } from './forwards.store.js';
import type { MessageMover, Moved } from './message-mover.js';
import { deathsHeader } from './message-mover.js';
import type { Entry, EntrySource, OperatedQueue } from './operated-queue.js';

/** A message that died this often on its way through exchanges stays where it died: it is going round in a loop. */
export const deathLimit = 10;
/** In one pass over a queue: pages, messages a page, moves on their way at once. */
const bounds = { pages: 20, pageMessages: 100, atOnce: 25 };

export interface Forwarded {
  readonly forwarded: number;
  /** Dead letters that stay because no queue takes them, or because they died too often. */
  readonly kept: number;
}

/**
 * Sends dead letters on through the exchange their queue names, oldest first, each in one atomic step. One that no
 * queue takes stays a dead letter and is not tried again; while the target is full they wait in order.
 */
export class DeadLetterForwarder {
  constructor(
    private readonly store: Pick<ForwardStore, 'queues' | 'done' | 'leave'>,
    private readonly source: EntrySource,
    private readonly mover: Pick<MessageMover, 'move'>,
    private readonly topologies: TopologyCache,
    private readonly clock: Clock,
  ) {}

  async forwardNamespace(ns: NamespaceId): Promise<Forwarded> {
    const queues = await this.store.queues(ns);
    const total = { forwarded: 0, kept: 0 };
    if (queues.length === 0) return total;
    await this.topologies.get(ns).refresh();
    for (const queue of queues) {
      const definition = this.topologies.get(ns).table.queue(queue.name);
      if (definition?.id !== queue.id || definition.deadLetterExchange === undefined) {
        await this.store.leave(ns, queue.id);
        continue;
      }
      const { forwarded, kept } = await this.#forward({ ns, id: queue.id, name: queue.name }, queue, definition, definition.deadLetterExchange);
      total.forwarded += forwarded;
      total.kept += kept;
    }
    return total;
  }

  async #forward(queue: OperatedQueue, { lookedAt }: ForwardingQueue, definition: QueueDefinition, exchange: string): Promise<Forwarded> {
    let [at, forwarded, kept, open] = [lookedAt, 0, 0, true];
    for (let i = 0; i < bounds.pages && open; i += 1) {
      const { entries, next } = await this.source.page(queue, 'dead', at === undefined ? undefined : String(at), bounds.pageMessages);
      for (let start = 0; start < entries.length && open; start += bounds.atOnce) {
        const some = entries.slice(start, start + bounds.atOnce);
        const settled = await Promise.allSettled(some.map((entry) => this.#send(queue, entry, definition, exchange)));
        for (const [index, result] of settled.entries()) {
          if (result.status === 'rejected') throw result.reason;
          if (result.value === 'moved') forwarded += 1;
          if (result.value === 'unwanted' && open) kept += 1;
          if (result.value === 'full') open = false;
          if (open) at = some[index]?.position;
        }
      }
      if (next === null) break;
    }
    await this.store.done(queue.ns, queue.id, at);
    return { forwarded, kept };
  }

  async #send(queue: OperatedQueue, entry: Entry, { deadLetterKey }: QueueDefinition, exchange: string): Promise<Moved> {
    const deaths = deathsOf(entry.properties);
    if (deaths >= deathLimit) return 'unwanted';
    const { properties } = entry;
    const sent: MessageProperties = { ...properties, exchange, key: deadLetterKey ?? properties.key, headers: { ...properties.headers, [deathsHeader]: String(deaths + 1) } };
    try {
      return await this.mover.move(queue, entry, { exchange }, sent, this.clock.nowMs(), { cause: 'dead-letter' });
    } catch (error) {
      if (error instanceof WaybillError && error.code === 'exchange_not_found') return 'unwanted';
      throw error;
    }
  }
}

function deathsOf({ headers }: MessageProperties): number {
  const deaths = Number(headers[deathsHeader] ?? 0);
  return Number.isSafeInteger(deaths) && deaths > 0 ? deaths : 0;
}
