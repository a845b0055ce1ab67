import { plain, TestNamespace } from './namespace.js';
import type { OutgoingMessage, Publisher } from '../publisher.js';
import type { PublishedMessage } from '../published-message.js';
import { QueueBrowser } from '../redis/queue-browser.store.js';
import type { EntryState, QueueEntry } from '../redis/queue-browser.store.js';
import type { Claim, ClaimRequest, QueueRef } from '../redis/queue.store.js';

export type Claimed = Extract<Claim, { kind: 'claimed' }>;

/** When the clock of a {@link QueueBench} starts, milliseconds since the epoch. */
export const startMs = Date.UTC(2026, 11, 1);

export function message(body: string, properties: Partial<OutgoingMessage['properties']> = {}, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { properties: { ...plain(), ...properties }, body: Buffer.from(body), ...more };
}

export const bodiesOf = (entries: readonly { body: Buffer }[]): string[] => entries.map(({ body }) => body.toString());

/** A namespace with a clock of its own, and the calls that specs of queues make again and again. */
export class QueueBench {
  private constructor(
    readonly space: TestNamespace,
    readonly publisher: Publisher,
  ) {}

  static async open(): Promise<QueueBench> {
    const space = await TestNamespace.open({ startMs });
    return new QueueBench(space, space.publisher());
  }

  send(queue: QueueRef, ...messages: OutgoingMessage[]): Promise<PublishedMessage[]> {
    return this.publisher.publish(this.space.ns, { queue: queue.name }, messages, { mode: 'each' });
  }

  async browse(queue: QueueRef, state: EntryState): Promise<QueueEntry[]> {
    return (await new QueueBrowser(this.space.redis).page(queue, state, undefined, 100)).entries;
  }

  async claim(queue: QueueRef, request: Partial<ClaimRequest> = {}): Promise<Claimed> {
    const claimed = await this.space.queues.claim(queue, { max: 10, holder: 'worker-1', ...request });
    if (claimed.kind !== 'claimed') throw new Error('nothing was claimed');
    return claimed;
  }

  /** The clock stands at so many milliseconds after its start. */
  async pass(ms: number): Promise<void> {
    await this.space.setClock(startMs + ms);
  }

  /** A fanout exchange `in` that reaches queues of these names. */
  async fanOut(...names: string[]): Promise<void> {
    await this.space.change(
      { put: 'exchange', exchange: { id: 'x_in', name: 'in', kind: 'fanout' } },
      ...names.map((name) => ({ put: 'binding' as const, binding: { id: `b_${name}`, source: 'in', destination: { queue: name }, pattern: '', headers: {}, match: 'all' as const } })),
    );
  }
}
