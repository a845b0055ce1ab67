import type { NamespaceId, SubscriptionId } from '@waybill/kernel';
import type { AttemptEntry, AttemptStream } from '../attempts/attempt-drain.js';
import type { Attempt, AttemptFacts } from '../attempts/attempt.js';
import { attemptsOf, decodeEntry, encodeAttempts } from '../attempts/attempt-entry.js';

export function attemptOf(more: Partial<AttemptFacts> = {}): AttemptFacts {
  return {
    messageId: 'msg_0000000001a', attempt: 1, startedAtMs: Date.UTC(2026, 10, 28, 12), durationMs: 7, outcome: 'delivered', status: 200,
    reason: null, requestId: null, head: new Uint8Array(), batchIndex: 0, batchMessages: 1, ...more,
  };
}

/** A stream in memory; `failTrims` makes it look as if the drainer was killed before it deleted. */
export class HeldStream implements AttemptStream {
  readonly entries: AttemptEntry[] = [];
  failTrims = false;
  #next = 1;

  /** Returns them with the ids they are given. */
  add(subscriptionId: SubscriptionId, attempts: readonly AttemptFacts[] | string): Attempt[] {
    const text = typeof attempts === 'string' ? attempts : encodeAttempts(attempts);
    this.entries.push({ id: `1764331200000-${this.#next}`, countedAtMs: 1_764_331_200_000, subscriptionId, attempts: text, fields: ['subscription', subscriptionId, 'attempts', text] });
    this.#next += 1;
    return decodeAttempts(subscriptionId, text) ?? [];
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

/** Every attempt of a stream entry; undefined when it is none. */
export function decodeAttempts(subscriptionId: SubscriptionId, text: string): Attempt[] | undefined {
  const entry = decodeEntry(subscriptionId, text);
  return 'fault' in entry ? undefined : [...(entry.delivered === undefined ? [] : attemptsOf(subscriptionId, entry.delivered)), ...entry.others];
}
