import type { NamespaceId, SubscriptionId } from '@waybill/kernel';
import { newId } from '@waybill/kernel';
import type { AttemptEntry, AttemptStream } from '../attempts/attempt-drain.js';
import type { Attempt } from '../attempts/attempt.js';
import { encodeAttempts } from '../attempts/attempt-entry.js';

export function attemptOf(subscriptionId: SubscriptionId, more: Partial<Attempt> = {}): Attempt {
  return {
    id: newId('attempt'), subscriptionId, messageId: 'msg_0000000001a', attempt: 1, startedAtMs: Date.UTC(2026, 10, 28, 12), durationMs: 7, outcome: 'delivered', status: 200,
    reason: null, requestId: null, head: new Uint8Array(), batchIndex: 0, batchMessages: 1, ...more,
  };
}

/** A stream in memory; `failTrims` makes it look as if the drainer was killed before it deleted. */
export class HeldStream implements AttemptStream {
  readonly entries: AttemptEntry[] = [];
  failTrims = false;
  #next = 1;

  add(subscriptionId: SubscriptionId, attempts: readonly Attempt[] | string): void {
    this.entries.push({ id: `1764331200000-${this.#next}`, subscriptionId, attempts: typeof attempts === 'string' ? attempts : encodeAttempts(attempts) });
    this.#next += 1;
  }

  async read(_ns: NamespaceId, after: string, count: number): Promise<AttemptEntry[]> {
    return this.entries.filter(({ id }) => numberOf(id) > numberOf(after)).slice(0, count);
  }

  async trim(_ns: NamespaceId, through: string): Promise<void> {
    if (this.failTrims) throw new Error('killed before it deleted');
    this.entries.splice(0, this.entries.length, ...this.entries.filter(({ id }) => numberOf(id) > numberOf(through)));
  }
}

const numberOf = (id: string): number => (id === '0-0' ? 0 : Number(id.split('-')[1]));
