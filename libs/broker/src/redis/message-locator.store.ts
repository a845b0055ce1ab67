import type { Redis } from 'ioredis';
import { positionAt, positionOf } from '../position.js';
import { runOn } from './queue.store.js';
import type { QueueRef } from './queue.store.js';
import { Script, text } from './script.store.js';

const scripts = { locate: new Script('locate'), hasten: new Script('hasten') };

/** Members of an index set looked at per call, and calls: those of a queue that keeps to its limits. */
const byPosition = { most: 1_000, calls: 500 };
/** Records looked at: those of messages that were moved, whose ids say nothing about their place; and dead letters. */
const byRecord = { most: 200, calls: 50 };

/** Where a message lies. `member` names it to {@link MessageLocator.hasten}. */
export type MessagePlace = { readonly state: 'delayed'; readonly member: string } | { readonly state: 'leased' | 'ready' | 'dead' };

/** Finds a message by its id without reading its body, and ends delays. Every call fails with `queue_not_found`. */
export class MessageLocator {
  constructor(private readonly redis: Redis) {}

  /**
   * Undefined when it is not there: settled, removed, moved, or never there. Dead letters are looked for among those that
   * died since `deadSinceMs`, and messages that were moved here among the 10,000 that are due first.
   */
  async locate(queue: QueueRef, messageId: string, deadSinceMs: number): Promise<MessagePlace | undefined> {
    const position = positionOf(messageId);
    if (position === undefined) return undefined;
    const look = (state: string, token: string, bounds: { most: number; calls: number }, own: '' | 'own') => this.#look(queue, [messageId, position, state], token, bounds, own);
    const inPlace = (await look('place', '', { most: 1, calls: 1 }, '')) !== undefined;
    for (const own of inPlace ? (['', 'own'] as const) : (['own'] as const)) {
      const bounds = own === '' ? byPosition : byRecord;
      const delayed = await look('delayed', '', bounds, own);
      if (delayed !== undefined) return { state: 'delayed', member: delayed };
      if ((await look('leased', '', bounds, own)) !== undefined) return { state: 'leased' };
      if (own === '') return { state: 'ready' };
    }
    const dead = await look('dead', String(positionAt(deadSinceMs)), byRecord, 'own');
    return dead === undefined ? undefined : { state: 'dead' };
  }

  /** Ends the delay now. False when it had ended already. */
  async hasten(queue: QueueRef, { member }: { readonly member: string }): Promise<boolean> {
    return text((await runOn(this.redis, scripts.hasten, queue, [member]))[0]) === 'hastened';
  }

  async #look(queue: QueueRef, wanted: readonly (string | number)[], token: string, { most, calls }: { most: number; calls: number }, own: string): Promise<string | undefined> {
    let after = token;
    for (let call = 0; call < calls; call += 1) {
      const [answer, value] = (await runOn(this.redis, scripts.locate, queue, [...wanted, after, most, own])).map(text);
      if (answer === 'found') return value;
      if (value === '' || value === undefined) return undefined;
      after = value;
    }
    return undefined;
  }
}
